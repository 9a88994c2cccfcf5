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
} from "./batch.ts";
import { beginsAs, CompressionType } from "./compression.ts";
import { RecordsRefused } from "./framing.ts";
import { asksForRecords, PreparedBatch, type StoringRules, targetCodec } from "./prepared-batch.ts";
import { batchAround } from "./rebuild.ts";
import {
  checkMaxTimestamp,
  checkTimestampType,
  type RecordRules,
  walkRecords,
} from "./record-walk.ts";

export type Origin = "client" | "coordinator" | "replication";

/** What a topic asks of the records it takes, and who brings them. */
export interface ValidationRules extends RecordRules, StoringRules {
  readonly maxMessageBytes: number;
  /** Most bytes of one record that was compressed (`max.decompressed.message.bytes`). */
  readonly recordBytesMax: number;
  readonly origin: Origin;
}

export interface ValidatedBatch {
  /** One batch: what came, mended in place, or a new one where `compressionType` asks for it. */
  readonly bytes: Buffer;
  readonly header: BatchHeader;
  /** -1: the records keep their producer's times. */
  readonly logAppendTime: number;
}

/**
 * The rules of Kafka's UnifiedLog.analyzeAndValidateRecords and LogValidator for one batch, in their
 * order: base offset, size, CRC, header, then the records. A compressed batch is inflated where a rule
 * needs its records (a compacted topic its keys, another `compression.type` all of them) or the broker
 * is set to look into each.
 *
 * @param prepared what was done before, on other threads.
 * @throws RecordsRefused with the code Kafka answers.
 */
export function validateForAppend(
  records: Buffer,
  rules: ValidationRules,
  prepared: PreparedBatch = new PreparedBatch(),
): ValidatedBatch {
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
  return checkRecords(bytes, header, rules, prepared);
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

function checkRecords(
  bytes: Buffer,
  header: BatchHeader,
  rules: ValidationRules,
  prepared: PreparedBatch,
): ValidatedBatch {
  const codec = compressionOf(header.attributes);
  const isCompressed = codec !== CompressionType.NONE;
  checkCodec(codec, bytes);
  const target = targetCodec(header.attributes, rules);
  const isInPlace = target === codec;
  if (isCompressed && isInPlace && !asksForRecords(rules)) {
    checkMaxTimestamp(header, rules);
    return stamped(bytes, header, header.maxTimestamp, rules);
  }
  const body = isCompressed
    ? inflated(bytes, header, prepared)
    : bytes.subarray(BATCH_HEADER_BYTES);
  const { recordBytesMax } = rules;
  const maxTimestamp = walkRecords(body, header, rules, {
    isCompressed,
    isInPlace,
    recordBytesMax,
  });
  if (isInPlace) return stamped(bytes, header, maxTimestamp, rules);
  const rebuilt = prepared.rebuilt(body, header);
  const stored = prepared.stored(rebuilt, target, rules.compressionLevel);
  const { baseTimestamp } = rebuilt;
  const made = batchAround(stored, header, target, { baseTimestamp, maxTimestamp });
  checkSize(made.length, rules);
  return stamped(made, readBatchHeader(made, 0), maxTimestamp, rules);
}

/** What does not inflate is, to Kafka, an error like any other that it did not expect. */
function inflated(bytes: Buffer, header: BatchHeader, prepared: PreparedBatch): Buffer {
  try {
    return prepared.inflated(bytes, header);
  } catch (error) {
    throw refuse(ErrorCode.UNKNOWN_SERVER_ERROR, `records that do not inflate: ${error}`);
  }
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
  if (codec === CompressionType.NONE || beginsAs(codec, bytes.subarray(BATCH_HEADER_BYTES))) return;
  throw refuse(ErrorCode.UNKNOWN_SERVER_ERROR, `records in a form of codec ${codec} nobody reads`);
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
