const SIGINT = 2;
const SIGTERM = 15;

/** What a shell says of a process that this signal ended: abort's reason is its name. */
export function interruptedBy({ reason }: AbortSignal): number {
  return 128 + (reason === "SIGTERM" ? SIGTERM : SIGINT);
}
