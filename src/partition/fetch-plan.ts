import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { LogSlice } from "../storage/log.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";
import type { Lifetime } from "../time/lifetime.ts";
import { codeTold } from "./code-told.ts";
import type { FetchBudget } from "./fetch-budget.ts";
import type { Isolation, Partition } from "./partition.ts";
import { until } from "./until.ts";

/** One partition of a fetch, found or not. */
export interface Wanted {
  /** The partition, or the code that says why there is none. */
  readonly target: Partition | ErrorCode;
  readonly fetchOffset: number;
  /** Most bytes of this partition in the answer. */
  readonly maxBytes: number;
  /** Epoch of the leader the client believes in; -1: it does not say. */
  readonly currentLeaderEpoch: number;
  /** Epoch of the last record the client has; -1: it does not say. */
  readonly lastFetchedEpoch: number;
}

export interface Terms {
  readonly minBytes: number;
  /** Most bytes of the whole answer; the first batch comes whatever this says. */
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly isolation: Isolation;
}

/** What one partition of a fetch came to. Offsets are -1 where the partition could not be asked. */
export interface Fetched {
  readonly errorCode: ErrorCode;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** No records come with it: the reader has to truncate first (KIP-595). */
  readonly divergingEpoch?: { readonly epoch: number; readonly endOffset: number };
  /** Slices of the log, to be sent back to back. */
  readonly records: readonly Buffer[];
  readonly bytes: number;
}

const NO_RECORDS: readonly Buffer[] = [];

/**
 * Waits until the plan is worth answering: enough bytes, an error to tell, or the client's patience
 * at its end (Kafka's DelayedFetch). Undefined: it is so already. Never reads the disk.
 */
export function worthReading(
  plan: readonly Wanted[],
  terms: Terms,
  patience: { readonly clock: Clock; readonly lifetime: Lifetime },
): Promise<boolean> | undefined {
  if (terms.maxWaitMs <= 0 || plan.every(isOutOfReach) || isReady(plan, terms)) return undefined;
  const changes = plan.flatMap(({ target }) => (typeof target === "number" ? [] : target.changes));
  const { clock, lifetime } = patience;
  return until(() => isReady(plan, terms), {
    changes,
    timeoutMs: terms.maxWaitMs,
    clock,
    lifetime,
  });
}

/**
 * Whether no log is asked at all, because there is no such partition or the client may not read it.
 * As in Kafka that ends no wait: a client that goes on asking for a deleted topic beside others
 * would be answered at once, for ever.
 */
export function isOutOfReach({ target }: Wanted): boolean {
  return typeof target === "number" && target !== ErrorCode.NOT_LEADER_OR_FOLLOWER;
}

function isReady(plan: readonly Wanted[], { minBytes, isolation }: Terms): boolean {
  let bytes = 0;
  for (const wanted of plan) {
    if (isOutOfReach(wanted)) continue;
    if (typeof wanted.target === "number") return true;
    if (isRefused(wanted.target, wanted)) return true;
    const available = wanted.target.bytesAvailable(wanted.fetchOffset, isolation);
    // At least one byte of what there is, for the first batch comes whatever the limits say.
    if (available > 0) bytes += Math.max(1, Math.min(available, wanted.maxBytes));
  }
  return bytes >= minBytes;
}

function isRefused(partition: Partition, wanted: Wanted): boolean {
  try {
    return refusal(partition, wanted) !== undefined;
  } catch {
    // It comes up once more when the plan is read.
    return true;
  }
}

/** Why this partition answers without records: the same questions before waiting and when reading. */
function refusal(partition: Partition, wanted: Wanted): Fetched | undefined {
  try {
    partition.checkLeaderEpoch(wanted.currentLeaderEpoch);
    const diverging =
      wanted.lastFetchedEpoch >= 0
        ? partition.divergence(wanted.fetchOffset, wanted.lastFetchedEpoch)
        : undefined;
    if (diverging !== undefined) return { ...empty(partition), divergingEpoch: diverging };
    if (
      wanted.fetchOffset < partition.logStartOffset ||
      wanted.fetchOffset > partition.logEndOffset
    ) {
      throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, `offset ${wanted.fetchOffset}`);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return failed(error.code);
  }
}

function empty(partition: Partition): Fetched {
  return fetched(partition, NO_RECORDS, 0);
}

function fetched(partition: Partition, records: readonly Buffer[], bytes: number): Fetched {
  return {
    errorCode: ErrorCode.NONE,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.logStartOffset,
    records,
    bytes,
  };
}

/** An answer that only says what went wrong. */
export function failed(errorCode: ErrorCode): Fetched {
  return {
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    records: NO_RECORDS,
    bytes: 0,
  };
}

/**
 * Reads a plan, in its order, within its bytes. Synchronous for as long as no read has to wait.
 * The slices stay valid until they are released.
 */
export class PlanReading {
  readonly results: Fetched[] = [];
  readonly #plan: readonly Wanted[];
  readonly #isolation: Isolation;
  #bytesLeft: number;
  #hasRecords = false;
  readonly #slices: LogSlice[] = [];
  readonly #budget: FetchBudget;
  readonly #logger: Logger;
  #bytesTaken = 0;

  constructor(
    plan: readonly Wanted[],
    terms: Terms,
    { fetchBudget, logger }: { readonly fetchBudget: FetchBudget; readonly logger: Logger },
  ) {
    this.#plan = plan;
    this.#isolation = terms.isolation;
    this.#bytesLeft = Math.min(terms.maxBytes, fetchBudget.allowance());
    this.#budget = fetchBudget;
    this.#logger = logger;
  }

  run(): undefined | Promise<undefined> {
    while (this.results.length < this.#plan.length) {
      const wanted = this.#plan[this.results.length] as Wanted;
      const { target } = wanted;
      if (typeof target === "number") {
        this.results.push(failed(target));
        continue;
      }
      const slice = this.#read(target, wanted);
      if (slice instanceof Promise) return this.#resume(slice, target);
      if (slice !== undefined) this.#take(slice, target);
    }
    return undefined;
  }

  /** The bytes have been sent, or never will be. */
  release(): void {
    for (const slice of this.#slices) slice.release();
    this.#slices.length = 0;
    this.#budget.give(this.#bytesTaken);
    this.#bytesTaken = 0;
  }

  async #resume(slice: Promise<LogSlice>, target: Partition): Promise<undefined> {
    try {
      this.#take(await slice, target);
    } catch (error) {
      this.results.push(failed(this.#codeOf(error, target)));
    }
    return this.run();
  }

  /** Undefined: answered already, without records. */
  #read(partition: Partition, wanted: Wanted): LogSlice | Promise<LogSlice> | undefined {
    try {
      const refused = refusal(partition, wanted) ?? this.#leftOut(partition, wanted);
      if (refused === undefined) return this.#slice(partition, wanted);
      this.results.push(refused);
    } catch (error) {
      this.results.push(failed(this.#codeOf(error, partition)));
    }
    return undefined;
  }

  /** Why it comes without records, as far as that lies in the limits. */
  #leftOut(partition: Partition, { maxBytes, fetchOffset }: Wanted): Fetched | undefined {
    if (this.#bytesLeft === 0 && this.#hasRecords) return empty(partition);
    // Kafka's log fails where it finds records to read, and a limit below nothing.
    const isBelowNothing = Math.min(maxBytes, this.#bytesLeft) < 0;
    return isBelowNothing && partition.bytesAvailable(fetchOffset, this.#isolation) > 0
      ? failed(ErrorCode.UNKNOWN_SERVER_ERROR)
      : undefined;
  }

  #slice(partition: Partition, { fetchOffset, maxBytes }: Wanted): LogSlice | Promise<LogSlice> {
    const limit = Math.max(0, Math.min(maxBytes, this.#bytesLeft));
    this.#bytesLeft = Math.max(0, this.#bytesLeft);
    const minOne = !this.#hasRecords;
    return partition.read(fetchOffset, { maxBytes: limit, minOne, isolation: this.#isolation });
  }

  #codeOf(error: unknown, { topic, index }: Partition): ErrorCode {
    return codeTold(error, this.#logger, `a read of ${topic}-${index}`);
  }

  #take(slice: LogSlice, partition: Partition): void {
    if (slice.bytes > 0) this.#hasRecords = true;
    this.#slices.push(slice);
    this.#budget.take(slice.bytes);
    this.#bytesTaken += slice.bytes;
    this.#bytesLeft = Math.max(0, this.#bytesLeft - slice.bytes);
    this.results.push(fetched(partition, slice.chunks, slice.bytes));
  }
}
