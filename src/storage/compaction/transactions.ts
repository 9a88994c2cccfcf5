import { type BatchHeader, isTransactional } from "../../records/batch.ts";
import { recordsOf } from "../../records/records.ts";
import type { Segment } from "../segment.ts";

/** One line of a `.txnindex` file: version int16, four times int64. */
const ENTRY_BYTES = 34;
const VERSION = 0;

const ABORT = 0;
const COMMIT = 1;

/** A transaction that was aborted: its records, up to the marker, count for nothing. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly lastStableOffset: number;
}

/** What the cleaner asks about transactions, batch after batch in the order of the log. */
export interface TransactionView {
  /** A batch of records: whether its transaction was aborted. */
  isAborted(header: BatchHeader): boolean;
  /** A marker: whether nothing is left of its transaction, so that it may go in its time. */
  isSpent(header: BatchHeader, bytes: Buffer, at: number): boolean;
}

interface Ongoing {
  readonly transaction: AbortedTransaction;
  hasRecords: boolean;
}

/**
 * The transactions of a log while it is cleaned (Kafka's CleanedTransactionMetadata): records of
 * aborted ones go, markers stay until a pass has seen no batch of their transaction.
 */
export class CleanedTransactions implements TransactionView {
  /** The one that begins first is the last. */
  readonly #aborted: AbortedTransaction[];
  readonly #ongoingAborted = new Map<number, Ongoing>();
  readonly #ongoingCommitted = new Set<number>();
  /** Aborted ones of which a marker stays, since {@link takeKept} was last called. */
  #kept: AbortedTransaction[] = [];

  constructor(aborted: Iterable<AbortedTransaction>) {
    this.#aborted = [...aborted].sort((one, other) => other.firstOffset - one.firstOffset);
  }

  isAborted(header: BatchHeader): boolean {
    this.#beginUpTo(header);
    if (!isTransactional(header.attributes)) return false;
    const ongoing = this.#ongoingAborted.get(header.producerId);
    if (ongoing === undefined) {
      this.#ongoingCommitted.add(header.producerId);
      return false;
    }
    ongoing.hasRecords = true;
    return true;
  }

  isSpent(header: BatchHeader, bytes: Buffer, at: number): boolean {
    this.#beginUpTo(header);
    const { producerId } = header;
    // One without a record has been cleaned before.
    if (header.recordCount === 0) return true;
    const type = markerType(bytes, at);
    if (type === COMMIT) return !this.#ongoingCommitted.delete(producerId);
    if (type !== ABORT) return false;
    const ongoing = this.#ongoingAborted.get(producerId);
    this.#ongoingAborted.delete(producerId);
    if (ongoing === undefined || !ongoing.hasRecords) return true;
    this.#kept.push(ongoing.transaction);
    return false;
  }

  /** What belongs into the transaction index of the segment that was written. */
  takeKept(): readonly AbortedTransaction[] {
    const kept = this.#kept;
    this.#kept = [];
    return kept;
  }

  #beginUpTo({ baseOffset, lastOffsetDelta }: BatchHeader): void {
    for (;;) {
      const transaction = this.#aborted.at(-1);
      if (transaction === undefined || transaction.firstOffset > baseOffset + lastOffsetDelta)
        return;
      this.#aborted.pop();
      if (this.#ongoingAborted.has(transaction.producerId)) continue;
      this.#ongoingAborted.set(transaction.producerId, { transaction, hasRecords: false });
    }
  }
}

/** Aborted transactions that have records in [from, upTo), as the segments' indexes tell. */
export function abortedBetween(
  segments: readonly Segment[],
  from: number,
  upTo: number,
): readonly AbortedTransaction[] {
  return segments
    .flatMap((segment) => decodeTransactions(segment.readTransactions()))
    .filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < upTo);
}

/** Entries of a version that is not known, and what is no whole entry, are left out. */
export function decodeTransactions(bytes: Buffer): readonly AbortedTransaction[] {
  const transactions: AbortedTransaction[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    if (bytes.readInt16BE(at) !== VERSION) break;
    transactions.push({
      producerId: Number(bytes.readBigInt64BE(at + 2)),
      firstOffset: Number(bytes.readBigInt64BE(at + 10)),
      lastOffset: Number(bytes.readBigInt64BE(at + 18)),
      lastStableOffset: Number(bytes.readBigInt64BE(at + 26)),
    });
  }
  return transactions;
}

export function encodeTransactions(transactions: readonly AbortedTransaction[]): Buffer {
  const bytes = Buffer.alloc(transactions.length * ENTRY_BYTES);
  for (const [i, transaction] of transactions.entries()) {
    const { producerId, firstOffset, lastOffset, lastStableOffset } = transaction;
    const at = i * ENTRY_BYTES;
    bytes.writeInt16BE(VERSION, at);
    for (const [j, value] of [producerId, firstOffset, lastOffset, lastStableOffset].entries()) {
      bytes.writeBigInt64BE(BigInt(value), at + 2 + 8 * j);
    }
  }
  return bytes;
}

/** -1 for what is no marker. */
function markerType(bytes: Buffer, at: number): number {
  const key = recordsOf(bytes, at)[0]?.key;
  return key && key.length >= 4 ? key.readInt16BE(2) : -1;
}
