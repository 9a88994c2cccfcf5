import type { KafkaError } from "../protocol/errors.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { LogFiles } from "./log-files.ts";
import type { Segment } from "./segment.ts";
import { storageError } from "./storage-error.ts";
import { unlessRetired } from "./unless-retired.ts";

const DONE = Promise.resolve();

/**
 * Makes what one log has written durable, and knows how far that is. A sync that fails ends the log,
 * and its directory: nobody knows what the disk has kept, and the system may have dropped what it could
 * not write. An index that found no room, or a file that could not be opened, only stops it.
 */
export class LogSyncer {
  readonly #files: LogFiles;
  readonly #clock: Clock;
  readonly #host: { failed(error: KafkaError): void };
  #recoveryPoint: number;
  #background: Promise<void> = DONE;
  #failure: KafkaError | undefined;
  #timer: Timer | undefined;

  constructor(
    files: LogFiles,
    clock: Clock,
    recoveryPoint: number,
    host: { failed(error: KafkaError): void },
  ) {
    this.#files = files;
    this.#clock = clock;
    this.#host = host;
    this.#recoveryPoint = recoveryPoint;
  }

  /** Everything below is on the disk: a start after a crash has only to look at what is behind. */
  get recoveryPoint(): number {
    return this.#recoveryPoint;
  }

  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  /** What failed was not a sync, or has been dealt with; what is not durable is still not. */
  goOn(): void {
    this.#failure = undefined;
  }

  /** The log was truncated. */
  moveBack(recoveryPoint: number): void {
    this.#recoveryPoint = Math.min(this.#recoveryPoint, recoveryPoint);
  }

  /** What was written to these segments becomes durable. */
  async sync(segments: Iterable<Segment>): Promise<void> {
    for (const segment of segments) await segment.sync();
    await this.#files.sync();
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR */
  async flush(segment: Segment, endOffset: number): Promise<void> {
    await this.#orFail(() => this.sync([segment]));
    this.#advance(endOffset);
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR */
  async seal(segment: Segment, endOffset: number): Promise<void> {
    await this.#orFail(async () => {
      // One that is deleted meanwhile need not be durable.
      await unlessRetired(segment, () => segment.seal());
      await this.#files.sync();
    });
    this.#advance(endOffset);
  }

  /** A full segment becomes durable as a whole, with its indexes, once `mayBegin` says so. */
  sealLater(segment: Segment, endOffset: number, mayBegin: () => Promise<boolean>): void {
    this.#background = this.#background.then(async () => {
      try {
        if (this.#failure === undefined && (await mayBegin())) await this.seal(segment, endOffset);
      } catch {
        // It is the log's failure now.
      }
    });
  }

  /** Settles when nothing is sealed in the background any more. */
  settled(): Promise<void> {
    return this.#background;
  }

  /** Runs `flush` at most so much later, if it is not to be run already (`flush.ms`). */
  flushWithin(delayMs: number, flush: () => Promise<void>): void {
    this.#timer ??= this.#clock.schedule(delayMs, () => {
      this.#timer = undefined;
      // What fails here is the log's failure from now on: the next append is told.
      flush().catch(() => undefined);
    });
  }

  stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #advance(endOffset: number): void {
    this.#recoveryPoint = Math.max(this.#recoveryPoint, endOffset);
  }

  async #orFail(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      const isFirst = this.#failure === undefined;
      this.#failure ??= storageError(cause);
      if (isFirst) this.#host.failed(this.#failure);
      throw this.#failure;
    }
  }
}
