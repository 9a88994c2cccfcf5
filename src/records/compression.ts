import { gunzipSync, gzipSync } from "node:zlib";
import { ErrorCode, KafkaError, kafkaErrorCausedBy } from "../protocol/errors.ts";
import type { Codec } from "./codec.ts";
import { lz4 } from "./lz4.ts";
import { snappy } from "./snappy.ts";
import { zstd } from "./zstd.ts";

export const CompressionType = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const;
export type CompressionType = (typeof CompressionType)[keyof typeof CompressionType];

/** Deflate's best: 258 bytes by two bits. */
const GZIP_RATIO_MAX = 1032;
const GZIP_BYTES_MIN = 18;

const gzip: Codec = {
  decompress(bytes, inflatedBytesMax) {
    if (bytes.length < GZIP_BYTES_MIN) throw new RangeError(`gzip of ${bytes.length} bytes`);
    // Ends with the size of what it holds: an honest bomb is not even begun with.
    const named = bytes.readUInt32LE(bytes.length - 4);
    if (named > inflatedBytesMax) throw new RangeError(`gzip that holds ${named} bytes`);
    const maxOutputLength = Math.min(inflatedBytesMax, bytes.length * GZIP_RATIO_MAX);
    return gunzipSync(bytes, { maxOutputLength });
  },
  compress: (bytes, level) => gzipSync(bytes, level === undefined ? {} : { level }),
};

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
    throw kafkaErrorCausedBy(error, ErrorCode.CORRUPT_MESSAGE, "records that do not inflate");
  }
}

export function compress(codec: number, bytes: Buffer, level?: number): Buffer {
  return codec === CompressionType.NONE ? bytes : codecOf(codec).compress(bytes, level);
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
