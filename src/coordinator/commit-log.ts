import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { buildBatch } from "../records/records.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { InternalPartition } from "./internal-topic.ts";

/** A record of an internal topic as it lies in the log. A null value is a tombstone. */
export interface KeyValue {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

interface Commit {
  readonly records: readonly KeyValue[];
  readonly bytes: number;
  /** Monotonic time until which its client waits. */
  readonly deadlineMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Room for the batch header and for lengths, offsets and timestamp of one record. */
const BATCH_OVERHEAD_BYTES = 61;
const RECORD_OVERHEAD_BYTES = 32;

export interface CommitLogOptions {
  readonly partition: InternalPartition;
  readonly clock: Clock;
  /** Largest batch the topic takes, in bytes. */
  readonly maxBatchBytes: number;
  /** Codec id of the batches, 0 for none. */
  readonly compression: number;
  /** How long a commit may take before its client is told to try again. */
  readonly timeoutMs: number;
  readonly onCommitted: () => void;
  /** An append failed: what was replayed is not in the log, so the state cannot be trusted. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Makes decisions durable, in the order in which they were taken. The records of one decision share
 * a batch, so that a restart sees all of them or none. While a batch is on its way the next
 * decisions gather in another one: the busier the shard, the fewer appends per decision.
 */
export class CommitLog {
  readonly #options: CommitLogOptions;
  /** Decided and not yet appended. */
  #waiting: Commit[] = [];
  /** In the append that is under way. */
  #inFlight: readonly Commit[] = [];
  #alarm: Timer | undefined;
  #isClosed = false;

  constructor(options: CommitLogOptions) {
    this.#options = options;
  }

  fits(records: readonly KeyValue[]): boolean {
    return sizeOf(records) + BATCH_OVERHEAD_BYTES <= this.#options.maxBatchBytes;
  }

  /**
   * Resolves once the records, and all before them, are committed; without records it only waits.
   * A commit that takes too long is rejected, and becomes durable all the same if its append does.
   */
  commit(records: readonly KeyValue[]): Promise<void> {
    const isIdle = this.#inFlight.length === 0;
    if (records.length === 0 && isIdle) return Promise.resolve();
    const deadlineMs = this.#options.clock.monotonicMs() + this.#options.timeoutMs;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, bytes: sizeOf(records), deadlineMs, resolve, reject });
      this.#alarm ??= this.#alarmAt(deadlineMs);
      if (isIdle) this.#appendNext();
    });
  }

  /** Rejects what is not committed. Nothing is appended any more. */
  close(error: KafkaError): void {
    this.#isClosed = true;
    this.#alarm?.cancel();
    for (const commit of [...this.#inFlight, ...this.#waiting]) commit.reject(error);
    this.#waiting = [];
  }

  #appendNext(): void {
    if (this.#isClosed || this.#waiting.length === 0) return;
    this.#inFlight = this.#takeBatch();
    void this.#append(this.#inFlight);
  }

  #takeBatch(): Commit[] {
    let bytes = BATCH_OVERHEAD_BYTES;
    let count = 0;
    for (const commit of this.#waiting) {
      bytes += commit.bytes;
      if (count > 0 && bytes > this.#options.maxBatchBytes) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** Never rejects: whoever waits is told, and then the shard. */
  async #append(commits: readonly Commit[]): Promise<void> {
    const { partition, clock, compression, onCommitted, onFailed } = this.#options;
    try {
      const records = commits.flatMap((commit) => commit.records);
      if (records.length > 0) {
        await partition.append(buildBatch({ records, timestamp: clock.now(), compression }));
      }
      this.#inFlight = [];
      onCommitted();
      for (const commit of commits) commit.resolve();
      this.#appendNext();
    } catch (error) {
      const reported = asCoordinatorError(error);
      for (const commit of commits) commit.reject(reported);
      // Once closed, the state it belonged to is gone already.
      if (!this.#isClosed) onFailed(error);
    }
  }

  /** One timer for all: it looks after the oldest commit, and then after what is oldest by then. */
  #alarmAt(deadlineMs: number): Timer {
    const { clock } = this.#options;
    return clock.schedule(deadlineMs - clock.monotonicMs(), () => {
      const now = clock.monotonicMs();
      const open = [...this.#inFlight, ...this.#waiting];
      for (const commit of open) {
        if (commit.deadlineMs > now) continue;
        commit.reject(
          new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "the commit took too long"),
        );
      }
      const next = open.find((commit) => commit.deadlineMs > now);
      this.#alarm = next === undefined ? undefined : this.#alarmAt(next.deadlineMs);
    });
  }
}

function sizeOf(records: readonly KeyValue[]): number {
  let bytes = 0;
  for (const { key, value } of records) {
    bytes += key.length + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
  }
  return bytes;
}

/**
 * What a client of a coordinator is told of a failed append (CoordinatorOperationExceptionHelper):
 * a code that makes it look for the coordinator again, never one about somebody else's topic.
 */
function asCoordinatorError(error: unknown): KafkaError {
  const code = error instanceof KafkaError ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR;
  return new KafkaError(coordinatorErrorCode(code), "the commit failed", { cause: error });
}

function coordinatorErrorCode(code: ErrorCode): ErrorCode {
  switch (code) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR;
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR;
    default:
      return code;
  }
}
