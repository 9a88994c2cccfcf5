const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
/** What a size of two bytes begins to count from. */
const TWO_BYTES_SIZE_FROM = 256;

const BLOCK_HEADER_BYTES = 3;
const BLOCK_BYTES_MAX = 128 * 1024;
const BlockType = { RAW: 0, REPEATED: 1, COMPRESSED: 2 } as const;

/**
 * The most bytes that Zstandard frames can inflate to, by the number and kind of their blocks and the
 * sizes they name: no engine has to be trusted with a bomb.
 *
 * @throws RangeError for what are no whole frames, and for a frame that names more than it can hold.
 */
export function zstdContentBytesMax(bytes: Buffer): number {
  let total = 0;
  let at = 0;
  do {
    const magic = at + 8 <= bytes.length ? bytes.readUInt32LE(at) : 0;
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + bytes.readUInt32LE(at + 4);
      if (at > bytes.length) throw notWhole();
      continue;
    }
    if (magic !== MAGIC) throw new RangeError("no Zstandard frame");
    const frame = readFrame(bytes, at);
    total += frame.contentBytesMax;
    at = frame.end;
  } while (at < bytes.length);
  return total;
}

/** Whether there is the beginning of a frame, also of one that is skipped. */
export function beginsAsZstd(bytes: Buffer): boolean {
  if (bytes.length < 4) return false;
  const magic = bytes.readUInt32LE(0);
  return magic === MAGIC || (magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC;
}

/** {@link zstdContentBytesMax}, refused beyond a limit. @throws RangeError */
export function boundedZstdBytes(bytes: Buffer, inflatedBytesMax: number): number {
  const bound = zstdContentBytesMax(bytes);
  if (bound > inflatedBytesMax) {
    throw new RangeError("Zstandard frames that may inflate beyond the limit");
  }
  return bound;
}

interface Frame {
  readonly contentBytesMax: number;
  readonly end: number;
}

function readFrame(bytes: Buffer, start: number): Frame {
  const descriptor = bytes[start + 4] as number;
  if ((descriptor & RESERVED) !== 0) throw new RangeError("a Zstandard frame of a later format");
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
  const sizeAt = start + 5 + (isSingle ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] as number);
  const sizeBytes = (CONTENT_SIZE_BYTES[descriptor >> 6] as number) || (isSingle ? 1 : 0);
  const blocks = readBlocks(bytes, sizeAt + sizeBytes);
  const end = blocks.end + ((descriptor & CONTENT_CHECKSUM) === 0 ? 0 : 4);
  if (end > bytes.length) throw notWhole();
  if (sizeBytes === 0) return { contentBytesMax: blocks.contentBytesMax, end };
  const named = contentSize(bytes, sizeAt, sizeBytes);
  if (named > blocks.contentBytesMax) {
    throw new RangeError(`a Zstandard frame that names ${named} bytes and cannot hold them`);
  }
  return { contentBytesMax: named, end };
}

function contentSize(bytes: Buffer, at: number, sizeBytes: number): number {
  if (sizeBytes === 8) return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
  return bytes.readUIntLE(at, sizeBytes) + (sizeBytes === 2 ? TWO_BYTES_SIZE_FROM : 0);
}

function readBlocks(bytes: Buffer, start: number): Frame {
  let contentBytesMax = 0;
  let at = start;
  for (;;) {
    if (at + BLOCK_HEADER_BYTES > bytes.length) throw notWhole();
    const word = bytes.readUIntLE(at, BLOCK_HEADER_BYTES);
    const type = (word >> 1) & 3;
    const size = word >> 3;
    if (type > BlockType.COMPRESSED || size > BLOCK_BYTES_MAX) {
      throw new RangeError(`a Zstandard block of ${size} bytes and type ${type}`);
    }
    contentBytesMax += type === BlockType.COMPRESSED ? BLOCK_BYTES_MAX : size;
    at += BLOCK_HEADER_BYTES + (type === BlockType.REPEATED ? 1 : size);
    if (at > bytes.length) throw notWhole();
    if ((word & 1) !== 0) return { contentBytesMax, end: at };
  }
}

function notWhole(): RangeError {
  return new RangeError("a Zstandard frame that is not whole");
}
