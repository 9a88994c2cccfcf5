/**
 * What an error of the system says:
 * - `directory`: the disk itself cannot be relied on, whatever file it was about;
 * - `full`: there is no room, which may come back;
 * - `exhausted`: the process or the system has too many files open at this moment;
 * - `other`: it is about this file, or no error of the disk at all.
 */
export type Severity = "directory" | "full" | "exhausted" | "other";

const DIRECTORY = new Set([
  "EIO",
  "EROFS",
  "ENXIO",
  "ENODEV",
  "ESTALE",
  "ENOTCONN",
  "EREMOTEIO",
  "EUCLEAN",
  "EBADMSG",
  "ESHUTDOWN",
]);
const FULL = new Set(["ENOSPC", "EDQUOT"]);
const EXHAUSTED = new Set(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "EINTR"]);

/**
 * A sync failed. The system may have dropped what it could not write and tells so only once, so that
 * nothing which was written before can be trusted, whatever the errno.
 */
export class SyncFailed extends Error {
  override readonly name = "SyncFailed";
}

export function severityOf(error: unknown): Severity {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof SyncFailed) return "directory";
    const code = errnoOf(cause);
    if (code === undefined) continue;
    if (DIRECTORY.has(code)) return "directory";
    if (FULL.has(code)) return "full";
    return EXHAUSTED.has(code) ? "exhausted" : "other";
  }
  return "other";
}

/** The system's name of an error, such as EIO; undefined for what did not come from the system. */
export function errnoOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { readonly code?: unknown };
    if (typeof code === "string") return code;
  }
  return undefined;
}
