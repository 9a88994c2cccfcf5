import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Codec } from "./codec.ts";
import { boundedZstdBytes } from "./zstd-frame.ts";

/** What Node has, and its types leave to browsers. */
interface WasmOfNode {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => Instance;
}

interface Instance {
  readonly exports: object;
}

const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WasmOfNode };

/** What the package's glue code gives access to, once it runs. */
interface Glue {
  readonly HEAPU8: Uint8Array;
  instantiateWasm(imports: object, ready: (instance: Instance) => void): object;
  init(): void;
  _malloc(bytes: number): number;
  _free(at: number): void;
  _ZSTD_isError(code: number): number;
  _ZSTD_compressBound(bytes: number): number;
  _ZSTD_compress(into: number, room: number, from: number, bytes: number, level: number): number;
  _ZSTD_decompress(into: number, room: number, from: number, bytes: number): number;
}

const DEFAULT_LEVEL = 3;
/**
 * Nobody else is served while this compresses, and the highest levels take a second for a megabyte:
 * they are for small batches only. What a reader gets is the same.
 */
const UNHURRIED_BYTES_MAX = 64 * 1024;
const HURRIED_LEVEL_MAX = 9;
const EMPTY = Buffer.alloc(0);
/**
 * WebAssembly never gives memory back. An instance that had to grow beyond this is thrown away with
 * its memory: making a new one takes a millisecond, for the code is compiled only once.
 */
const KEPT_HEAP_BYTES_MAX = 24 * 1024 * 1024;

let compiled: { readonly code: object; readonly gluePath: string } | undefined;
let kept: Glue | undefined;

/** Zstandard in WebAssembly, for Node before 22.15. */
export function wasmZstd(): Codec {
  return {
    decompress(bytes, inflatedBytesMax) {
      const room = boundedZstdBytes(bytes, inflatedBytesMax);
      if (room === 0) return EMPTY;
      return run(bytes, room, (zstd, into, from) =>
        zstd._ZSTD_decompress(into, room, from, bytes.length),
      );
    },
    compress(bytes, asked) {
      const level = levelFor(bytes.length, asked ?? DEFAULT_LEVEL);
      const room = (kept ?? newInstance())._ZSTD_compressBound(bytes.length);
      return run(bytes, room, (zstd, into, from) =>
        zstd._ZSTD_compress(into, room, from, bytes.length, level),
      );
    },
  };
}

function levelFor(bytes: number, asked: number): number {
  if (bytes <= UNHURRIED_BYTES_MAX) return asked;
  return Math.min(asked, bytes > 16 * UNHURRIED_BYTES_MAX ? DEFAULT_LEVEL : HURRIED_LEVEL_MAX);
}

/** Brings bytes into the instance's memory, and what was made of them out of it. */
function run(
  bytes: Buffer,
  room: number,
  work: (zstd: Glue, into: number, from: number) => number,
): Buffer {
  const zstd = kept ?? newInstance();
  // Until it has come to an end, nobody knows in which state it is.
  kept = undefined;
  const from = zstd._malloc(bytes.length);
  const into = zstd._malloc(room);
  if (from === 0 || into === 0) throw new RangeError(`no memory for ${room} bytes of Zstandard`);
  zstd.HEAPU8.set(bytes, from);
  const size = work(zstd, into, from);
  const isError = zstd._ZSTD_isError(size) !== 0;
  const made = isError ? EMPTY : Buffer.from(zstd.HEAPU8.subarray(into, into + size));
  zstd._free(into);
  zstd._free(from);
  if (zstd.HEAPU8.length <= KEPT_HEAP_BYTES_MAX) kept = zstd;
  if (isError) throw new RangeError(`Zstandard gave up with ${size}`);
  return made;
}

/** Everything at once: a produce request need not wait until WebAssembly is ready. */
function newInstance(): Glue {
  compiled ??= compile();
  const { code, gluePath } = compiled;
  // The glue code is one instance's: another one needs its own.
  const load = createRequire(gluePath);
  delete load.cache[gluePath];
  const { Module: glue } = load(gluePath) as { readonly Module: Glue };
  delete load.cache[gluePath];
  glue.instantiateWasm = (imports, ready) => {
    const instance = new wasm.Instance(code, imports);
    ready(instance);
    return instance.exports;
  };
  glue.init();
  return glue;
}

function compile() {
  const folder = dirname(createRequire(import.meta.url).resolve("@bokuweb/zstd-wasm"));
  const code = new wasm.Module(readFileSync(join(folder, "zstd.wasm")));
  return { code, gluePath: join(folder, "zstd.js") };
}
