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
import { isReadableLz4 } from "./lz4.ts";
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
  if (header.sizeInBytes > rules.maxMessageBytes) {
    throw refuse(
      ErrorCode.MESSAGE_TOO_LARGE,
      `a batch of ${header.sizeInBytes} bytes, ${rules.partition} takes ${rules.maxMessageBytes}`,
    );
  }
  const bytes =
    header.sizeInBytes === records.length ? records : records.subarray(0, header.sizeInBytes);
  if (header.sizeInBytes > records.length || !isIntact(bytes, 0)) {
    throw refuse(ErrorCode.CORRUPT_MESSAGE, "a batch whose CRC is wrong");
  }
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
  const needsRecords = codec === CompressionType.NONE || rules.compacted || target !== codec;
  if (!needsRecords) {
    checkTimestamp(header.maxTimestamp, 0, rules);
    return stamped(bytes, header, header.maxTimestamp, rules);
  }
  const body = recordBytes(bytes, 0, INFLATED_BYTES_MAX);
  const maxTimestamp = walkRecords(body, header, rules);
  const kept = target === codec ? bytes : recompressed(body, header, target, rules);
  return stamped(kept, header, maxTimestamp, rules);
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

/** Looks at every record. Gives back the largest timestamp. */
function walkRecords(body: Buffer, header: BatchHeader, rules: ValidationRules): number {
  const reader = new VarintReader(body);
  const keyless: RecordError[] = [];
  let maxTimestamp = -1;
  try {
    for (let i = 0; i < header.recordCount; i++) {
      const size = reader.next();
      const end = reader.position + size;
      if (size < 0 || size > reader.remaining) throw new RangeError(`a record of ${size} bytes`);
      reader.skip(1);
      const timestamp = header.baseTimestamp + reader.next();
      if (timestamp > maxTimestamp) maxTimestamp = timestamp;
      checkTimestamp(timestamp, i, rules);
      if (rules.compacted && isKeyless(reader)) keyless.push(keylessError(i, rules));
      reader.position = end;
    }
  } catch (error) {
    if (error instanceof RangeError) throw refuse(ErrorCode.INVALID_RECORD, error.message);
    throw error;
  }
  if (reader.remaining !== 0) {
    throw refuse(ErrorCode.INVALID_RECORD, `${reader.remaining} bytes behind the last record`);
  }
  if (keyless.length > 0) throw rejected(keyless);
  return maxTimestamp;
}

function isKeyless(reader: VarintReader): boolean {
  reader.next();
  return reader.next() < 0;
}

function keylessError(batchIndex: number, { partition }: ValidationRules): RecordError {
  return {
    batchIndex,
    message: `A compacted topic takes no record without a key: ${partition}`,
  };
}

function rejected(errors: readonly RecordError[]): RecordsRefused {
  const told = errors.slice(0, TOLD_ERRORS_MAX).map(({ batchIndex, message }) => {
    return `record ${batchIndex}: ${message}`;
  });
  const clientMessage = `${errors.length} records were refused, among them ${told.join("; ")}`;
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

function checkTimestamp(timestamp: number, batchIndex: number, rules: ValidationRules): void {
  if (rules.timestampType === "LogAppendTime" || timestamp === -1) return;
  const { now, beforeMaxMs, afterMaxMs } = rules;
  if (timestamp - now <= afterMaxMs && now - timestamp <= beforeMaxMs) return;
  const message = `Timestamp ${timestamp} of record ${batchIndex} is outside [${now - beforeMaxMs}, ${now + afterMaxMs}]`;
  throw new RecordsRefused(ErrorCode.INVALID_TIMESTAMP, message, {
    clientMessage: "A record's timestamp is out of range",
    recordErrors: [{ batchIndex, message }],
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
  if (isLogAppendTime(header.attributes) || header.maxTimestamp !== maxTimestamp) {
    stampCreateTime(bytes, 0, maxTimestamp);
  }
  const isSame = bytes.length === header.sizeInBytes && header.maxTimestamp === maxTimestamp;
  return { bytes, header: isSame ? header : readBatchHeader(bytes, 0), logAppendTime: -1 };
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
