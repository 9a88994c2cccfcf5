import { promisify } from "node:util";
import zlib from "node:zlib";
import type { Codec } from "./codec.ts";
import { boundedZstdBytes } from "./zstd-frame.ts";
import { wasmZstd } from "./zstd-wasm.ts";

type Callback = (error: Error | null, made: Buffer) => void;

/** What newer versions of Node's zlib have. */
interface NodeZstd {
  readonly zstdCompressSync?: (bytes: Buffer, options: object) => Buffer;
  readonly zstdDecompressSync?: (bytes: Buffer, options: object) => Buffer;
  readonly zstdCompress?: (bytes: Buffer, options: object, done: Callback) => void;
  readonly zstdDecompress?: (bytes: Buffer, options: object, done: Callback) => void;
}

const COMPRESSION_LEVEL_PARAMETER = 100;
const EMPTY = Buffer.alloc(0);

/** Zstandard: Node's own where it has it (from 22.15 on), else the one in WebAssembly. */
export function zstd(): Codec {
  return nodeZstd() ?? wasmZstd();
}

export function nodeZstd(): Codec | undefined {
  const { zstdCompressSync, zstdDecompressSync, zstdCompress, zstdDecompress } = zlib as NodeZstd;
  if (
    zstdCompressSync === undefined ||
    zstdDecompressSync === undefined ||
    zstdCompress === undefined ||
    zstdDecompress === undefined
  ) {
    return undefined;
  }
  const compressLater = promisify(zstdCompress);
  const decompressLater = promisify(zstdDecompress);
  return {
    decompress(bytes, inflatedBytesMax) {
      const maxOutputLength = boundedZstdBytes(bytes, inflatedBytesMax);
      return maxOutputLength === 0 ? EMPTY : zstdDecompressSync(bytes, { maxOutputLength });
    },
    async decompressLater(bytes, inflatedBytesMax) {
      const maxOutputLength = boundedZstdBytes(bytes, inflatedBytesMax);
      return maxOutputLength === 0 ? EMPTY : decompressLater(bytes, { maxOutputLength });
    },
    compress: (bytes, level) => zstdCompressSync(bytes, optionsFor(level)),
    compressLater: (bytes, level) => compressLater(bytes, optionsFor(level)),
  };
}

function optionsFor(level: number | undefined): object {
  return level === undefined ? {} : { params: { [COMPRESSION_LEVEL_PARAMETER]: level } };
}
