import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { isSlowToStore, type PreparedBatch, type StoringRules } from "../records/prepared-batch.ts";
import type { Appended, Log, LogSlice } from "../storage/log.ts";
import { type LogSettings, storesAsItCame, storingRules } from "../storage/log-settings.ts";
import { Changes } from "./until.ts";

/** Where a client stands in the sequence of leaders. -1: it does not say. */
export const NO_EPOCH = -1;

export interface ReadOptions {
  /** Most bytes to give back; the last batch may be cut there. */
  readonly maxBytes: number;
  /** The first batch is given whole, whatever `maxBytes` says (KIP-74). */
  readonly minOne: boolean;
  readonly isolation: Isolation;
}

/** What a reader may see: up to the high watermark, or only decided transactions. */
export type Isolation = "read_uncommitted" | "read_committed";

export interface TimestampedOffset {
  readonly timestamp: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

/** An idempotent producer, as a partition knows it. */
export interface KnownProducer {
  readonly producerId: number;
  readonly epoch: number;
  /** -1: it has sent nothing since its last transaction ended. */
  readonly lastSequence: number;
  /** When it was last heard of, milliseconds. */
  readonly lastTimestamp: number;
  /** Of who ended its last transaction; -1: there was none. */
  readonly coordinatorEpoch: number;
  /** -1: no transaction is open. */
  readonly transactionFirstOffset: number;
}

const NO_SEQUENCE = -1;

/**
 * One replica of one partition, and the only writer of its state: leader epoch, high watermark and
 * log move together here or not at all; everyone else reads through the getters.
 *
 * Invariant: logStartOffset <= highWatermark <= logEndOffset.
 */
export class Partition {
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  /** Announces every move of the high watermark, the log start offset and the leadership. */
  readonly changes: Changes = new Changes();
  #log: Log;
  #leaderId: number;
  #leaderEpoch: number;
  #highWatermark: number;
  #deleted = false;
  /** The log cannot be reached any more. */
  #failure: KafkaError | undefined;
  /** Another log takes the place of this one at this moment; undefined: none does. */
  #hold: Hold | undefined;

  constructor(log: Log, leader: { id: number; epoch: number }) {
    this.topic = log.topic;
    this.topicId = log.topicId;
    this.index = log.partition;
    this.#log = log;
    this.#leaderId = leader.id;
    this.#leaderEpoch = leader.epoch;
    // Alone in the in-sync set, everything that survived in the log is committed.
    this.#highWatermark = log.endOffset;
    log.assignEpoch(leader.epoch);
  }

  /** Where the records are; only for whoever decides in which directory that is. */
  get log(): Log {
    return this.#log;
  }

  /** Its directory has failed: nothing is known of it but that it exists. */
  get isOffline(): boolean {
    return this.#failure !== undefined;
  }

  /** What holds for the log: size and time limits, codec, timestamps. */
  get logSettings(): LogSettings {
    return this.#log.settings;
  }

  get leaderId(): number {
    return this.#leaderId;
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /**
   * Transactions are not built: no producer gets to leave a record undecided. Those in a log that
   * Kafka wrote count as decided, and as committed.
   */
  get lastStableOffset(): number {
    return this.#highWatermark;
  }

  get logStartOffset(): number {
    return this.#log.startOffset;
  }

  get logEndOffset(): number {
    return this.#log.endOffset;
  }

  /** Epoch of the latest leader that the log knows of; -1: none. */
  get latestEpoch(): number {
    return this.#log.latestEpoch;
  }

  get sizeInBytes(): number {
    return this.#log.sizeInBytes;
  }

  /**
   * Appends what a client or a coordinator produced. The decision is made before this returns;
   * `written` of the answer settles when the bytes are safe, and the high watermark has moved then.
   *
   * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION once the topic is deleted, and whatever
   *   {@link Log.append} refuses.
   */
  append(
    records: Buffer,
    origin: "client" | "coordinator",
    prepared?: PreparedBatch | undefined,
  ): Appended {
    this.checkServing();
    if (this.#hold !== undefined)
      throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, "the log is moving");
    return this.#log.append(records, { leaderEpoch: this.#leaderEpoch, origin, prepared });
  }

  /**
   * The idempotent producers that are known here, and what each sent last.
   *
   * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION, KAFKA_STORAGE_ERROR.
   */
  producers(): KnownProducer[] {
    this.checkServing();
    return Array.from(this.#log.producers.all(), ({ batches, ...state }) => ({
      ...state,
      lastSequence: batches.at(-1)?.lastSequence ?? NO_SEQUENCE,
    }));
  }

  /** How a batch is to be stored, if that takes so long that others should be served meanwhile. */
  slowStoring(records: Buffer): StoringRules | undefined {
    const { settings } = this.#log;
    if (storesAsItCame(settings) || records.length > settings.maxMessageBytes) return undefined;
    const rules = storingRules(settings);
    return isSlowToStore(records, rules) ? rules : undefined;
  }

  /** The topic's settings, or the broker's, are others from now on. */
  configure(settings: LogSettings): void {
    this.#log.updateSettings(settings);
  }

  /** A new leader, or the same one anew. Whoever waits here looks again. */
  lead(leader: { readonly id: number; readonly epoch: number }): void {
    if (leader.epoch === this.#leaderEpoch && leader.id === this.#leaderId) return;
    this.#leaderId = leader.id;
    this.#leaderEpoch = leader.epoch;
    this.#log.assignEpoch(leader.epoch);
    this.changes.announce();
  }

  /** The directory of the log has failed. Whoever waits here is told so. */
  fail(error: KafkaError): void {
    this.#failure = error;
    this.changes.announce();
  }

  /** Until {@link release}, producers are told to try again, and whoever deletes records waits. */
  hold(): void {
    this.#hold ??= newHold();
  }

  release(): void {
    this.#hold?.end();
    this.#hold = undefined;
  }

  /** From now on this log, which has the same records, is the one. */
  moveTo(log: Log): void {
    log.updateSettings(this.#log.settings);
    this.#log = log;
    log.assignEpoch(this.#leaderEpoch);
    this.changes.announce();
  }

  /** The log says that everything below `endOffset` is written. */
  advanceTo(endOffset: number): void {
    if (endOffset <= this.#highWatermark) return;
    this.#highWatermark = endOffset;
    this.changes.announce();
  }

  /**
   * Refuses a client whose idea of the leader's epoch is not ours (KIP-320).
   *
   * @throws KafkaError FENCED_LEADER_EPOCH if it is older, UNKNOWN_LEADER_EPOCH if it is newer,
   *   UNKNOWN_TOPIC_OR_PARTITION once the topic is deleted, KAFKA_STORAGE_ERROR while its directory
   *   is offline.
   */
  checkLeaderEpoch(currentLeaderEpoch: number): void {
    this.checkServing();
    if (currentLeaderEpoch === NO_EPOCH || currentLeaderEpoch === this.#leaderEpoch) return;
    const code =
      currentLeaderEpoch < this.#leaderEpoch
        ? ErrorCode.FENCED_LEADER_EPOCH
        : ErrorCode.UNKNOWN_LEADER_EPOCH;
    throw new KafkaError(code, `epoch ${currentLeaderEpoch}, the leader's is ${this.#leaderEpoch}`);
  }

  /** The first offset a reader of this isolation must not see. */
  readLimit(isolation: Isolation): number {
    return isolation === "read_committed" ? this.lastStableOffset : this.#highWatermark;
  }

  /** Batches from `offset` up to the read limit; synchronous where memory or page cache has them. */
  read(offset: number, options: ReadOptions): LogSlice | Promise<LogSlice> {
    const { maxBytes, minOne } = options;
    return this.#log.read(offset, { maxBytes, minOne, upTo: this.readLimit(options.isolation) });
  }

  /** How many bytes a reader at `offset` could have now. Index arithmetic only: safe to ask often. */
  bytesAvailable(offset: number, isolation: Isolation): number {
    return this.#log.bytesBetween(offset, this.readLimit(isolation));
  }

  /**
   * Where the log parts from a reader that last read `lastFetchedEpoch` and now asks for `offset`,
   * or undefined where it does not (KIP-595, Kafka's Partition.readRecords).
   *
   * @throws KafkaError OFFSET_OUT_OF_RANGE for an epoch this log has never seen.
   */
  divergence(
    offset: number,
    lastFetchedEpoch: number,
  ): { readonly epoch: number; readonly endOffset: number } | undefined {
    const { leaderEpoch, endOffset } = this.endOffsetForEpoch(lastFetchedEpoch);
    if (leaderEpoch === NO_EPOCH) {
      throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, `no epoch ${lastFetchedEpoch} here`);
    }
    const diverges = leaderEpoch < lastFetchedEpoch || endOffset < offset;
    return diverges ? { epoch: leaderEpoch, endOffset } : undefined;
  }

  /** The last offset of an epoch plus one; -1 and -1 for an epoch that is not known. */
  endOffsetForEpoch(epoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    return this.#log.endOffsetForEpoch(epoch);
  }

  /** Epoch in which the record at an offset was written; -1 if it is not known. */
  epochForOffset(offset: number): number {
    return this.#log.epochForOffset(offset);
  }

  /** The first record at or after `timestamp` that a reader may see. */
  offsetForTimestamp(
    timestamp: number,
    isolation: Isolation,
  ): Promise<TimestampedOffset | undefined> {
    return this.#log.offsetForTimestamp(timestamp, this.readLimit(isolation));
  }

  /** The record with the largest timestamp that a reader may see. */
  maxTimestamp(): Promise<TimestampedOffset | undefined> {
    return this.#log.maxTimestamp(this.#highWatermark);
  }

  /**
   * Forgets every record before `offset` (-1: before the high watermark).
   *
   * @returns the new low watermark.
   * @throws KafkaError OFFSET_OUT_OF_RANGE beyond the high watermark, UNKNOWN_TOPIC_OR_PARTITION if
   *   the topic is deleted, before or meanwhile.
   */
  async deleteRecordsBefore(offset: number): Promise<number> {
    while (this.#hold !== undefined) await this.#hold.over;
    this.checkServing();
    const target = offset === -1 ? this.#highWatermark : offset;
    if (target < 0 || target > this.#highWatermark) {
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `offset ${offset} is beyond the high watermark ${this.#highWatermark}`,
      );
    }
    await this.#log.deleteRecordsBefore(target);
    await this.#log.keepStart();
    this.checkServing();
    this.changes.announce();
    return this.#log.startOffset;
  }

  /** Drops what the topic's settings say is too old or too much. */
  async deleteOldSegments(): Promise<void> {
    if (this.#deleted || this.#hold !== undefined) return;
    const before = this.logStartOffset;
    await this.#log.deleteOldSegments();
    if (this.logStartOffset !== before) this.changes.announce();
  }

  /** The topic is gone: whoever waits here is told so. */
  retire(): void {
    this.#deleted = true;
    this.changes.announce();
  }

  /** @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION, or why it is offline. */
  checkServing(): void {
    if (this.#deleted) {
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `${this.topic} was deleted`);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}

interface Hold {
  readonly over: Promise<void>;
  readonly end: () => void;
}

function newHold(): Hold {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}
