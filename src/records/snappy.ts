import { type Codec, optional, required } from "./codec.ts";

interface Snappy {
  compress(bytes: Buffer): Uint8Array;
  uncompress(bytes: Buffer): Uint8Array;
}

/** The framing of snappy-java ("xerial"), which Java's clients write: magic, two versions, blocks. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const XERIAL_VERSION = 1;
const BLOCK_BYTES = 32 * 1024;
/** Its best is 64 bytes by a copy of three. */
const RATIO_MAX = 22;
const EMPTY = Buffer.alloc(0);

/** Snappy as Kafka's clients use it: in xerial's framing, or as one raw block (librdkafka, Go). */
export function snappy(): Codec {
  return snappyWith(nativeSnappy() ?? javascriptSnappy());
}

export function nativeSnappy(): Snappy | undefined {
  const module = optional<{
    compressSync(bytes: Buffer): Buffer;
    uncompressSync(bytes: Buffer, options: { asBuffer: true; copyOutputData: true }): Buffer;
  }>("snappy");
  return module === undefined
    ? undefined
    : {
        compress: (bytes) => module.compressSync(bytes),
        // Copied into memory of JavaScript's own: giving up foreign memory costs four times as much.
        uncompress: (bytes) =>
          module.uncompressSync(bytes, { asBuffer: true, copyOutputData: true }),
      };
}

export function javascriptSnappy(): Snappy {
  const engine = required<Snappy>("snappyjs");
  return {
    compress: (bytes) => engine.compress(bytes),
    uncompress(bytes) {
      checkLiterals(bytes);
      return engine.uncompress(bytes);
    },
  };
}

/** Bytes of a tag with what belongs to it, by its two lowest bits: a copy, of three kinds. */
const COPY_BYTES = [0, 2, 3, 5];
const LONGEST_SHORT_LITERAL = 60;

/**
 * snappyjs takes the length of a literal of 2 GiB or more for a negative one, goes back by it, and on
 * from there for ever.
 *
 * @throws RangeError for a literal that ends behind the block.
 */
function checkLiterals(block: Buffer): void {
  let at = 0;
  while ((block[at] ?? 0) >= 0x80) at += 1;
  at += 1;
  while (at < block.length) {
    const tag = block[at] as number;
    const copyBytes = COPY_BYTES[tag & 3] as number;
    if (copyBytes > 0) {
      at += copyBytes;
      continue;
    }
    const lengthBytes = Math.max(0, (tag >>> 2) + 1 - LONGEST_SHORT_LITERAL);
    if (at + 1 + lengthBytes > block.length)
      throw new RangeError("a snappy literal without a length");
    const length = lengthBytes === 0 ? tag >>> 2 : block.readUIntLE(at + 1, lengthBytes);
    at += 1 + lengthBytes + length + 1;
    if (at > block.length) throw new RangeError(`a snappy literal of ${length + 1} bytes`);
  }
}

export function snappyWith(engine: Snappy): Codec {
  return {
    decompress(bytes, inflatedBytesMax) {
      if (!isXerial(bytes)) return inflateBlock(engine, bytes, inflatedBytesMax);
      const blocks: Buffer[] = [];
      let left = inflatedBytesMax;
      for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
        if (bytes.length - at < 4) throw new RangeError("a snappy block without a length");
        const size = bytes.readInt32BE(at);
        const end = at + 4 + size;
        if (size < 0 || end > bytes.length) throw new RangeError(`a snappy block of ${size} bytes`);
        const block = inflateBlock(engine, bytes.subarray(at + 4, end), left);
        left -= block.length;
        blocks.push(block);
        at = end;
      }
      return Buffer.concat(blocks);
    },
    compress(bytes) {
      const header = Buffer.alloc(XERIAL_HEADER_BYTES);
      XERIAL_MAGIC.copy(header);
      header.writeInt32BE(XERIAL_VERSION, 8);
      header.writeInt32BE(XERIAL_VERSION, 12);
      const parts: Uint8Array[] = [header];
      for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
        const block = engine.compress(bytes.subarray(at, at + BLOCK_BYTES));
        const size = Buffer.allocUnsafe(4);
        size.writeInt32BE(block.length);
        parts.push(size, block);
      }
      return Buffer.concat(parts);
    },
  };
}

function isXerial(bytes: Buffer): boolean {
  return (
    bytes.length >= XERIAL_HEADER_BYTES &&
    bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)
  );
}

/** A block says first how large it will be: a lie there is caught by the engine. */
function inflateBlock(engine: Snappy, block: Buffer, inflatedBytesMax: number): Buffer {
  const size = claimedSize(block);
  if (size > inflatedBytesMax || size > block.length * RATIO_MAX) {
    throw new RangeError(`a snappy block of ${block.length} bytes that claims to hold ${size}`);
  }
  if (size === 0) return EMPTY;
  const inflated = engine.uncompress(block);
  return Buffer.from(inflated.buffer, inflated.byteOffset, inflated.byteLength);
}

function claimedSize(block: Buffer): number {
  let size = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) break;
    size += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return size;
  }
  throw new RangeError("a snappy block without a size");
}
