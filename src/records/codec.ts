import { createRequire } from "node:module";

/** One way to make records smaller. Loaded when the first batch needs it. */
export interface Codec {
  /** @throws Error for bytes that are no frame of this codec, or that inflate beyond the limit. */
  decompress(bytes: Buffer, inflatedBytesMax: number): Buffer;
  /** The same on another thread, where the engine can. */
  decompressLater?(bytes: Buffer, inflatedBytesMax: number): Promise<Buffer>;
  /** @param level undefined: the codec's own default. */
  compress(bytes: Buffer, level: number | undefined): Buffer;
  compressLater?(bytes: Buffer, level: number | undefined): Promise<Buffer>;
}

/** A dependency that may have no binary for this machine, loaded when it is first needed. */
export function optional<Module>(name: string): Module | undefined {
  try {
    return createRequire(import.meta.url)(name) as Module;
  } catch {
    return undefined;
  }
}

/** A dependency that must be there. */
export function required<Module>(name: string): Module {
  return createRequire(import.meta.url)(name) as Module;
}
