import type { Logger } from "../telemetry/logger.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { errnoOf, severityOf } from "./disk-errors.ts";
import type { Disk } from "./fs.ts";

/** A log that could not write. */
export interface StoppedLog {
  readonly topic: string;
  readonly partition: number;
  /** Forgets what it was given and did not acknowledge, in memory and on the disk. */
  rewind(): Promise<void>;
  /** Takes appends again. */
  resume(): void;
}

const PROBE_FILE = ".probe";
/** Room for one more batch of every log is not promised: a log that finds none stops once more. */
const PROBE_BYTES = 64 * 1024;
const FIRST_DELAY_MS = 100;
const DELAY_MAX_MS = 5000;
/** A directory that could be written to for less is as full as it was: nothing new is told. */
const STEADY_MS = 30_000;

/**
 * The logs of one directory that stopped because there was no room or no descriptor left, which may
 * come back at any moment. Looks for that now and then, with one timer for all of them, and lets them
 * go on (Kafka takes the directory offline until it is restarted).
 */
export class StoppedLogs {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #logs = new Set<StoppedLog>();
  #timer: Timer | undefined;
  #delayMs = FIRST_DELAY_MS;
  #resumedAtMs = Number.NEGATIVE_INFINITY;
  #isTold = false;
  #isClosed = false;

  constructor(path: string, context: { disk: Disk; clock: Clock; logger: Logger }) {
    this.#path = path;
    this.#disk = context.disk;
    this.#clock = context.clock;
    this.#logger = context.logger;
  }

  get size(): number {
    return this.#logs.size;
  }

  /** The log takes nothing more, until there is room if that is what it lacks. */
  add(log: StoppedLog, cause: unknown): void {
    const severity = severityOf(cause);
    if (severity === "other") this.#giveUp(log, cause);
    if (this.#isClosed || (severity !== "full" && severity !== "exhausted")) return;
    if (this.#logs.size === 0 && this.#timer === undefined) this.#begin(cause);
    this.#logs.add(log);
    // Reads, retention and a shutdown want the log as it was acknowledged, not later but now.
    log.rewind().catch(() => undefined);
    this.#timer ??= this.#clock.schedule(this.#delayMs, () => void this.#look());
  }

  /** The log is gone: nothing is tried with it any more. */
  remove(log: StoppedLog): void {
    this.#logs.delete(log);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#logs.clear();
  }

  #giveUp({ topic, partition }: StoppedLog, error: unknown): void {
    this.#logger.error(
      `${this.#path}/${topic}-${partition} takes no more records until the broker is started anew`,
      { errno: errnoOf(error), error },
    );
  }

  #begin(cause: unknown): void {
    if (this.#clock.monotonicMs() - this.#resumedAtMs < STEADY_MS) return;
    this.#delayMs = FIRST_DELAY_MS;
    const errno = errnoOf(cause);
    const what =
      severityOf(cause) === "full"
        ? "is full: nothing is appended to it until there is room; delete files or topics, or lower retention"
        : "cannot be written to, for too many files are open: raise `ulimit -n`, or lower odradek.max.open.files or max.connections";
    this.#logger.error(`${this.#path} ${what}`, { errno, error: cause });
    this.#isTold = true;
  }

  async #look(): Promise<void> {
    try {
      await this.#probe();
      let count = 0;
      for (const log of [...this.#logs]) count += await this.#goOn(log);
      if (this.#isClosed) return;
      if (count > 0) this.#wentOn(count);
    } catch {
      // There is no room yet.
    }
    this.#delayMs = Math.min(2 * this.#delayMs, DELAY_MAX_MS);
    this.#timer = undefined;
    if (this.#logs.size === 0 || this.#isClosed) return;
    this.#timer = this.#clock.schedule(this.#delayMs, () => void this.#look());
  }

  /** How many logs go on: 1, or 0 where this one cannot, which is no reason for the others to wait. */
  async #goOn(log: StoppedLog): Promise<number> {
    try {
      await log.rewind();
    } catch (error) {
      if (severityOf(error) === "other" && this.#logs.delete(log)) this.#giveUp(log, error);
      return 0;
    }
    if (this.#isClosed || !this.#logs.delete(log)) return 0;
    log.resume();
    return 1;
  }

  #wentOn(count: number): void {
    this.#resumedAtMs = this.#clock.monotonicMs();
    if (this.#isTold) this.#logger.info(`${this.#path} can be written to again`, { logs: count });
    this.#isTold = false;
  }

  async #probe(): Promise<void> {
    const path = `${this.#path}/${PROBE_FILE}`;
    try {
      await this.#disk.replaceFile(path, Buffer.alloc(PROBE_BYTES));
    } finally {
      await this.#disk.remove(path);
    }
  }
}
