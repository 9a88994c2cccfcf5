import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { readInt64, writeInt64 } from "../protocol/int64.ts";
import { crc32c } from "./crc32c.ts";

/**
 * A record batch of format 2 in place: where its fields are, and the few that a broker writes.
 *
 *      0  baseOffset            int64    23  lastOffsetDelta   int32
 *      8  length (from 12 on)   int32    27  baseTimestamp     int64
 *     12  partitionLeaderEpoch  int32    35  maxTimestamp      int64
 *     16  magic                 int8     43  producerId        int64
 *     17  crc32c (from 21 on)   uint32   51  producerEpoch     int16
 *     21  attributes            int16    53  baseSequence      int32
 *                                        57  record count      int32
 *                                        61  records, compressed as a whole
 */
export const BATCH_HEADER_BYTES = 61;
/** Base offset and length: what stands before the part that `length` counts. */
export const LOG_OVERHEAD_BYTES = 12;
export const MAGIC_V2 = 2;

const LENGTH_AT = 8;
const LEADER_EPOCH_AT = 12;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const BASE_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const PRODUCER_EPOCH_AT = 51;
const BASE_SEQUENCE_AT = 53;
const RECORD_COUNT_AT = 57;

const COMPRESSION_MASK = 0x07;
const LOG_APPEND_TIME_BIT = 0x08;
const TRANSACTIONAL_BIT = 0x10;
const CONTROL_BIT = 0x20;
const DELETE_HORIZON_BIT = 0x40;

export interface BatchHeader {
  readonly baseOffset: number;
  /** Of the whole batch, the 12 bytes of base offset and length among them. */
  readonly sizeInBytes: number;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** -1: the producer is not idempotent. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/**
 * @throws KafkaError CORRUPT_MESSAGE for fewer bytes than a header has, and for an offset or id
 *   that a number cannot hold; INVALID_TIMESTAMP for such a timestamp.
 */
export function readBatchHeader(bytes: Buffer, at: number): BatchHeader {
  if (bytes.length - at < BATCH_HEADER_BYTES) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `a batch of ${bytes.length - at} bytes`);
  }
  return {
    baseOffset: safe(readInt64(bytes, at), ErrorCode.CORRUPT_MESSAGE),
    sizeInBytes: sizeInBytesAt(bytes, at),
    partitionLeaderEpoch: leaderEpochAt(bytes, at),
    magic: magicAt(bytes, at),
    crc: crcAt(bytes, at),
    attributes: attributesAt(bytes, at),
    lastOffsetDelta: bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT),
    baseTimestamp: safe(readInt64(bytes, at + BASE_TIMESTAMP_AT), ErrorCode.INVALID_TIMESTAMP),
    maxTimestamp: safe(readInt64(bytes, at + MAX_TIMESTAMP_AT), ErrorCode.INVALID_TIMESTAMP),
    producerId: safe(readInt64(bytes, at + PRODUCER_ID_AT), ErrorCode.CORRUPT_MESSAGE),
    producerEpoch: bytes.readInt16BE(at + PRODUCER_EPOCH_AT),
    baseSequence: bytes.readInt32BE(at + BASE_SEQUENCE_AT),
    recordCount: bytes.readInt32BE(at + RECORD_COUNT_AT),
  };
}

function safe(value: number, code: ErrorCode): number {
  if (!Number.isSafeInteger(value)) throw new KafkaError(code, "a number beyond 2^53-1");
  return value;
}

export function baseOffsetAt(bytes: Buffer, at: number): number {
  return readInt64(bytes, at);
}

/** May be a lie until the batch has been checked: compare it with what is there. */
export function sizeInBytesAt(bytes: Buffer, at: number): number {
  return LOG_OVERHEAD_BYTES + bytes.readInt32BE(at + LENGTH_AT);
}

export function leaderEpochAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + LEADER_EPOCH_AT);
}

export function magicAt(bytes: Buffer, at: number): number {
  return bytes.readInt8(at + MAGIC_AT);
}

export function crcAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at + CRC_AT);
}

export function attributesAt(bytes: Buffer, at: number): number {
  return bytes.readInt16BE(at + ATTRIBUTES_AT);
}

export function lastOffsetAt(bytes: Buffer, at: number): number {
  return readInt64(bytes, at) + bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT);
}

export function maxTimestampAt(bytes: Buffer, at: number): number {
  return readInt64(bytes, at + MAX_TIMESTAMP_AT);
}

/** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 mean nothing. */
export function compressionOf(attributes: number): number {
  return attributes & COMPRESSION_MASK;
}

export function isLogAppendTime(attributes: number): boolean {
  return (attributes & LOG_APPEND_TIME_BIT) !== 0;
}

export function isTransactional(attributes: number): boolean {
  return (attributes & TRANSACTIONAL_BIT) !== 0;
}

export function isControl(attributes: number): boolean {
  return (attributes & CONTROL_BIT) !== 0;
}

/** Base timestamp holds the time from which the cleaner may drop tombstones (KIP-534). */
export function hasDeleteHorizon(attributes: number): boolean {
  return (attributes & DELETE_HORIZON_BIT) !== 0;
}

/** Whether the CRC is that of the batch. The batch must be there as a whole. */
export function isIntact(bytes: Buffer, at: number): boolean {
  return crc32c(bytes, at + ATTRIBUTES_AT, at + sizeInBytesAt(bytes, at)) === crcAt(bytes, at);
}

/** Writes what the leader decides. Both fields lie before the part that the CRC guards. */
export function stampOffsets(
  bytes: Buffer,
  at: number,
  baseOffset: number,
  leaderEpoch: number,
): void {
  writeInt64(bytes, baseOffset, at);
  bytes.writeInt32BE(leaderEpoch, at + LEADER_EPOCH_AT);
}

/** The broker's time becomes that of every record; the base timestamp stays as it came. */
export function stampLogAppendTime(bytes: Buffer, at: number, timestamp: number): void {
  bytes.writeInt16BE(attributesAt(bytes, at) | LOG_APPEND_TIME_BIT, at + ATTRIBUTES_AT);
  writeInt64(bytes, timestamp, at + MAX_TIMESTAMP_AT);
  sealBatch(bytes, at);
}

/** The records keep their producer's times, of which this is the largest. */
export function stampCreateTime(bytes: Buffer, at: number, maxTimestamp: number): void {
  bytes.writeInt16BE(attributesAt(bytes, at) & ~LOG_APPEND_TIME_BIT, at + ATTRIBUTES_AT);
  writeInt64(bytes, maxTimestamp, at + MAX_TIMESTAMP_AT);
  sealBatch(bytes, at);
}

/** Computes the CRC anew. */
export function sealBatch(bytes: Buffer, at: number): void {
  const crc = crc32c(bytes, at + ATTRIBUTES_AT, at + sizeInBytesAt(bytes, at));
  bytes.writeUInt32BE(crc, at + CRC_AT);
}

/** Writes a whole header, with the CRC, before records that are in place already. */
export function writeBatchHeader(bytes: Buffer, header: Omit<BatchHeader, "crc">): void {
  writeInt64(bytes, header.baseOffset, 0);
  bytes.writeInt32BE(header.sizeInBytes - LOG_OVERHEAD_BYTES, LENGTH_AT);
  bytes.writeInt32BE(header.partitionLeaderEpoch, LEADER_EPOCH_AT);
  bytes.writeInt8(header.magic, MAGIC_AT);
  bytes.writeInt16BE(header.attributes, ATTRIBUTES_AT);
  bytes.writeInt32BE(header.lastOffsetDelta, LAST_OFFSET_DELTA_AT);
  writeInt64(bytes, header.baseTimestamp, BASE_TIMESTAMP_AT);
  writeInt64(bytes, header.maxTimestamp, MAX_TIMESTAMP_AT);
  writeInt64(bytes, header.producerId, PRODUCER_ID_AT);
  bytes.writeInt16BE(header.producerEpoch, PRODUCER_EPOCH_AT);
  bytes.writeInt32BE(header.baseSequence, BASE_SEQUENCE_AT);
  bytes.writeInt32BE(header.recordCount, RECORD_COUNT_AT);
  sealBatch(bytes, 0);
}
