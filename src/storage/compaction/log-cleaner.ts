import { ErrorCode, KafkaError } from "../../protocol/errors.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Clock } from "../../time/clock.ts";
import type { Log } from "../log.ts";
import { type Cleanable, cleanableOf, isDue } from "./cleanable.ts";
import { Cleaning, type CleaningBounds } from "./cleaning.ts";
import { CleaningStopped, Pacer } from "./pacer.ts";

/** A data directory, as the cleaner sees it. */
export interface CleanedDirectory {
  readonly path: string;
  /** Why it is offline: then nothing of it is cleaned. */
  readonly failure: unknown;
  /** A copy that is to take the place of another log is left alone. */
  logs(): Iterable<{ readonly log: Log; readonly isFuture: boolean }>;
  /** The first offset that was not cleaned; undefined: the log never was. */
  cleanedTo(log: Log): number | undefined;
  /** The log is clean up to there, after a crash too. */
  noteCleaned(log: Log, offset: number): Promise<void>;
}

export interface CleanerSettings extends CleaningBounds {
  /** What may be read and written in a second, bytes. */
  readonly ioBytesPerSecond: number;
}

export interface CleanerContext {
  readonly directories: readonly CleanedDirectory[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** Asked at each use: they may change. */
  readonly settings: () => CleanerSettings;
}

interface Candidate extends Cleanable {
  readonly directory: CleanedDirectory;
}

/** What the log itself is not to blame for: it may be cleaned another time. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.OFFSET_OUT_OF_RANGE,
]);

/**
 * Compacts the logs whose `cleanup.policy` says so: one at a time, the filthiest first (Kafka's
 * LogCleaner, as with one thread).
 */
export class LogCleaner {
  readonly #context: CleanerContext;
  readonly #pacer: Pacer;
  /** Those with a batch that cannot be read: told once, and passed by until the next start. */
  readonly #uncleanable = new WeakSet<Log>();
  #isStopped = false;

  /** The logs of the directories must have been opened. */
  constructor(context: CleanerContext) {
    this.#context = context;
    this.#pacer = new Pacer(context.clock, () => context.settings().ioBytesPerSecond);
    // What the checkpoints say is of the logs that are here now.
    for (const { directory, log } of this.#logs()) directory.cleanedTo(log);
  }

  /**
   * Cleans until no log is dirty enough any more. To be called again after `log.cleaner.backoff.ms`.
   * Never rejects: what fails is told, and the other logs have their turn.
   */
  async run(): Promise<void> {
    const failed = new Set<Log>();
    while (!this.#isStopped) {
      const filthiest = this.#filthiest(failed);
      if (filthiest === undefined) return;
      try {
        await this.#clean(filthiest);
      } catch (error) {
        failed.add(filthiest.log);
        this.#tell(filthiest.log, error);
      }
    }
  }

  /** What is being cleaned stays as it was, and {@link run} settles soon. */
  stop(): void {
    this.#isStopped = true;
    this.#pacer.stop();
  }

  /** Whether a log is passed by because of a batch that could not be read. */
  isUncleanable(log: Log): boolean {
    return this.#uncleanable.has(log);
  }

  /**
   * Those that serve and are not being copied to another directory: a pass that removes a tombstone
   * must not come between the copy of what it deletes and its own.
   */
  *#logs(): Iterable<{ readonly directory: CleanedDirectory; readonly log: Log }> {
    const directories = this.#context.directories.filter(({ failure }) => failure === undefined);
    const moving = new Set<string>();
    for (const directory of directories) {
      for (const { log, isFuture } of directory.logs()) if (isFuture) moving.add(nameOf(log));
    }
    for (const directory of directories) {
      for (const { log, isFuture } of directory.logs()) {
        if (!isFuture && !(moving.size > 0 && moving.has(nameOf(log)))) yield { directory, log };
      }
    }
  }

  #filthiest(passedBy: ReadonlySet<Log>): Candidate | undefined {
    const nowMs = this.#context.clock.now();
    let filthiest: Candidate | undefined;
    for (const { directory, log } of this.#logs()) {
      if (!log.settings.compacted || log.failure !== undefined) continue;
      if (passedBy.has(log) || this.#uncleanable.has(log)) continue;
      const lastCleaned = directory.cleanedTo(log);
      const found = this.#lookAt(log, lastCleaned, nowMs);
      if (found === undefined || !isDue(found)) continue;
      const isFilthier = filthiest === undefined || found.dirtyRatio > filthiest.dirtyRatio;
      if (isFilthier) filthiest = { ...found, directory };
    }
    return filthiest;
  }

  /** A log that cannot even be looked at is none that can be cleaned. */
  #lookAt(log: Log, lastCleaned: number | undefined, nowMs: number): Cleanable | undefined {
    try {
      return cleanableOf(log, lastCleaned, nowMs);
    } catch (error) {
      this.#tell(log, error);
      return undefined;
    }
  }

  async #clean(candidate: Candidate): Promise<void> {
    const { log, directory, firstDirtyOffset } = candidate;
    const { clock, logger, random, settings } = this.#context;
    const startMs = clock.monotonicMs();
    const context = { bounds: settings(), pacer: this.#pacer, nowMs: clock.now(), random };
    const { endOffset, ...figures } = await new Cleaning(candidate, context).run();
    await directory.noteCleaned(log, endOffset);
    logger.info(`${nameOf(log)} is clean`, {
      from: firstDirtyOffset,
      upTo: endOffset,
      ...figures,
      ms: Math.round(clock.monotonicMs() - startMs),
    });
  }

  #tell(log: Log, error: unknown): void {
    const { logger } = this.#context;
    if (error instanceof CleaningStopped) {
      logger.debug(`${nameOf(log)} was not cleaned: ${error.message}`);
      return;
    }
    const isDamaged = error instanceof KafkaError && !PASSING.has(error.code);
    if (isDamaged) this.#uncleanable.add(log);
    const outcome = isDamaged ? "is not cleaned any more until the next start" : "was not cleaned";
    logger.error(`${nameOf(log)} ${outcome}`, { error });
  }
}

function nameOf({ topic, partition }: Log): string {
  return `${topic}-${partition}`;
}
