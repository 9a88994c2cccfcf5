import { type Codec, optional, required } from "./codec.ts";
import { inflateLz4Block } from "./lz4-block.ts";
import { type Lz4Frame, readLz4Frame, writeLz4Frame } from "./lz4-frame.ts";

interface Lz4 {
  compress(bytes: Buffer): Buffer;
  /** The frame has been looked at: it is whole, and inflates to no more than the limit. */
  decompress(bytes: Buffer, frame: Lz4Frame): Buffer;
  compressLater?(bytes: Buffer): Promise<Buffer>;
  decompressLater?(bytes: Buffer): Promise<Buffer>;
}

/** The LZ4 frame format with independent blocks, which is what Kafka takes. */
export function lz4(): Codec {
  return lz4With(nativeLz4() ?? javascriptLz4());
}

export function nativeLz4(): Lz4 | undefined {
  const module = optional<{
    compressFrameSync(bytes: Buffer): Buffer;
    decompressFrameSync(bytes: Buffer): Buffer;
    compressFrame(bytes: Buffer): Promise<Buffer>;
    decompressFrame(bytes: Buffer): Promise<Buffer>;
  }>("lz4-napi");
  return module === undefined
    ? undefined
    : {
        compress: (bytes) => module.compressFrameSync(bytes),
        decompress: (bytes) => module.decompressFrameSync(bytes),
        compressLater: (bytes) => module.compressFrame(bytes),
        decompressLater: (bytes) => module.decompressFrame(bytes),
      };
}

/** lz4js makes frames of linked blocks and believes what it inflates: only its blocks are used. */
export function javascriptLz4(): Lz4 {
  return {
    compress: (bytes) => writeLz4Frame(bytes, javascriptBlocks()),
    decompress: (bytes, { blocks, contentBytesMax }) => {
      const inflated = Buffer.allocUnsafe(contentBytesMax);
      let size = 0;
      for (const block of blocks) {
        if (block.isStored) size += bytes.copy(inflated, size, block.start, block.end);
        else size = inflateLz4Block(bytes, block, inflated, size);
      }
      return inflated.subarray(0, size);
    },
  };
}

const HASH_TABLE_ENTRIES = 65536;

function javascriptBlocks(): (block: Buffer) => Buffer | undefined {
  const { compressBlock, compressBound } = required<{
    compressBlock(
      from: Buffer,
      into: Buffer,
      start: number,
      length: number,
      seen: Uint32Array,
    ): number;
    compressBound(bytes: number): number;
  }>("lz4js");
  const seen = new Uint32Array(HASH_TABLE_ENTRIES);
  return (block) => {
    seen.fill(0);
    const compressed = Buffer.allocUnsafe(compressBound(block.length));
    const size = compressBlock(block, compressed, 0, block.length, seen);
    // 0: nothing in it occurs twice.
    return size === 0 || size >= block.length ? undefined : compressed.subarray(0, size);
  };
}

export function lz4With(engine: Lz4): Codec {
  const { compressLater, decompressLater } = engine;
  return {
    decompress: (bytes, inflatedBytesMax) =>
      engine.decompress(bytes, boundedFrame(bytes, inflatedBytesMax)),
    compress: (bytes) => engine.compress(bytes),
    ...(compressLater === undefined ? {} : { compressLater }),
    ...(decompressLater === undefined
      ? {}
      : {
          async decompressLater(bytes, inflatedBytesMax) {
            boundedFrame(bytes, inflatedBytesMax);
            return decompressLater(bytes);
          },
        }),
  };
}

function boundedFrame(bytes: Buffer, inflatedBytesMax: number): Lz4Frame {
  const frame = readLz4Frame(bytes);
  if (frame.contentBytesMax > inflatedBytesMax) {
    throw new RangeError("an LZ4 frame that may inflate beyond the limit");
  }
  return frame;
}
