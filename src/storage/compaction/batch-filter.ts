import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  compressionOf,
  hasDeleteHorizon,
  isControl,
  isLogAppendTime,
  writeBatchHeader,
} from "../../records/batch.ts";
import { CompressionType, compress, compressLater } from "../../records/compression.ts";
import { varintSize, writeVarint } from "../../records/varint.ts";
import type { BatchOutput } from "./batch-output.ts";
import { QUICK_CODEC_BYTES, type StoredBatch } from "./batch-reader.ts";
import type { OffsetMap } from "./offset-map.ts";
import { RecordCursor } from "./record-cursor.ts";
import type { TransactionView } from "./transactions.ts";

/** What a producer that may still send did last. */
export interface LastRecord {
  /** -1: it sent no records since the marker that is its last word. */
  readonly lastDataOffset: number;
  readonly producerEpoch: number;
}

/** What holds for one pass over a log. */
export interface FilterRules {
  readonly keys: OffsetMap;
  readonly nowMs: number;
  /** How long a tombstone stays once it was seen by a pass. */
  readonly deleteRetentionMs: number;
  /** The first offset that is not cleaned: the batch before it stays, for the log to keep its end. */
  readonly upTo: number;
  readonly lastRecords: ReadonlyMap<number, LastRecord>;
  readonly transactions: TransactionView;
}

/** Numbers noted of each record that stays. */
const START = 0;
const AFTER_TIMESTAMP = 1;
const END = 2;
const TIMESTAMP = 3;
const NUMBERS = 4;

const NO_TIMESTAMP = -1;
const COMPRESSION_AND_HORIZON = 0x47;
const HORIZON_BIT = 0x40;

/**
 * Decides which records of a batch stay, and makes the batch that holds them (Kafka's Cleaner and
 * MemoryRecords.filterTo): offsets, sequence and epochs are what they were; count, timestamps and CRC
 * are those of the records that stay.
 */
export class BatchFilter {
  readonly #rules: FilterRules;
  readonly #out: BatchOutput;
  readonly #cursor = new RecordCursor();
  /** {@link NUMBERS} for each record that stays, of `#keptCount`; the array is used again. */
  readonly #kept: number[] = [];
  #keptCount = 0;
  #hasTombstone = false;

  /** @param out where what stays is written to. */
  constructor(rules: FilterRules, out: BatchOutput) {
    this.#rules = rules;
    this.#out = out;
  }

  /**
   * @returns the header of what stays, a promise where it is compressed while others are served;
   *   undefined if nothing does.
   * @throws KafkaError CORRUPT_MESSAGE for records that are not what the header says.
   */
  filter(batch: StoredBatch): BatchHeader | undefined | Promise<BatchHeader> {
    const { bytes, at, header, body } = batch;
    const isMarker = isControl(header.attributes);
    const { transactions } = this.#rules;
    const isDiscarded = isMarker
      ? transactions.isSpent(header, bytes, at)
      : transactions.isAborted(header);
    if (isDiscarded && (!isMarker || this.#isPastHorizon(header))) return this.#emptied(header);
    this.#choose(body, header, isMarker);
    if (this.#keptCount === 0) return this.#emptied(header);
    const horizonMs = horizonOf(header);
    const isDelayed = this.#hasTombstone || (isMarker && isDiscarded);
    const newHorizonMs = horizonMs ?? (isDelayed ? this.#horizonFromNow() : undefined);
    if (this.#keptCount === header.recordCount && newHorizonMs === horizonMs) {
      this.#out.copy(bytes, at, at + header.sizeInBytes);
      return header;
    }
    return this.#rewritten(body, header, newHorizonMs);
  }

  /** Tombstones and spent markers of the batch have been there for long enough. */
  #isPastHorizon(header: BatchHeader): boolean {
    return (horizonOf(header) ?? Number.POSITIVE_INFINITY) <= this.#rules.nowMs;
  }

  #horizonFromNow(): number {
    return this.#rules.nowMs + this.#rules.deleteRetentionMs;
  }

  /** What is left of a batch without records. */
  #emptied(header: BatchHeader): BatchHeader | undefined {
    if (!this.#mustStay(header)) return undefined;
    return this.#seal(this.#out.room(BATCH_HEADER_BYTES), {
      ...header,
      attributes: header.attributes & ~COMPRESSION_AND_HORIZON,
      baseTimestamp: NO_TIMESTAMP,
      recordCount: 0,
    });
  }

  /** Something of it must be left, if only the header: it tells what would be forgotten. */
  #mustStay(header: BatchHeader): boolean {
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    if (lastOffset + 1 === this.#rules.upTo) return true;
    if (header.producerId < 0) return false;
    const last = this.#rules.lastRecords.get(header.producerId);
    if (last === undefined) return false;
    if (last.lastDataOffset >= 0) return lastOffset === last.lastDataOffset;
    return isControl(header.attributes) && header.producerEpoch === last.producerEpoch;
  }

  /** Notes which records stay. */
  #choose(body: Buffer, header: BatchHeader, isMarker: boolean): void {
    const cursor = this.#cursor;
    const isBrokersTime = isLogAppendTime(header.attributes);
    const areDeletesKept = !this.#isPastHorizon(header);
    this.#keptCount = 0;
    this.#hasTombstone = false;
    cursor.begin(body, header.recordCount);
    while (cursor.next()) {
      if (!isMarker && !this.#stays(header.baseOffset + cursor.offsetDelta, areDeletesKept)) {
        continue;
      }
      const note = this.#keptCount * NUMBERS;
      this.#kept[note + START] = cursor.start;
      this.#kept[note + AFTER_TIMESTAMP] = cursor.afterTimestamp;
      this.#kept[note + END] = cursor.end;
      this.#kept[note + TIMESTAMP] = isBrokersTime
        ? header.maxTimestamp
        : header.baseTimestamp + cursor.timestampDelta;
      this.#keptCount += 1;
      if (!cursor.hasValue) this.#hasTombstone = true;
    }
  }

  /** Whether the record at the cursor is the newest of its key, and no tombstone that has had its time. */
  #stays(offset: number, areDeletesKept: boolean): boolean {
    const { keys } = this.#rules;
    if (offset > keys.latestOffset) return true;
    const cursor = this.#cursor;
    if (!cursor.hasKey || !(cursor.hasValue || areDeletesKept)) return false;
    return offset >= keys.get(cursor.bytes, cursor.key);
  }

  #rewritten(
    body: Buffer,
    header: BatchHeader,
    horizonMs: number | undefined,
  ): BatchHeader | Promise<BatchHeader> {
    const { attributes } = header;
    const codec = compressionOf(attributes);
    const baseTimestamp = horizonMs ?? (this.#kept[TIMESTAMP] as number);
    const isSameBase = baseTimestamp === header.baseTimestamp && !isLogAppendTime(attributes);
    const next = {
      ...header,
      attributes: horizonMs === undefined ? attributes : attributes | HORIZON_BIT,
      baseTimestamp,
      maxTimestamp: isLogAppendTime(attributes) ? header.maxTimestamp : this.#maxTimestamp(),
      recordCount: this.#keptCount,
    };
    const room = BATCH_HEADER_BYTES + (isSameBase ? body.length : this.#rebasedRoom(baseTimestamp));
    const isPlain = codec === CompressionType.NONE;
    const into = isPlain ? this.#out.room(room) : Buffer.allocUnsafe(room);
    const end = isSameBase ? this.#copy(body, into) : this.#rebase(body, into, baseTimestamp);
    if (isPlain) return this.#seal(into.subarray(0, end), next);
    const records = into.subarray(BATCH_HEADER_BYTES, end);
    if (end <= QUICK_CODEC_BYTES) return this.#sealCompressed(compress(codec, records), next);
    return compressLater(codec, records).then((stored) => this.#sealCompressed(stored, next));
  }

  #sealCompressed(stored: Buffer, header: BatchHeader): BatchHeader {
    const batch = this.#out.room(BATCH_HEADER_BYTES + stored.length);
    stored.copy(batch, BATCH_HEADER_BYTES);
    return this.#seal(batch, header);
  }

  /** Writes the header before records that are in place in the output. */
  #seal(batch: Buffer, fields: BatchHeader): BatchHeader {
    const header = { ...fields, sizeInBytes: batch.length };
    writeBatchHeader(batch, header);
    this.#out.add(batch.length);
    return header;
  }

  #maxTimestamp(): number {
    let max = NO_TIMESTAMP;
    for (let i = 0; i < this.#keptCount; i++) {
      max = Math.max(max, this.#kept[i * NUMBERS + TIMESTAMP] as number);
    }
    return max;
  }

  /** Puts the records that stay behind a header, as they are. @returns where they end. */
  #copy(body: Buffer, into: Buffer): number {
    let end = BATCH_HEADER_BYTES;
    for (let i = 0; i < this.#keptCount; i++) {
      const start = this.#kept[i * NUMBERS + START] as number;
      end += body.copy(into, end, start, this.#kept[i * NUMBERS + END]);
    }
    return end;
  }

  /** The same, with their times counted from another one. */
  #rebase(body: Buffer, into: Buffer, baseTimestamp: number): number {
    let end = BATCH_HEADER_BYTES;
    for (let i = 0; i < this.#keptCount; i++) {
      const note = i * NUMBERS;
      end = writeVarint(into, rebasedSize(this.#kept, note, baseTimestamp), end);
      into[end++] = 0;
      end = writeVarint(into, (this.#kept[note + TIMESTAMP] as number) - baseTimestamp, end);
      end += body.copy(into, end, this.#kept[note + AFTER_TIMESTAMP], this.#kept[note + END]);
    }
    return end;
  }

  #rebasedRoom(baseTimestamp: number): number {
    let room = 0;
    for (let i = 0; i < this.#keptCount; i++) {
      room += MOST_LENGTH_BYTES + rebasedSize(this.#kept, i * NUMBERS, baseTimestamp);
    }
    return room;
  }
}

const MOST_LENGTH_BYTES = 5;

/** Bytes of a record behind its length: attributes, timestamp, and what stays as it is. */
function rebasedSize(kept: readonly number[], note: number, baseTimestamp: number): number {
  const rest = (kept[note + END] as number) - (kept[note + AFTER_TIMESTAMP] as number);
  return 1 + varintSize((kept[note + TIMESTAMP] as number) - baseTimestamp) + rest;
}

/** From when on its tombstones may go; undefined: no pass has seen them yet. */
function horizonOf({ attributes, baseTimestamp }: BatchHeader): number | undefined {
  return hasDeleteHorizon(attributes) ? baseTimestamp : undefined;
}
