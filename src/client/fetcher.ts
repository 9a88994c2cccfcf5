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
import { errorOf } from "./retries.ts";

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

  constructor(client: ClusterClient, options: FetcherOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Reads these partitions from these offsets from now on, and no others. */
  assign(positions: ReadonlyMap<string, number>): void {
    this.#positions.clear();
    for (const [key, offset] of positions) this.#positions.set(key, offset);
  }

  /**
   * The next records, or none after `maxWaitMs`.
   *
   * @throws KafkaError for what does not pass by itself.
   */
  async poll(maxWaitMs: number): Promise<FetchedRecord[]> {
    const partitions = [...this.#positions.keys()].map(partitionOfKeyText);
    return this.#client.retry(async () => {
      const leaders = await byLeader(this.#client, partitions);
      const answers = await Promise.all(
        [...leaders].map(([leader, items]) => this.#ask(leader, items, maxWaitMs)),
      );
      return answers.flat();
    });
  }

  async #ask(leader: number, items: readonly TopicPartition[], maxWaitMs: number) {
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
      for (const data of partitions) records.push(...(await this.#read(topic, data)));
    }
    return records;
  }

  async #read(topic: string, data: PartitionData): Promise<FetchedRecord[]> {
    const at = { topic, partition: data.partitionIndex };
    if (data.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && this.#options.resetTo !== undefined) {
      const offsets = await offsetsAt(this.#client, [at], this.#options.resetTo);
      this.#positions.set(keyOf(at), offsets.get(keyOf(at)) ?? 0);
      return [];
    }
    if (data.errorCode !== ErrorCode.NONE) {
      throw errorOf({ errorCode: data.errorCode }, `${topic}-${data.partitionIndex}`);
    }
    if (data.records === null) return [];
    const from = this.#positions.get(keyOf(at)) ?? 0;
    const { records, next } = recordsFrom(data.records, from, data.abortedTransactions ?? []);
    this.#positions.set(keyOf(at), next);
    return records.map((record) => ({ ...record, ...at }));
  }
}

type ReadRecord = Record & Pick<FetchedRecord, "isLogAppendTime" | "leaderEpoch">;

/** The records from an offset on, without those of aborted transactions, and the offset after them. */
function recordsFrom(
  bytes: Buffer,
  from: number,
  abortedTransactions: readonly AbortedTransaction[],
): { readonly records: ReadRecord[]; readonly next: number } {
  const aborted = new AbortedProducers(abortedTransactions);
  const records: ReadRecord[] = [];
  let next = from;
  for (const at of batchesIn(bytes)) {
    next = Math.max(next, lastOffsetAt(bytes, at) + 1);
    if (aborted.drops(bytes, at)) continue;
    const batch = bytes.subarray(at, at + sizeInBytesAt(bytes, at));
    const about = {
      isLogAppendTime: isLogAppendTime(attributesAt(batch, 0)),
      leaderEpoch: readBatchHeader(batch, 0).partitionLeaderEpoch,
    };
    for (const record of recordsOf(batch, 0, inflationLimit(batch.length))) {
      if (record.offset >= from) records.push({ ...record, ...about });
    }
  }
  return { records, next };
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
