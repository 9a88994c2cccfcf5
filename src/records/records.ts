import { ErrorCode, KafkaError, kafkaErrorCausedBy } from "../protocol/errors.ts";
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  compressionOf,
  isLogAppendTime,
  MAGIC_V2,
  readBatchHeader,
  sizeInBytesAt,
  writeBatchHeader,
} from "./batch.ts";
import { compress, decompress, decompressLater } from "./compression.ts";
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

/** Most bytes that the records of a usual batch may inflate to. */
export const INFLATED_BYTES_MAX = 32 * 1024 * 1024;
/** Other threads have to be asked, which takes longer than inflating fewer bytes than this. */
const LARGE_BATCH_BYTES = 16 * 1024;
/** How much more may come out of a large batch than went in. */
const LARGE_RATIO_MAX = 8;

/**
 * Most bytes that the records of a batch of this size may inflate to. Data compresses tenfold, bombs a
 * thousandfold; a topic that allows batches of many megabytes means it.
 */
export function inflationLimit(sizeInBytes: number): number {
  return Math.max(INFLATED_BYTES_MAX, LARGE_RATIO_MAX * sizeInBytes);
}

const NO_HEADERS: readonly Header[] = [];

/** The positions of whole batches, one after the other; ends before one that is cut. */
export function* batchesIn(bytes: Buffer, from = 0): Generator<number> {
  let at = from;
  while (bytes.length - at >= BATCH_HEADER_BYTES) {
    const size = sizeInBytesAt(bytes, at);
    if (size < BATCH_HEADER_BYTES || size > bytes.length - at) return;
    yield at;
    at += size;
  }
}

/** The whole batches that the bytes begin with: the last one of a read may be cut. */
export function wholeBatches(bytes: Buffer): Buffer {
  let end = 0;
  for (const at of batchesIn(bytes)) end = at + sizeInBytesAt(bytes, at);
  return bytes.subarray(0, end);
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
    if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes behind the last`);
  } catch (error) {
    throw kafkaErrorCausedBy(error, ErrorCode.CORRUPT_MESSAGE, "a record that is not whole");
  }
  return records;
}

/** Where and when a record is. */
export interface RecordTime {
  readonly offset: number;
  readonly timestamp: number;
}

/**
 * The first record of a batch that `matches`, by offset and time alone. A large batch is inflated while
 * others are served.
 *
 * @throws KafkaError CORRUPT_MESSAGE, by rejecting.
 */
export async function findRecord(
  batch: Buffer,
  matches: (record: RecordTime) => boolean,
): Promise<RecordTime | undefined> {
  const header = readBatchHeader(batch, 0);
  const reader = new VarintReader(await inflatedLater(batch, header));
  const { attributes, baseOffset, baseTimestamp, maxTimestamp, recordCount } = header;
  try {
    for (let i = 0; i < recordCount; i++) {
      const end = reader.nextInt() + reader.position;
      reader.skip(1);
      const given = baseTimestamp + reader.next();
      const timestamp = isLogAppendTime(attributes) ? maxTimestamp : given;
      const record = { offset: baseOffset + reader.nextInt(), timestamp };
      if (matches(record)) return record;
      reader.skip(end - reader.position);
    }
  } catch (error) {
    throw kafkaErrorCausedBy(error, ErrorCode.CORRUPT_MESSAGE, "a record that is not whole");
  }
  return undefined;
}

async function inflatedLater(batch: Buffer, header: BatchHeader): Promise<Buffer> {
  const limit = inflationLimit(header.sizeInBytes);
  if (batch.length < header.sizeInBytes || batch.length < LARGE_BATCH_BYTES) {
    return recordBytes(batch, 0, limit);
  }
  const stored = batch.subarray(BATCH_HEADER_BYTES, header.sizeInBytes);
  return decompressLater(compressionOf(header.attributes), stored, limit);
}

/**
 * The records of the batch at `at` as bytes, inflated if they are compressed.
 *
 * @throws KafkaError CORRUPT_MESSAGE if the batch is not there as a whole, or does not inflate.
 */
export function recordBytes(bytes: Buffer, at: number, inflatedBytesMax: number): Buffer {
  const header = readBatchHeader(bytes, at);
  if (header.sizeInBytes < BATCH_HEADER_BYTES || header.sizeInBytes > bytes.length - at) {
    throw new KafkaError(
      ErrorCode.CORRUPT_MESSAGE,
      `a batch of ${header.sizeInBytes} bytes in ${bytes.length - at}`,
    );
  }
  const stored = bytes.subarray(at + BATCH_HEADER_BYTES, at + header.sizeInBytes);
  return decompress(compressionOf(header.attributes), stored, inflatedBytesMax);
}

function readRecord(reader: VarintReader, header: BatchHeader): Record {
  const size = reader.nextInt();
  const end = reader.position + size;
  reader.skip(1);
  const timestamp = header.baseTimestamp + reader.next();
  const offset = header.baseOffset + reader.nextInt();
  const key = readNullable(reader);
  const value = readNullable(reader);
  const headers = readHeaders(reader);
  if (reader.position !== end) throw new RangeError(`a record of another size than ${size}`);
  const { attributes, maxTimestamp } = header;
  // Also from a delete horizon, which a base timestamp may be, the deltas lead to the real times.
  return {
    offset,
    timestamp: isLogAppendTime(attributes) ? maxTimestamp : timestamp,
    key,
    value,
    headers,
  };
}

function readNullable(reader: VarintReader): Buffer | null {
  const length = reader.nextInt();
  return length < 0 ? null : reader.take(length);
}

function readHeaders(reader: VarintReader): readonly Header[] {
  const count = reader.nextInt();
  if (count === 0) return NO_HEADERS;
  // A header takes two bytes at least.
  if (count < 0 || count > reader.remaining / 2) throw new RangeError(`${count} headers`);
  return Array.from({ length: count }, () => {
    const key = reader.take(reader.nextInt()).toString("utf8");
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
