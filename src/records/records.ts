import { ErrorCode, kafkaErrorCausedBy } from "../protocol/errors.ts";
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  compressionOf,
  hasDeleteHorizon,
  isLogAppendTime,
  MAGIC_V2,
  readBatchHeader,
  sizeInBytesAt,
  writeBatchHeader,
} from "./batch.ts";
import { compress, decompress } from "./compression.ts";
import { VarintReader, varintSize, writeVarint } from "./varint.ts";

export interface Header {
  readonly key: string;
  readonly value: Buffer | null;
}

export interface Record {
  readonly offset: number;
  /** Milliseconds since the epoch; -1: the producer gave none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

/** Most bytes that the records of one batch may inflate to. */
export const INFLATED_BYTES_MAX = 128 * 1024 * 1024;

const NO_HEADERS: readonly Header[] = [];

/** The positions of whole batches, one after the other; ends before one that is cut. */
export function* batchesIn(bytes: Buffer): Generator<number> {
  let at = 0;
  while (bytes.length - at >= BATCH_HEADER_BYTES) {
    const size = sizeInBytesAt(bytes, at);
    if (size < BATCH_HEADER_BYTES || size > bytes.length - at) return;
    yield at;
    at += size;
  }
}

/**
 * The records of the batch at `at`, with their real offsets and timestamps.
 *
 * @throws KafkaError CORRUPT_MESSAGE where they are not what the header says.
 */
export function recordsOf(
  bytes: Buffer,
  at = 0,
  inflatedBytesMax: number = INFLATED_BYTES_MAX,
): Record[] {
  const header = readBatchHeader(bytes, at);
  const body = recordBytes(bytes, at, inflatedBytesMax);
  const reader = new VarintReader(body);
  const records: Record[] = [];
  try {
    for (let i = 0; i < header.recordCount; i++) records.push(readRecord(reader, header));
  } catch (error) {
    throw kafkaErrorCausedBy(error, ErrorCode.CORRUPT_MESSAGE, "a record that is not whole");
  }
  return records;
}

/** The records of the batch at `at` as bytes, inflated if they are compressed. */
export function recordBytes(bytes: Buffer, at: number, inflatedBytesMax: number): Buffer {
  const header = readBatchHeader(bytes, at);
  const stored = bytes.subarray(at + BATCH_HEADER_BYTES, at + header.sizeInBytes);
  return decompress(compressionOf(header.attributes), stored, inflatedBytesMax);
}

function readRecord(reader: VarintReader, header: BatchHeader): Record {
  const size = reader.next();
  const end = reader.position + size;
  reader.skip(1);
  const timestamp = header.baseTimestamp + reader.next();
  const offset = header.baseOffset + reader.next();
  const key = readNullable(reader);
  const value = readNullable(reader);
  const headers = readHeaders(reader);
  if (reader.position !== end) throw new RangeError(`a record of another size than ${size}`);
  return { offset, timestamp: timestampOf(timestamp, header), key, value, headers };
}

/** The base timestamp of a batch with a delete horizon is the horizon: its records know no time. */
function timestampOf(timestamp: number, { attributes, maxTimestamp }: BatchHeader): number {
  if (isLogAppendTime(attributes)) return maxTimestamp;
  return hasDeleteHorizon(attributes) ? Math.min(timestamp, maxTimestamp) : timestamp;
}

function readNullable(reader: VarintReader): Buffer | null {
  const length = reader.next();
  return length === -1 ? null : reader.take(length);
}

function readHeaders(reader: VarintReader): readonly Header[] {
  const count = reader.next();
  if (count === 0) return NO_HEADERS;
  // A header takes two bytes at least.
  if (count < 0 || count > reader.remaining / 2) throw new RangeError(`${count} headers`);
  return Array.from({ length: count }, () => {
    const key = reader.take(reader.next()).toString("utf8");
    return { key, value: readNullable(reader) };
  });
}

export interface NewRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp?: number | undefined;
  readonly headers?: readonly Header[] | undefined;
}

export interface NewBatch {
  readonly records: readonly NewRecord[];
  /** Of records that do not have their own; milliseconds. */
  readonly timestamp: number;
  readonly baseOffset?: number | undefined;
  readonly leaderEpoch?: number | undefined;
  readonly producerId?: number | undefined;
  readonly producerEpoch?: number | undefined;
  readonly baseSequence?: number | undefined;
  /** As in {@link compressionOf}. */
  readonly compression?: number | undefined;
  readonly compressionLevel?: number | undefined;
  readonly transactional?: boolean | undefined;
  readonly control?: boolean | undefined;
}

/** One batch in format 2, as a producer would build it. */
export function buildBatch(batch: NewBatch): Buffer {
  const codec = batch.compression ?? 0;
  const times = batch.records.map(({ timestamp }) => timestamp ?? batch.timestamp);
  const baseTimestamp = times[0] ?? batch.timestamp;
  const body = encodeRecords(batch.records, times, baseTimestamp);
  const stored = codec === 0 ? body : compress(codec, body, batch.compressionLevel);
  const bytes = Buffer.allocUnsafe(BATCH_HEADER_BYTES + stored.length);
  stored.copy(bytes, BATCH_HEADER_BYTES);
  writeBatchHeader(bytes, {
    baseOffset: batch.baseOffset ?? 0,
    sizeInBytes: bytes.length,
    partitionLeaderEpoch: batch.leaderEpoch ?? -1,
    magic: MAGIC_V2,
    attributes:
      codec | (batch.transactional === true ? 0x10 : 0) | (batch.control === true ? 0x20 : 0),
    lastOffsetDelta: batch.records.length - 1,
    baseTimestamp,
    maxTimestamp: times.reduce((max, time) => Math.max(max, time), times[0] ?? batch.timestamp),
    producerId: batch.producerId ?? -1,
    producerEpoch: batch.producerEpoch ?? -1,
    baseSequence: batch.baseSequence ?? -1,
    recordCount: batch.records.length,
  });
  return bytes;
}

function encodeRecords(
  records: readonly NewRecord[],
  times: readonly number[],
  baseTimestamp: number,
): Buffer {
  return Buffer.concat(
    records.map((record, i) => encodeRecord(record, i, (times[i] as number) - baseTimestamp)),
  );
}

function encodeRecord(record: NewRecord, offsetDelta: number, timestampDelta: number): Buffer {
  const headers = (record.headers ?? NO_HEADERS).map(({ key, value }) => ({
    key: Buffer.from(key, "utf8"),
    value,
  }));
  let size = 1 + varintSize(timestampDelta) + varintSize(offsetDelta);
  size += nullableSize(record.key) + nullableSize(record.value) + varintSize(headers.length);
  for (const { key, value } of headers) size += nullableSize(key) + nullableSize(value);
  const bytes = Buffer.allocUnsafe(varintSize(size) + size);
  let at = writeVarint(bytes, size, 0);
  bytes[at++] = 0;
  at = writeVarint(bytes, timestampDelta, at);
  at = writeVarint(bytes, offsetDelta, at);
  at = writeNullable(bytes, record.key, at);
  at = writeNullable(bytes, record.value, at);
  at = writeVarint(bytes, headers.length, at);
  for (const { key, value } of headers) {
    at = writeNullable(bytes, key, at);
    at = writeNullable(bytes, value, at);
  }
  return bytes;
}

function nullableSize(value: Buffer | null): number {
  return value === null ? 1 : varintSize(value.length) + value.length;
}

function writeNullable(bytes: Buffer, value: Buffer | null, at: number): number {
  if (value === null) return writeVarint(bytes, -1, at);
  const after = writeVarint(bytes, value.length, at);
  return after + value.copy(bytes, after);
}
