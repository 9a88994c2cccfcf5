import { ErrorCode } from "../protocol/errors.ts";
import { type AbortedTransaction, fetch, type PartitionData } from "../protocol/generated/fetch.ts";
import {
  attributesAt,
  isControl,
  isLogAppendTime,
  isTransactional,
  lastOffsetAt,
  readBatchHeader,
  sizeInBytesAt,
} from "../records/batch.ts";
import { batchesIn, inflationLimit, type Record, recordsOf } from "../records/records.ts";
import type { ClusterClient } from "./cluster-client.ts";
import { offsetsAt } from "./offsets.ts";
import { byLeader, byTopic, keyOf, partitionOfKeyText, type TopicPartition } from "./partitions.ts";
import { errorOf, pause } from "./retries.ts";

/** A record and where it was. */
export interface FetchedRecord extends TopicPartition, Record {
  readonly isLogAppendTime: boolean;
  readonly leaderEpoch: number;
}

export interface FetcherOptions {
  readonly isolationLevel: "read_uncommitted" | "read_committed";
  /** Where to go on when an offset is not in the log (any more): an `OffsetSpec`, or nowhere. */
  readonly resetTo: number | undefined;
}

/** Versions that name topics, rather than give their ids. */
const FETCH_BY_NAME = 12;
const PARTITION_BYTES_MAX = 1024 * 1024;
const BYTES_MAX = 50 * 1024 * 1024;
const ABORT_MARKER = 0;

/** Reads partitions from where they stand. */
export class Fetcher {
  readonly #client: ClusterClient;
  readonly #options: FetcherOptions;
  readonly #positions = new Map<string, number>();
  /** Partitions by their leaders, as long as no leader refuses one. */
  #leaders: ReadonlyMap<number, readonly TopicPartition[]> | undefined;

  constructor(client: ClusterClient, options: FetcherOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** By `keyOf`, the offset that is read next. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  /** Reads these partitions from these offsets from now on, and no others. */
  assign(positions: ReadonlyMap<string, number>): void {
    this.#positions.clear();
    this.#leaders = undefined;
    for (const [key, offset] of positions) this.#positions.set(key, offset);
  }

  /**
   * The next records, or none after `maxWaitMs`.
   *
   * @throws KafkaError for what does not pass by itself.
   */
  async poll(maxWaitMs: number): Promise<FetchedRecord[]> {
    if (this.#positions.size === 0) {
      await pause(this.#client.clock, maxWaitMs);
      return [];
    }
    return this.#client.retry(async () => {
      try {
        return await this.#ask(maxWaitMs);
      } catch (error) {
        this.#leaders = undefined;
        throw error;
      }
    });
  }

  async #ask(maxWaitMs: number): Promise<FetchedRecord[]> {
    const partitions = [...this.#positions.keys()].map(partitionOfKeyText);
    this.#leaders ??= await byLeader(this.#client, partitions);
    const asked = [...this.#leaders].map(([leader, items]) =>
      this.#askLeader(leader, items, maxWaitMs),
    );
    const [first = [], ...others] = await Promise.all(asked);
    return first.concat(...others);
  }

  async #askLeader(leader: number, items: readonly TopicPartition[], maxWaitMs: number) {
    const topics = [...byTopic(items)].map(([topic, partitions]) => ({
      topic,
      partitions: partitions.map((at) => ({
        partition: at.partition,
        fetchOffset: this.#positions.get(keyOf(at)) ?? 0,
        partitionMaxBytes: PARTITION_BYTES_MAX,
      })),
    }));
    const isolationLevel = this.#options.isolationLevel === "read_committed" ? 1 : 0;
    const limits = { maxWaitMs, minBytes: 1, maxBytes: BYTES_MAX, isolationLevel };
    // Epoch -1: no session, each request says everything.
    const request = { ...limits, sessionId: 0, sessionEpoch: -1, topics };
    const options = { versionMax: FETCH_BY_NAME, waitMs: maxWaitMs };
    const answer = await this.#client.node(leader, fetch, [request, options]);
    if (answer.errorCode !== ErrorCode.NONE) throw errorOf(answer);
    const records: FetchedRecord[] = [];
    for (const { topic, partitions } of answer.responses) {
      for (const data of partitions) await this.#read(topic, data, records);
    }
    return records;
  }

  async #read(topic: string, data: PartitionData, into: FetchedRecord[]): Promise<void> {
    const at = { topic, partition: data.partitionIndex };
    const from = this.#positions.get(keyOf(at));
    // No longer ours: somebody assigned others meanwhile.
    if (from === undefined) return;
    if (data.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && this.#options.resetTo !== undefined) {
      const offsets = await offsetsAt(this.#client, [at], this.#options.resetTo);
      this.#positions.set(keyOf(at), offsets.get(keyOf(at)) ?? 0);
      return;
    }
    if (data.errorCode !== ErrorCode.NONE) {
      throw errorOf({ errorCode: data.errorCode }, `${topic}-${data.partitionIndex}`);
    }
    if (data.records === null) return;
    const aborted = new AbortedProducers(data.abortedTransactions ?? []);
    this.#positions.set(keyOf(at), readRecords(data.records, { ...at, from, aborted }, into));
  }
}

interface Reading extends TopicPartition {
  readonly from: number;
  readonly aborted: AbortedProducers;
}

/**
 * Takes the records from an offset on, without those of aborted transactions.
 *
 * @returns the offset after them
 */
function readRecords(
  bytes: Buffer,
  { topic, partition, from, aborted }: Reading,
  into: FetchedRecord[],
): number {
  let next = from;
  for (const at of batchesIn(bytes)) {
    next = Math.max(next, lastOffsetAt(bytes, at) + 1);
    if (aborted.drops(bytes, at)) continue;
    const batch = bytes.subarray(at, at + sizeInBytesAt(bytes, at));
    const appended = isLogAppendTime(attributesAt(batch, 0));
    const { partitionLeaderEpoch: leaderEpoch } = readBatchHeader(batch, 0);
    for (const record of recordsOf(batch, 0, inflationLimit(batch.length))) {
      const { offset, timestamp, key, value, headers } = record;
      if (offset < from) continue;
      const what = { topic, partition, offset, timestamp, key, value, headers };
      into.push({ ...what, isLogAppendTime: appended, leaderEpoch });
    }
  }
  return next;
}

/** Which producers' records belong to aborted transactions, while a log is read in order. */
class AbortedProducers {
  readonly #coming: AbortedTransaction[];
  readonly #current = new Set<number>();

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#coming = [...transactions].sort((one, other) => one.firstOffset - other.firstOffset);
  }

  /** Whether a batch has nothing for a consumer: it is a marker, or aborted. */
  drops(bytes: Buffer, at: number): boolean {
    const attributes = attributesAt(bytes, at);
    const { producerId } = readBatchHeader(bytes, at);
    const last = lastOffsetAt(bytes, at);
    for (let next = this.#coming[0]; next && next.firstOffset <= last; next = this.#coming[0]) {
      this.#current.add(next.producerId);
      this.#coming.shift();
    }
    if (!isControl(attributes)) return isTransactional(attributes) && this.#current.has(producerId);
    const [marker] = recordsOf(bytes, at);
    if (marker?.key?.readInt16BE(2) === ABORT_MARKER) this.#current.delete(producerId);
    return true;
  }
}
