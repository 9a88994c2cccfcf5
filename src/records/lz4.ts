import { type Codec, optional, required } from "./codec.ts";

interface Lz4 {
  compress(bytes: Buffer): Buffer;
  decompress(frame: Buffer, inflatedBytesMax: number): Buffer;
}

const MAGIC = 0x184d2204;
const MAGIC_BYTES = 4;
const VERSION_MASK = 0xc0;
const VERSION_1 = 0x40;
const INDEPENDENT_BLOCKS = 0x20;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const UNCOMPRESSED_BIT = 0x80000000;

/** The LZ4 frame format with independent blocks, which is what Kafka takes. */
export function lz4(): Codec {
  return lz4With(nativeLz4() ?? javascriptLz4());
}

export function nativeLz4(): Lz4 | undefined {
  const module = optional<{
    compressFrameSync(bytes: Buffer): Buffer;
    decompressFrameSync(bytes: Buffer): Buffer;
  }>("lz4-napi");
  return module === undefined
    ? undefined
    : {
        compress: (bytes) => module.compressFrameSync(bytes),
        decompress: (frame) => module.decompressFrameSync(frame),
      };
}

export function javascriptLz4(): Lz4 {
  const module = required<{
    compress(bytes: Buffer): Uint8Array;
    decompress(bytes: Buffer, maxSize: number): Uint8Array;
  }>("lz4js");
  return {
    compress: (bytes) => Buffer.from(module.compress(bytes)),
    decompress: (frame, inflatedBytesMax) => {
      const bound = Math.min(lz4ContentBound(frame), inflatedBytesMax);
      return Buffer.from(module.decompress(frame, bound));
    },
  };
}

export function lz4With(engine: Lz4): Codec {
  return {
    decompress(frame, inflatedBytesMax) {
      if (lz4ContentBound(frame) > inflatedBytesMax) {
        throw new RangeError("an LZ4 frame that may inflate beyond the limit");
      }
      return engine.decompress(frame, inflatedBytesMax);
    },
    compress: (bytes) => engine.compress(bytes),
  };
}

/** Whether a frame is one that Kafka's Java clients can read: version 1, independent blocks. */
export function isReadableLz4(frame: Buffer): boolean {
  if (frame.length < MAGIC_BYTES + 3 || frame.readUInt32LE(0) !== MAGIC) return false;
  const flags = frame[MAGIC_BYTES] as number;
  return (flags & VERSION_MASK) === VERSION_1 && (flags & INDEPENDENT_BLOCKS) !== 0;
}

/**
 * The most bytes that a frame can inflate to, by the number and kind of its blocks: no engine has to
 * be trusted with a bomb.
 *
 * @throws RangeError for what is no frame.
 */
export function lz4ContentBound(frame: Buffer): number {
  if (frame.length < MAGIC_BYTES + 3 || frame.readUInt32LE(0) !== MAGIC) {
    throw new RangeError("no LZ4 frame");
  }
  const flags = frame[MAGIC_BYTES] as number;
  const blockBytesMax = 2 ** (8 + 2 * (((frame[MAGIC_BYTES + 1] as number) >> 4) & 7));
  const trailer = (flags & BLOCK_CHECKSUMS) === 0 ? 0 : 4;
  let at = MAGIC_BYTES + 3 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8);
  let bound = 0;
  while (at + 4 <= frame.length) {
    const word = frame.readUInt32LE(at);
    if (word === 0) break;
    const size = word & ~UNCOMPRESSED_BIT;
    bound += word >= UNCOMPRESSED_BIT ? size : Math.min(blockBytesMax, size * 255);
    at += 4 + size + trailer;
  }
  return bound;
}
