import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds a data directory, as precisely as the system can say it. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Of the machine's last start; "" where the system does not say. */
  readonly bootId: string;
  /** In which a pid means something: containers have their own. "" where there is no such thing. */
  readonly pidNamespace: string;
  /** When the process began, in the kernel's ticks: tells two processes with the same pid apart. */
  readonly processStart: string;
  readonly token: string;
  /** Counts up while the holder lives, for those who cannot look it up. */
  readonly beat: number;
}

export function ownHolder(token: string): LockHolder {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pidNamespace: orEmpty(() => readlinkSync("/proc/self/ns/pid")),
    processStart: processStart(process.pid),
    token,
    beat: 0,
  };
}

/** Undefined for what no broker of this kind has written. */
export function parseHolder(bytes: Buffer | undefined): LockHolder | undefined {
  try {
    const holder = JSON.parse(bytes?.toString("utf8") ?? "") as LockHolder;
    return Number.isInteger(holder.pid) && typeof holder.host === "string" ? holder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a holder lives. "unknown" for one in another container or on another machine, whose
 * processes cannot be looked up from here.
 */
export function stateOf(holder: LockHolder, own: LockHolder): "alive" | "gone" | "unknown" {
  const isSameBoot = holder.bootId === own.bootId;
  const isSameHost = holder.host === own.host;
  // The machine was started anew since, and every process with it.
  if (isSameHost && !isSameBoot) return "gone";
  if (!isSameBoot || holder.pidNamespace !== own.pidNamespace) return "unknown";
  if (own.bootId === "" && !isSameHost) return "unknown";
  if (!isRunning(holder.pid)) return "gone";
  return processStart(holder.pid) === holder.processStart ? "alive" : "gone";
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function processStart(pid: number): string {
  return orEmpty(() => {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name, which may hold anything, is in parentheses; field 22 is the 20th after it.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  });
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
