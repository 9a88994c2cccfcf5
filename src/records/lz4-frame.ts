/**
 * The LZ4 frame format around the blocks.
 *
 *     magic  int32 LE                 then blocks: int32 LE size (top bit: stored as it is), bytes,
 *     FLG    version, flags           a checksum if FLG says so; size 0 ends them, then a checksum
 *     BD     largest block            of the content if FLG says so
 *     [content size  int64 LE]
 *     HC     checksum of FLG to here
 */
const MAGIC = 0x184d2204;
const MAGIC_BYTES = 4;
const DESCRIPTOR_AT = MAGIC_BYTES;
const CONTENT_SIZE_BYTES = 8;
const CHECKSUM_BYTES = 4;
const BLOCK_HEADER_BYTES = 4;

const VERSION_MASK = 0xc0;
const VERSION_1 = 0x40;
const INDEPENDENT_BLOCKS = 0x20;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const RESERVED_FLAGS = 0x03;
const RESERVED_SIZE_BITS = 0x8f;
const STORED_BIT = 0x80000000;
/** A block's byte cannot stand for more than this many. */
const RATIO_MAX = 255;

/** 64 KiB, the smallest that a frame can name: what clients use. */
const BLOCK_BYTES = 64 * 1024;
const BLOCK_BYTES_CODE = 0x40;

export interface Lz4Block {
  readonly start: number;
  readonly end: number;
  /** Not compressed. */
  readonly isStored: boolean;
}

export interface Lz4Frame {
  readonly blocks: readonly Lz4Block[];
  /** The most bytes that it can inflate to, by the number and kind of its blocks. */
  readonly contentBytesMax: number;
  /** Up to the mark that ends the blocks. */
  readonly sizeInBytes: number;
}

/**
 * Whether it begins as a frame that Kafka's Java clients read: version 1, independent blocks, no
 * dictionary, a descriptor with the right checksum.
 */
export function isReadableLz4(frame: Buffer): boolean {
  if (frame.length < MAGIC_BYTES + 3 || frame.readUInt32LE(0) !== MAGIC) return false;
  const flags = frame[DESCRIPTOR_AT] as number;
  const sizes = frame[DESCRIPTOR_AT + 1] as number;
  const checksumAt = DESCRIPTOR_AT + 2 + contentSizeBytes(flags);
  return (
    (flags & VERSION_MASK) === VERSION_1 &&
    (flags & INDEPENDENT_BLOCKS) !== 0 &&
    (flags & RESERVED_FLAGS) === 0 &&
    (sizes & RESERVED_SIZE_BITS) === 0 &&
    sizes >= BLOCK_BYTES_CODE &&
    frame[checksumAt] === descriptorChecksum(frame, DESCRIPTOR_AT, checksumAt)
  );
}

/**
 * Finds the blocks. What stands behind the frame does not count.
 *
 * @throws RangeError for what is no whole frame that {@link isReadableLz4}.
 */
export function readLz4Frame(frame: Buffer): Lz4Frame {
  if (!isReadableLz4(frame)) throw new RangeError("no LZ4 frame of independent blocks");
  const flags = frame[DESCRIPTOR_AT] as number;
  const blockBytesMax = 2 ** (8 + 2 * ((frame[DESCRIPTOR_AT + 1] as number) >> 4));
  const trailerBytes = (flags & BLOCK_CHECKSUMS) === 0 ? 0 : CHECKSUM_BYTES;
  const blocks: Lz4Block[] = [];
  let contentBytesMax = 0;
  let at = DESCRIPTOR_AT + 3 + contentSizeBytes(flags);
  for (;;) {
    if (at + BLOCK_HEADER_BYTES > frame.length)
      throw new RangeError("an LZ4 frame without its end");
    const word = frame.readUInt32LE(at);
    at += BLOCK_HEADER_BYTES;
    if (word === 0) return { blocks, contentBytesMax, sizeInBytes: at };
    const isStored = word >= STORED_BIT;
    const size = isStored ? word - STORED_BIT : word;
    const end = at + size;
    if (size > blockBytesMax || end + trailerBytes > frame.length) {
      throw new RangeError(`an LZ4 block of ${size} bytes`);
    }
    contentBytesMax += isStored ? size : Math.min(blockBytesMax, size * RATIO_MAX);
    blocks.push({ start: at, end, isStored });
    at = end + trailerBytes;
  }
}

/** Makes a frame, each block on its own. @param compressBlock undefined: it would not be smaller. */
export function writeLz4Frame(
  bytes: Buffer,
  compressBlock: (block: Buffer) => Buffer | undefined,
): Buffer {
  const header = Buffer.alloc(MAGIC_BYTES + 3);
  header.writeUInt32LE(MAGIC, 0);
  header[DESCRIPTOR_AT] = VERSION_1 | INDEPENDENT_BLOCKS;
  header[DESCRIPTOR_AT + 1] = BLOCK_BYTES_CODE;
  header[DESCRIPTOR_AT + 2] = descriptorChecksum(header, DESCRIPTOR_AT, DESCRIPTOR_AT + 2);
  const parts: Buffer[] = [header];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    const compressed = compressBlock(block);
    const size = Buffer.alloc(BLOCK_HEADER_BYTES);
    size.writeUInt32LE(compressed?.length ?? STORED_BIT + block.length);
    parts.push(size, compressed ?? block);
  }
  parts.push(Buffer.alloc(BLOCK_HEADER_BYTES));
  return Buffer.concat(parts);
}

function contentSizeBytes(flags: number): number {
  return (flags & CONTENT_SIZE) === 0 ? 0 : CONTENT_SIZE_BYTES;
}

const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;

/** The second byte of xxHash32 with seed 0, for fewer than sixteen bytes. */
function descriptorChecksum(bytes: Buffer, start: number, end: number): number {
  let hash = PRIME_5 + end - start;
  let at = start;
  for (; at + 4 <= end && at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(bytes.readInt32LE(at), PRIME_3), 17), PRIME_4);
  }
  for (; at < end; at++) {
    hash = Math.imul(rotate(hash + Math.imul(bytes[at] ?? 0, PRIME_5), 11), PRIME_1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return ((hash ^ (hash >>> 16)) >>> 8) & 0xff;
}

function rotate(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count));
}
