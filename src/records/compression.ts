import { promisify } from "node:util";
import zlib from "node:zlib";
import { ErrorCode, KafkaError, kafkaErrorCausedBy } from "../protocol/errors.ts";
import type { Codec } from "./codec.ts";
import { lz4 } from "./lz4.ts";
import { isReadableLz4 } from "./lz4-frame.ts";
import { snappy } from "./snappy.ts";
import { zstd } from "./zstd.ts";
import { beginsAsZstd } from "./zstd-frame.ts";

export const CompressionType = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const;
export type CompressionType = (typeof CompressionType)[keyof typeof CompressionType];

/** Deflate's best: 258 bytes by two bits. */
const GZIP_RATIO_MAX = 1032;
const GZIP_BYTES_MIN = 18;
/** Two bytes, and the only method there is: deflate. */
const GZIP_MAGIC = 0x1f8b08;

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const gzipped = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip);

const gzip: Codec = {
  decompress: (bytes, inflatedBytesMax) =>
    zlib.gunzipSync(bytes, boundedGunzip(bytes, inflatedBytesMax)),
  decompressLater: async (bytes, inflatedBytesMax) =>
    gunzip(bytes, boundedGunzip(bytes, inflatedBytesMax)),
  compress: (bytes, level) => zlib.gzipSync(bytes, gzipOptions(level)),
  compressLater: (bytes, level) => gzipped(bytes, gzipOptions(level)),
};

function boundedGunzip(bytes: Buffer, inflatedBytesMax: number): zlib.ZlibOptions {
  if (bytes.length < GZIP_BYTES_MIN) throw new RangeError(`gzip of ${bytes.length} bytes`);
  // Ends with the size of what it holds: an honest bomb is not even begun with.
  const named = bytes.readUInt32LE(bytes.length - 4);
  if (named > inflatedBytesMax) throw new RangeError(`gzip that holds ${named} bytes`);
  return { maxOutputLength: Math.min(inflatedBytesMax, bytes.length * GZIP_RATIO_MAX) };
}

function gzipOptions(level: number | undefined): zlib.ZlibOptions {
  return level === undefined ? {} : { level };
}

const codecs: readonly (Codec | (() => Codec) | undefined)[] = [undefined, gzip, snappy, lz4, zstd];
const loaded: (Codec | undefined)[] = [];

/**
 * Inflates what a codec of Kafka's made; never into more than `inflatedBytesMax` bytes, however small
 * the input is.
 *
 * @throws KafkaError CORRUPT_MESSAGE for what cannot be inflated, UNKNOWN_SERVER_ERROR for a codec
 *   that does not exist, as in Kafka.
 */
export function decompress(codec: number, bytes: Buffer, inflatedBytesMax: number): Buffer {
  if (codec === CompressionType.NONE) return bytes;
  const { decompress: inflate } = codecOf(codec);
  try {
    return inflate(bytes, inflatedBytesMax);
  } catch (error) {
    throw notInflatable(error);
  }
}

/** As {@link decompress}, and where the engine can, while others are served. */
export async function decompressLater(
  codec: number,
  bytes: Buffer,
  inflatedBytesMax: number,
): Promise<Buffer> {
  if (codec === CompressionType.NONE) return bytes;
  const engine = codecOf(codec);
  try {
    const later = engine.decompressLater?.(bytes, inflatedBytesMax);
    return later === undefined ? engine.decompress(bytes, inflatedBytesMax) : await later;
  } catch (error) {
    throw notInflatable(error);
  }
}

function notInflatable(error: unknown): KafkaError {
  return kafkaErrorCausedBy(error, ErrorCode.CORRUPT_MESSAGE, "records that do not inflate");
}

export function compress(codec: number, bytes: Buffer, level?: number): Buffer {
  return codec === CompressionType.NONE ? bytes : codecOf(codec).compress(bytes, level);
}

/**
 * Whether bytes begin as the codec's do, so far as that is seen without inflating them: what does not
 * is nothing that Kafka could read.
 */
export function beginsAs(codec: number, bytes: Buffer): boolean {
  switch (codec) {
    case CompressionType.GZIP:
      return bytes.length >= GZIP_BYTES_MIN && bytes.readUIntBE(0, 3) === GZIP_MAGIC;
    case CompressionType.SNAPPY:
      return bytes.length > 0;
    case CompressionType.LZ4:
      return isReadableLz4(bytes);
    case CompressionType.ZSTD:
      return beginsAsZstd(bytes);
    default:
      return false;
  }
}

/** As {@link compress}, and where the engine can, while others are served. */
export async function compressLater(codec: number, bytes: Buffer, level?: number): Promise<Buffer> {
  if (codec === CompressionType.NONE) return bytes;
  const engine = codecOf(codec);
  return (await engine.compressLater?.(bytes, level)) ?? engine.compress(bytes, level);
}

function codecOf(codec: number): Codec {
  const known = codecs[codec];
  if (known === undefined) {
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `there is no compression ${codec}`);
  }
  const ready = loaded[codec] ?? (typeof known === "function" ? known() : known);
  loaded[codec] = ready;
  return ready;
}
