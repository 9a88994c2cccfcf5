import {
  attributesAt,
  BATCH_HEADER_BYTES,
  type BatchHeader,
  compressionOf,
  isControl,
  isIntact,
  MAGIC_V2,
  magicAt,
  readBatchHeader,
  sizeInBytesAt,
} from "./batch.ts";
import {
  CompressionType,
  compress,
  compressLater,
  decompress,
  decompressLater,
} from "./compression.ts";
import { type RebuiltRecords, rebuildRecords } from "./rebuild.ts";
import { inflationLimit } from "./records.ts";

/** In which form a topic wants its batches. */
export interface StoringRules {
  /** "producer": as it came. */
  readonly compressionType: "producer" | "uncompressed" | "gzip" | "snappy" | "lz4" | "zstd";
  readonly compressionLevel?: number | undefined;
  /** Compressed batches are looked into, even where nothing but their soundness asks for it. */
  readonly validatesCompressed: boolean;
  readonly compacted: boolean;
  readonly timestampType: "CreateTime" | "LogAppendTime";
  readonly beforeMaxMs: number;
}

const CODECS: Readonly<Record<string, number>> = {
  uncompressed: CompressionType.NONE,
  gzip: CompressionType.GZIP,
  snappy: CompressionType.SNAPPY,
  lz4: CompressionType.LZ4,
  zstd: CompressionType.ZSTD,
};

/** Inflating fewer bytes than this takes a few milliseconds at most, whatever they are. */
const QUICK_INFLATE_BYTES = 16 * 1024;
/** The same for bytes that are compressed again, and may have inflated a thousandfold first. */
const QUICK_REENCODE_BYTES = 1024;
/** libuv has four threads, and the disk needs some: so many batches are worked on at once. */
const AT_ONCE_MAX = 2;

/** The codec that a batch is stored in. */
export function targetCodec(attributes: number, rules: StoringRules): number {
  const codec = compressionOf(attributes);
  // Nobody compresses control records.
  if (codec === CompressionType.NONE && isControl(attributes)) return codec;
  return rules.compressionType === "producer" ? codec : (CODECS[rules.compressionType] ?? codec);
}

/** Whether a rule looks at every record of a batch that stays compressed as it is. */
export function asksForRecords(rules: StoringRules): boolean {
  const mayBeTooOld =
    rules.timestampType === "CreateTime" && rules.beforeMaxMs < Number.MAX_SAFE_INTEGER;
  return rules.validatesCompressed || rules.compacted || mayBeTooOld;
}

/** The work on one batch that can be done on another thread, and is done here where it was not. */
export class PreparedBatch {
  #inflated: Buffer | undefined;
  #rebuilt: RebuiltRecords | undefined;
  #stored: Buffer | undefined;
  #storedAs: { readonly codec: number; readonly level: number | undefined } | undefined;
  #failure: unknown;

  /** The records, inflated if they are compressed. @throws KafkaError CORRUPT_MESSAGE */
  inflated(batch: Buffer, header: BatchHeader): Buffer {
    if (this.#failure !== undefined) throw this.#failure;
    this.#inflated ??= decompress(
      compressionOf(header.attributes),
      batch.subarray(BATCH_HEADER_BYTES, header.sizeInBytes),
      inflationLimit(header.sizeInBytes),
    );
    return this.#inflated;
  }

  rebuilt(body: Buffer, header: BatchHeader): RebuiltRecords {
    this.#rebuilt ??= rebuildRecords(body, header);
    return this.#rebuilt;
  }

  /** The rebuilt records as they are stored. The settings may be others than they were before. */
  stored({ body }: RebuiltRecords, codec: number, level: number | undefined): Buffer {
    const known = this.#storedAs;
    const isKnown = known?.codec === codec && known.level === level;
    return isKnown && this.#stored !== undefined ? this.#stored : compress(codec, body, level);
  }

  /** Does the work. What is wrong with the batch comes to light when it is appended. */
  async prepare(batch: Buffer, rules: StoringRules): Promise<void> {
    try {
      if (!isIntact(batch, 0)) return;
      const header = readBatchHeader(batch, 0);
      const codec = compressionOf(header.attributes);
      this.#inflated = await decompressLater(
        codec,
        batch.subarray(BATCH_HEADER_BYTES, header.sizeInBytes),
        inflationLimit(header.sizeInBytes),
      );
      const target = targetCodec(header.attributes, rules);
      if (target === codec) return;
      this.#rebuilt = rebuildRecords(this.#inflated, header);
      const level = rules.compressionLevel;
      this.#stored = await compressLater(target, this.#rebuilt.body, level);
      this.#storedAs = { codec: target, level };
    } catch (error) {
      // Without the records there is nothing that could be appended; else it is found out again.
      if (this.#inflated === undefined) this.#failure = error;
    }
  }
}

/**
 * Whether the work on a batch takes so long that others should be served meanwhile. Not for what is no
 * whole batch: that is refused without any work.
 */
export function isSlowToStore(batch: Buffer, rules: StoringRules): boolean {
  if (batch.length < QUICK_REENCODE_BYTES || magicAt(batch, 0) !== MAGIC_V2) return false;
  const size = sizeInBytesAt(batch, 0);
  if (size < BATCH_HEADER_BYTES || size > batch.length) return false;
  const attributes = attributesAt(batch, 0);
  const codec = compressionOf(attributes);
  if (targetCodec(attributes, rules) === codec) {
    return codec !== CompressionType.NONE && size > QUICK_INFLATE_BYTES;
  }
  return codec !== CompressionType.NONE || size > QUICK_INFLATE_BYTES;
}

/** Batches wait here until it is their turn to be worked on: how many are in memory is bounded. */
export class Turns {
  #free = AT_ONCE_MAX;
  readonly #waiting: (() => void)[] = [];

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
