import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  attributesAt,
  BATCH_HEADER_BYTES,
  compressionOf,
  LOG_OVERHEAD_BYTES,
  MAGIC_V2,
  magicAt,
  sizeInBytesAt,
} from "./batch.ts";
import { CompressionType } from "./compression.ts";

export interface RecordError {
  /** Place of the record in its batch, from 0. */
  readonly batchIndex: number;
  readonly message: string | null;
}

/** Records that a producer must not send like this. */
export class RecordsRefused extends KafkaError {
  override readonly name = "RecordsRefused";
  /** Which records, where Kafka says it; else empty. */
  readonly recordErrors: readonly RecordError[];
  /** What the client is told; null where Kafka tells only the code. */
  readonly clientMessage: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    told: { clientMessage?: string; recordErrors?: readonly RecordError[] } = {},
  ) {
    super(code, message);
    this.clientMessage = told.clientMessage ?? null;
    this.recordErrors = told.recordErrors ?? [];
  }
}

/** First version of Produce that may carry zstd (KIP-110). */
const ZSTD_VERSION = 7;
/** A record batch begins with what a message of the oldest format has, too. */
const RECORD_OVERHEAD_BYTES_MIN = 14;
const UP_TO_MAGIC_BYTES = 17;

/**
 * What is checked before any log is asked: one batch, in format 2, in a codec that the request's
 * version may carry (Kafka's ProduceRequest.validateRecords). Bytes behind it that are no whole batch
 * do not count.
 *
 * @throws RecordsRefused INVALID_RECORD, CORRUPT_MESSAGE or UNSUPPORTED_COMPRESSION_TYPE.
 */
export function checkFraming(records: Buffer | null, requestVersion: number): void {
  if (records === null || nextBatchBytes(records, 0) === 0) {
    throw new RecordsRefused(ErrorCode.INVALID_RECORD, "no whole record batch");
  }
  if (magicAt(records, 0) !== MAGIC_V2) {
    throw new RecordsRefused(ErrorCode.INVALID_RECORD, `message format ${magicAt(records, 0)}`);
  }
  const size = nextBatchBytes(records, 0);
  if (size < records.length && nextBatchBytes(records, size) > 0) {
    throw new RecordsRefused(ErrorCode.INVALID_RECORD, "more than one record batch");
  }
  if (size < BATCH_HEADER_BYTES) {
    throw new RecordsRefused(ErrorCode.CORRUPT_MESSAGE, `a batch of ${size} bytes`);
  }
  const codec = compressionOf(attributesAt(records, 0));
  if (codec === CompressionType.ZSTD && requestVersion < ZSTD_VERSION) {
    throw new RecordsRefused(
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
      `zstd in Produce v${requestVersion}`,
    );
  }
}

/** Size of the whole batch at `at`; 0 if what is there is no whole one. */
function nextBatchBytes(bytes: Buffer, at: number): number {
  const left = bytes.length - at;
  if (left < LOG_OVERHEAD_BYTES) return 0;
  const size = sizeInBytesAt(bytes, at);
  if (size - LOG_OVERHEAD_BYTES < RECORD_OVERHEAD_BYTES_MIN) {
    throw new RecordsRefused(ErrorCode.CORRUPT_MESSAGE, `a batch of ${size} bytes`, {
      clientMessage: `Record batch of ${size} bytes is smaller than any can be`,
    });
  }
  if (left < UP_TO_MAGIC_BYTES) return 0;
  const magic = magicAt(bytes, at);
  if (magic < 0 || magic > MAGIC_V2) {
    throw new RecordsRefused(ErrorCode.CORRUPT_MESSAGE, `message format ${magic}`, {
      clientMessage: `Invalid magic found in record: ${magic}`,
    });
  }
  return size > left ? 0 : size;
}
