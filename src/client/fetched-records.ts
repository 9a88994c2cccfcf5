import type { AbortedTransaction } from "../protocol/generated/fetch.ts";
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
import type { TopicPartition } from "./partitions.ts";

/** A record and where it was. */
export interface FetchedRecord extends TopicPartition, Record {
  readonly isLogAppendTime: boolean;
  readonly leaderEpoch: number;
}

/** What was read of one partition, and why no more was. */
export interface FetchedPartition extends TopicPartition {
  /** The offset that was asked for. */
  readonly from: number;
  readonly records: readonly FetchedRecord[];
  /** The offset to go on at: behind the last batch that could be read. */
  readonly next: number;
  readonly error?: unknown;
}

export interface FetchedBytes extends TopicPartition {
  readonly from: number;
  readonly bytes: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

const ABORT_MARKER = 0;

/** The records from an offset on, without those of aborted transactions. */
export function fetchedRecords({ topic, partition, ...what }: FetchedBytes): FetchedPartition {
  const { from, bytes } = what;
  const records: FetchedRecord[] = [];
  const aborted = new AbortedProducers(what.aborted);
  let next = from;
  try {
    for (const at of batchesIn(bytes)) {
      if (!aborted.drops(bytes, at)) {
        for (const record of batchFrom(bytes, at, from)) {
          records.push({ topic, partition, ...record });
        }
      }
      next = Math.max(next, lastOffsetAt(bytes, at) + 1);
    }
  } catch (error) {
    return { topic, partition, from, records, next, error };
  }
  return { topic, partition, from, records, next };
}

/** All records of a batch, or none if it cannot be read as a whole. */
function batchFrom(bytes: Buffer, at: number, from: number) {
  const batch = bytes.subarray(at, at + sizeInBytesAt(bytes, at));
  const appended = isLogAppendTime(attributesAt(batch, 0));
  const { partitionLeaderEpoch: leaderEpoch } = readBatchHeader(batch, 0);
  return recordsOf(batch, 0, inflationLimit(batch.length))
    .filter(({ offset }) => offset >= from)
    .map(({ offset, timestamp, key, value, headers }) => {
      const what = { offset, timestamp, key, value, headers };
      return { ...what, isLogAppendTime: appended, leaderEpoch };
    });
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
