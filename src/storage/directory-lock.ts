import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Disk } from "./fs.ts";

/** Who holds a data directory. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's ticks: tells two processes of the same pid apart. */
  readonly processStart: string;
  readonly token: string;
}

const LOCK_FILE = ".lock";

/** Locks that brokers of this process hold: a pid alone cannot tell two of them apart. */
const heldHere = new Set<string>();

/** A data directory is another broker's. The message says whose. */
export class DirectoryInUse extends Error {
  override readonly name = "DirectoryInUse";
}

/**
 * One broker per data directory. The lock is a file that names its holder; one whose holder is gone,
 * after a kill, is taken over. Node has no flock, and none is needed: the holder is looked up.
 */
export class DirectoryLock {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #token: string;

  private constructor(disk: Disk, path: string, token: string) {
    this.#disk = disk;
    this.#path = path;
    this.#token = token;
  }

  /** @throws DirectoryInUse */
  static async take(disk: Disk, directory: string, token: string): Promise<DirectoryLock> {
    const path = `${directory}/${LOCK_FILE}`;
    const own: Holder = {
      pid: process.pid,
      host: hostname(),
      processStart: processStart(process.pid),
      token,
    };
    const bytes = Buffer.from(JSON.stringify(own));
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await disk.createFile(path, bytes)) {
        heldHere.add(token);
        return new DirectoryLock(disk, path, token);
      }
      const holder = parseHolder(await disk.readFile(path));
      if (holder !== undefined && isAlive(holder)) throw inUse(directory, holder);
      await disk.remove(path);
    }
    throw new DirectoryInUse(`${directory} is being taken by another broker at this moment`);
  }

  async release(): Promise<void> {
    heldHere.delete(this.#token);
    await this.#disk.remove(this.#path);
  }
}

function inUse(directory: string, { pid, host }: Holder): DirectoryInUse {
  const who = pid === process.pid ? "another broker in this process" : `process ${pid} on ${host}`;
  return new DirectoryInUse(
    `the data directory ${directory} is in use by ${who}; stop it or choose another directory`,
  );
}

function parseHolder(bytes: Buffer | undefined): Holder | undefined {
  try {
    return JSON.parse(bytes?.toString("utf8") ?? "") as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  // Another machine or container: its processes cannot be looked up from here.
  if (holder.host !== hostname()) return false;
  if (holder.pid === process.pid) return heldHere.has(holder.token);
  if (!isRunning(holder.pid)) return false;
  return processStart(holder.pid) === holder.processStart;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Empty where the system does not say. */
function processStart(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
