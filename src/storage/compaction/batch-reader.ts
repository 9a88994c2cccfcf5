import { ErrorCode, KafkaError } from "../../protocol/errors.ts";
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  compressionOf,
  isIntact,
  MAGIC_V2,
  magicAt,
  readBatchHeader,
  sizeInBytesAt,
} from "../../records/batch.ts";
import { CompressionType, decompress, decompressLater } from "../../records/compression.ts";
import { inflationLimit, wholeBatches } from "../../records/records.ts";
import type { Segment } from "../segment.ts";

/** Up to here it takes less to inflate or compress than to hand it to another thread. */
export const QUICK_CODEC_BYTES = 16 * 1024;

/** Reads segments from front to back, as many whole batches at a time as fit into its buffer. */
export class BatchReader {
  readonly #bytesMax: number;
  #buffer: Buffer;

  constructor(bytesMax: number) {
    this.#bytesMax = Math.max(bytesMax, BATCH_HEADER_BYTES);
    this.#buffer = Buffer.allocUnsafeSlow(this.#bytesMax);
  }

  /**
   * Whole batches from a position on, at least one; empty at the end. They are overwritten by the
   * next read.
   *
   * @throws KafkaError CORRUPT_MESSAGE where there is no whole batch, OFFSET_OUT_OF_RANGE if the
   *   segment has been deleted.
   */
  async read(segment: Segment, position: number): Promise<Buffer> {
    const left = segment.size - position;
    if (left <= 0) return this.#buffer.subarray(0, 0);
    const chunk = await this.#fill(segment, position, Math.min(left, this.#buffer.length));
    const whole = wholeBatches(chunk);
    if (whole.length > 0) return whole;
    const size = chunk.length < BATCH_HEADER_BYTES ? 0 : sizeInBytesAt(chunk, 0);
    if (size < BATCH_HEADER_BYTES || size > left) throw damaged(segment, position);
    this.#buffer = Buffer.allocUnsafeSlow(size);
    const large = await this.#fill(segment, position, size);
    if (large.length < size) throw damaged(segment, position);
    return large;
  }

  /** A large batch does not keep its memory for ever. */
  shrink(): void {
    if (this.#buffer.length > this.#bytesMax) this.#buffer = Buffer.allocUnsafeSlow(this.#bytesMax);
  }

  async #fill(segment: Segment, position: number, bytes: number): Promise<Buffer> {
    const into = this.#buffer.subarray(0, bytes);
    return into.subarray(0, await segment.during((file) => file.read(into, position)));
  }
}

/** A batch of a segment, and its records as bytes, inflated. */
export interface StoredBatch {
  readonly bytes: Buffer;
  readonly at: number;
  readonly header: BatchHeader;
  readonly body: Buffer;
}

/**
 * The batch at `at`, which must be there as a whole. A promise where its records are inflated while
 * others are served.
 *
 * @throws KafkaError CORRUPT_MESSAGE if it is not as it was written.
 */
export function storedBatchAt(bytes: Buffer, at: number): StoredBatch | Promise<StoredBatch> {
  const header = intactHeader(bytes, at);
  const codec = compressionOf(header.attributes);
  const stored = bytes.subarray(at + BATCH_HEADER_BYTES, at + header.sizeInBytes);
  const limit = inflationLimit(header.sizeInBytes);
  if (codec === CompressionType.NONE || stored.length <= QUICK_CODEC_BYTES) {
    return { bytes, at, header, body: decompress(codec, stored, limit) };
  }
  return decompressLater(codec, stored, limit).then((body) => ({ bytes, at, header, body }));
}

function intactHeader(bytes: Buffer, at: number): BatchHeader {
  if (magicAt(bytes, at) !== MAGIC_V2) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `a batch of format ${magicAt(bytes, at)}`);
  }
  const header = readBatchHeader(bytes, at);
  if (!isIntact(bytes, at)) {
    throw new KafkaError(
      ErrorCode.CORRUPT_MESSAGE,
      `the batch at offset ${header.baseOffset} is damaged`,
    );
  }
  return header;
}

function damaged(segment: Segment, position: number): KafkaError {
  return new KafkaError(
    ErrorCode.CORRUPT_MESSAGE,
    `${segment.path} holds no whole batch at position ${position}`,
  );
}
