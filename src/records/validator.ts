import { ErrorCode } from "../protocol/errors.ts";
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  compressionOf,
  isControl,
  isIntact,
  isLogAppendTime,
  readBatchHeader,
  stampCreateTime,
  stampLogAppendTime,
  writeBatchHeader,
} from "./batch.ts";
import { CompressionType, compress } from "./compression.ts";
import { type RecordError, RecordsRefused } from "./framing.ts";
import { isReadableLz4 } from "./lz4-frame.ts";
import { walkPlain } from "./plain-records.ts";
import { INFLATED_BYTES_MAX, recordBytes } from "./records.ts";
import { VarintReader } from "./varint.ts";

export type Origin = "client" | "coordinator" | "replication";

/** What a topic asks of the records it takes, and who brings them. */
export interface ValidationRules {
  /** Name and index of the partition, for messages. */
  readonly partition: string;
  /** The broker's time, milliseconds. */
  readonly now: number;
  readonly timestampType: "CreateTime" | "LogAppendTime";
  /** How much older, and how much newer, than `now` a timestamp may be; milliseconds. */
  readonly beforeMaxMs: number;
  readonly afterMaxMs: number;
  readonly maxMessageBytes: number;
  /** Every record needs a key. */
  readonly compacted: boolean;
  /** "producer": as it came. */
  readonly compressionType: "producer" | "uncompressed" | "gzip" | "snappy" | "lz4" | "zstd";
  readonly compressionLevel?: number | undefined;
  readonly origin: Origin;
}

export interface ValidatedBatch {
  /** One batch: what came, mended in place, or a new one where `compressionType` asks for it. */
  readonly bytes: Buffer;
  readonly header: BatchHeader;
  /** -1: the records keep their producer's times. */
  readonly logAppendTime: number;
}

const CODECS: Readonly<Record<string, number>> = {
  uncompressed: CompressionType.NONE,
  gzip: CompressionType.GZIP,
  snappy: CompressionType.SNAPPY,
  lz4: CompressionType.LZ4,
  zstd: CompressionType.ZSTD,
};

/** How many record errors a message repeats. */
const TOLD_ERRORS_MAX = 3;
/** How many are listed: each is a sentence in the answer, and a batch holds a million records. */
const LISTED_ERRORS_MAX = 1000;

/**
 * The rules of Kafka's UnifiedLog.analyzeAndValidateRecords and LogValidator for one batch, in their
 * order: base offset, size, CRC, header, then the records. A compressed batch is inflated only where
 * a rule needs its records: a compacted topic its keys, another `compression.type` all of them.
 *
 * @throws RecordsRefused with the code Kafka answers.
 */
export function validateForAppend(records: Buffer, rules: ValidationRules): ValidatedBatch {
  const header = readBatchHeader(records, 0);
  if (rules.origin === "client" && header.baseOffset !== 0) {
    throw refuse(ErrorCode.INVALID_RECORD, `base offset ${header.baseOffset} instead of 0`);
  }
  const { sizeInBytes } = header;
  checkSize(sizeInBytes, rules);
  if (sizeInBytes < BATCH_HEADER_BYTES || sizeInBytes > records.length) {
    throw refuse(ErrorCode.CORRUPT_MESSAGE, `a batch of ${sizeInBytes} bytes`);
  }
  const bytes = sizeInBytes === records.length ? records : records.subarray(0, sizeInBytes);
  if (!isIntact(bytes, 0)) throw refuse(ErrorCode.CORRUPT_MESSAGE, "a batch whose CRC is wrong");
  checkHeader(header, rules.origin);
  checkTimestampType(header, rules);
  return checkRecords(bytes, header, rules);
}

function refuse(code: ErrorCode, message: string): RecordsRefused {
  return new RecordsRefused(code, message);
}

function checkHeader(header: BatchHeader, origin: Origin): void {
  const { recordCount, lastOffsetDelta, producerId, baseSequence } = header;
  if (recordCount <= 0 || recordCount !== lastOffsetDelta + 1) {
    throw refuse(
      ErrorCode.INVALID_RECORD,
      `a batch of ${recordCount} records whose last offset delta is ${lastOffsetDelta}`,
    );
  }
  if (origin !== "client") return;
  if (isControl(header.attributes)) {
    throw refuse(ErrorCode.INVALID_RECORD, "clients must not write control records");
  }
  if (producerId >= 0 && baseSequence < 0) {
    throw refuse(ErrorCode.INVALID_RECORD, `sequence ${baseSequence} of producer ${producerId}`);
  }
}

function checkRecords(bytes: Buffer, header: BatchHeader, rules: ValidationRules): ValidatedBatch {
  const codec = compressionOf(header.attributes);
  checkCodec(codec, bytes);
  const target =
    rules.compressionType === "producer" ? codec : (CODECS[rules.compressionType] ?? codec);
  if (codec !== CompressionType.NONE && target === codec && !asksForRecords(rules)) {
    if (!isTimely(header.maxTimestamp, rules)) {
      const message = untimely(header.maxTimestamp, 0, rules);
      throw timestampsRefused([{ batchIndex: 0, message }]);
    }
    return stamped(bytes, header, header.maxTimestamp, rules);
  }
  const body = recordBytes(bytes, 0, INFLATED_BYTES_MAX);
  const maxTimestamp = walkRecords(body, header, rules);
  if (target === codec) return stamped(bytes, header, maxTimestamp, rules);
  const made = recompressed(body, header, target, rules);
  checkSize(made.length, rules);
  return stamped(made, readBatchHeader(made, 0), maxTimestamp, rules);
}

/** Whether a rule looks at every record of a compressed batch: at its key, or how old it is. */
function asksForRecords(rules: ValidationRules): boolean {
  const mayBeTooOld = rules.timestampType === "CreateTime" && rules.now > rules.beforeMaxMs;
  return rules.compacted || mayBeTooOld;
}

function checkSize(sizeInBytes: number, { maxMessageBytes, partition }: ValidationRules): void {
  if (sizeInBytes <= maxMessageBytes) return;
  throw refuse(
    ErrorCode.MESSAGE_TOO_LARGE,
    `a batch of ${sizeInBytes} bytes, ${partition} takes ${maxMessageBytes}`,
  );
}

/** What Kafka's own decompressors cannot read is no consumer's to stumble over. */
function checkCodec(codec: number, bytes: Buffer): void {
  const isReadable =
    codec <= CompressionType.ZSTD &&
    (codec !== CompressionType.LZ4 || isReadableLz4(bytes.subarray(BATCH_HEADER_BYTES)));
  if (!isReadable) {
    throw refuse(
      ErrorCode.UNKNOWN_SERVER_ERROR,
      `records in a form of codec ${codec} nobody reads`,
    );
  }
}

/** What is wrong with single records. */
interface Findings {
  readonly errors: RecordError[];
  /** How many records are refused, those that are not listed among them. */
  count: number;
  hasInvalidTimestamp: boolean;
}

/** Looks at every record as a consumer will. Gives back the largest timestamp. */
function walkRecords(body: Buffer, header: BatchHeader, rules: ValidationRules): number {
  const plain = walkPlain(body, header.recordCount, rules.compacted);
  if (plain !== undefined) {
    const largest = header.baseTimestamp + plain.largest;
    const smallest = header.baseTimestamp + plain.smallest;
    const areTimely = isTimely(smallest, rules) && isTimely(largest, rules);
    // A record without a time, -1, is always timely; those between it and the others need not be.
    if (areTimely && smallest >= 0) return largest;
  }
  return walkOneByOne(body, header, rules);
}

/** The same for records of every kind, with what is wrong with which of them. */
function walkOneByOne(body: Buffer, header: BatchHeader, rules: ValidationRules): number {
  const reader = new VarintReader(body);
  const findings: Findings = { errors: [], count: 0, hasInvalidTimestamp: false };
  let maxTimestamp = -1;
  try {
    for (let i = 0; i < header.recordCount; i++) {
      const size = reader.nextInt();
      const end = reader.position + size;
      reader.skip(1);
      const timestamp = header.baseTimestamp + reader.next();
      reader.nextInt();
      const keyBytes = reader.skipNullable();
      reader.skipNullable();
      skipHeaders(reader);
      if (reader.position !== end) throw new RangeError(`a record of other than ${size} bytes`);
      if (timestamp > maxTimestamp) maxTimestamp = timestamp;
      if (rules.compacted && keyBytes < 0) addKeyless(findings, i, rules);
      else if (!isTimely(timestamp, rules)) addUntimely(findings, i, timestamp, rules);
    }
    if (reader.remaining !== 0) throw new RangeError(`${reader.remaining} bytes behind the last`);
  } catch (error) {
    throw refuse(ErrorCode.INVALID_RECORD, (error as Error).message);
  }
  if (findings.count > 0) throw rejected(findings);
  return maxTimestamp;
}

function skipHeaders(reader: VarintReader): void {
  const count = reader.nextInt();
  if (count < 0 || count > reader.remaining) throw new RangeError(`${count} headers`);
  for (let i = 0; i < count; i++) {
    if (reader.skipNullable() < 0) throw new RangeError("a header without a key");
    reader.skipNullable();
  }
}

function addKeyless(findings: Findings, batchIndex: number, { partition }: ValidationRules): void {
  add(findings, batchIndex, `A compacted topic takes no record without a key: ${partition}`);
}

function addUntimely(
  findings: Findings,
  batchIndex: number,
  timestamp: number,
  rules: ValidationRules,
): void {
  findings.hasInvalidTimestamp = true;
  add(findings, batchIndex, untimely(timestamp, batchIndex, rules));
}

function add(findings: Findings, batchIndex: number, message: string): void {
  findings.count += 1;
  if (findings.errors.length < LISTED_ERRORS_MAX) findings.errors.push({ batchIndex, message });
}

/** One wrong timestamp decides the code for all, as in Kafka. */
function rejected({ errors, count, hasInvalidTimestamp }: Findings): RecordsRefused {
  if (hasInvalidTimestamp) return timestampsRefused(errors);
  const told = errors.slice(0, TOLD_ERRORS_MAX).map(({ batchIndex, message }) => {
    return `record ${batchIndex}: ${message}`;
  });
  const clientMessage = `${count} records were refused, among them ${told.join("; ")}`;
  return new RecordsRefused(ErrorCode.INVALID_RECORD, clientMessage, {
    clientMessage,
    recordErrors: errors,
  });
}

/** A producer must not say that the broker has given the times, unless they count for nothing. */
function checkTimestampType(header: BatchHeader, { timestampType, origin }: ValidationRules): void {
  const claimsBrokersTime = isLogAppendTime(header.attributes);
  if (timestampType !== "LogAppendTime" || !claimsBrokersTime || origin !== "client") return;
  throw new RecordsRefused(ErrorCode.INVALID_TIMESTAMP, "a producer's batch in LogAppendTime", {
    clientMessage: "A record has a kind of timestamp that producers must not set",
    recordErrors: [{ batchIndex: 0, message: "a producer must not set LogAppendTime" }],
  });
}

function isTimely(timestamp: number, rules: ValidationRules): boolean {
  const { now, beforeMaxMs, afterMaxMs } = rules;
  return (
    (timestamp - now <= afterMaxMs && now - timestamp <= beforeMaxMs) ||
    timestamp === -1 ||
    rules.timestampType === "LogAppendTime"
  );
}

function untimely(timestamp: number, batchIndex: number, rules: ValidationRules): string {
  const { now, beforeMaxMs, afterMaxMs } = rules;
  return `Timestamp ${timestamp} of record ${batchIndex} is outside [${now - beforeMaxMs}, ${now + afterMaxMs}]`;
}

function timestampsRefused(recordErrors: readonly RecordError[]): RecordsRefused {
  const message = recordErrors[0]?.message ?? "a timestamp is out of range";
  return new RecordsRefused(ErrorCode.INVALID_TIMESTAMP, message, {
    clientMessage: "A record's timestamp is out of range",
    recordErrors,
  });
}

/** Puts in the header what the topic says about time; the CRC is computed anew only if need be. */
function stamped(
  bytes: Buffer,
  header: BatchHeader,
  maxTimestamp: number,
  rules: ValidationRules,
): ValidatedBatch {
  if (rules.timestampType === "LogAppendTime") {
    stampLogAppendTime(bytes, 0, rules.now);
    return { bytes, header: readBatchHeader(bytes, 0), logAppendTime: rules.now };
  }
  if (!isLogAppendTime(header.attributes) && header.maxTimestamp === maxTimestamp) {
    return { bytes, header, logAppendTime: -1 };
  }
  stampCreateTime(bytes, 0, maxTimestamp);
  return { bytes, header: readBatchHeader(bytes, 0), logAppendTime: -1 };
}

function recompressed(
  body: Buffer,
  header: BatchHeader,
  codec: number,
  rules: ValidationRules,
): Buffer {
  const stored = compress(codec, body, rules.compressionLevel);
  const bytes = Buffer.allocUnsafe(BATCH_HEADER_BYTES + stored.length);
  stored.copy(bytes, BATCH_HEADER_BYTES);
  const attributes = (header.attributes & ~7) | codec;
  writeBatchHeader(bytes, { ...header, attributes, sizeInBytes: bytes.length });
  return bytes;
}
