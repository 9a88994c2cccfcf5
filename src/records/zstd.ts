import zlib from "node:zlib";
import { type Codec, required } from "./codec.ts";
import { zstdContentBytesMax } from "./zstd-frame.ts";

/** What newer versions of Node's zlib have. */
interface NodeZstd {
  readonly zstdCompressSync?: (bytes: Buffer, options?: object) => Buffer;
  readonly zstdDecompressSync?: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;
}

interface ZstdWasm {
  init(): Promise<void>;
  compress(bytes: Uint8Array, level?: number): Uint8Array;
  decompress(bytes: Uint8Array, options: { defaultHeapSize: number }): Uint8Array;
}

const COMPRESSION_LEVEL_PARAMETER = 100;
const DEFAULT_LEVEL = 3;

/** Zstandard: Node's own where it has it (from 22.15 on), else the one in WebAssembly. */
export function zstd(): Codec {
  return nodeZstd() ?? wasmZstd();
}

export function nodeZstd(): Codec | undefined {
  const { zstdCompressSync, zstdDecompressSync } = zlib as NodeZstd;
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return undefined;
  return {
    decompress: (bytes, inflatedBytesMax) => {
      const maxOutputLength = boundOf(bytes, inflatedBytesMax);
      if (maxOutputLength === 0) return Buffer.alloc(0);
      return zstdDecompressSync(bytes, { maxOutputLength });
    },
    compress: (bytes, level) =>
      zstdCompressSync(
        bytes,
        level === undefined ? {} : { params: { [COMPRESSION_LEVEL_PARAMETER]: level } },
      ),
  };
}

function boundOf(bytes: Buffer, inflatedBytesMax: number): number {
  const bound = zstdContentBytesMax(bytes);
  if (bound > inflatedBytesMax) {
    throw new RangeError("Zstandard frames that may inflate beyond the limit");
  }
  return bound;
}

let wasm: ZstdWasm | undefined;
let preparing: Promise<void> | undefined;

/**
 * Begins to compile the WebAssembly, if this Node needs it: it cannot be used at once. Undefined
 * where nothing has to be waited for.
 */
export function prepareZstd(): Promise<void> | undefined {
  if (wasm !== undefined || nodeZstd() !== undefined) return undefined;
  preparing ??= loadWasm();
  return preparing;
}

/** The same for the WebAssembly, whatever this Node has. */
export async function loadWasm(): Promise<void> {
  const module = required<ZstdWasm>("@bokuweb/zstd-wasm");
  await module.init();
  wasm = module;
}

export function wasmZstd(): Codec {
  return {
    decompress: (bytes, inflatedBytesMax) => {
      // It allocates what a frame names, or this much, and looks no further.
      const defaultHeapSize = boundOf(bytes, inflatedBytesMax);
      if (defaultHeapSize === 0) return Buffer.alloc(0);
      const inflated = ready().decompress(bytes, { defaultHeapSize });
      return Buffer.from(inflated.buffer, inflated.byteOffset, inflated.byteLength);
    },
    compress: (bytes, level) => Buffer.from(ready().compress(bytes, level ?? DEFAULT_LEVEL)),
  };
}

function ready(): ZstdWasm {
  if (wasm === undefined) throw new Error("prepareZstd has not been waited for");
  return wasm;
}
