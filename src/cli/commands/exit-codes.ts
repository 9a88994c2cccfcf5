/** What a shell says of a process that SIGINT ended. */
export const INTERRUPTED = 130;
