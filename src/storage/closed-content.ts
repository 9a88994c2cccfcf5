import type { CleanLog } from "./clean-logs.ts";
import type { LeaderEpochs } from "./leader-epochs.ts";
import type { LogContent } from "./log-content.ts";
import type { Segment } from "./segment.ts";
import { storageError } from "./storage-error.ts";

/** What a log holds that was closed in order: looked at once somebody asks for more than its ends. */
export class ClosedContent implements LogContent {
  readonly closed: CleanLog;
  readonly #load: () => LogContent;
  #loaded: LogContent | undefined;

  constructor(closed: CleanLog, load: () => LogContent) {
    this.closed = closed;
    this.#load = load;
  }

  get startOffset(): number {
    return this.closed.startOffset;
  }

  get endOffset(): number {
    return this.closed.endOffset;
  }

  get recoveryPoint(): number {
    return this.closed.endOffset;
  }

  get latestEpoch(): number {
    return this.#loaded?.epochs.latest ?? this.closed.latestEpoch;
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR */
  get segments(): readonly Segment[] {
    return this.#content().segments;
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR */
  get epochs(): LeaderEpochs {
    return this.#content().epochs;
  }

  #content(): LogContent {
    try {
      this.#loaded ??= this.#load();
      // One that never wrote anything is in no file.
      this.#loaded.epochs.begin(this.closed.latestEpoch, this.#loaded.endOffset);
      return this.#loaded;
    } catch (cause) {
      throw storageError(cause);
    }
  }
}
