import { createRequire } from "node:module";

type Crc32c = (bytes: Buffer) => number;

/** What is smaller does not load the native library, which takes as long as half of a start's own work. */
const SMALL_BYTES = 1024;
/** But for so many of them it does. */
const SMALL_MAX = 100;

let chosen: Crc32c = first;
let javascript: Crc32c | undefined;
let smallCount = 0;

/**
 * CRC-32C (Castagnoli) of bytes[start, end), unsigned: what guards a record batch. Native where there
 * is a prebuilt binary for this machine, else JavaScript (some ten times slower); chosen at first use
 * that counts.
 */
export function crc32c(bytes: Buffer, start = 0, end = bytes.length): number {
  return chosen(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
}

function first(bytes: Buffer): number {
  javascript ??= javascriptCrc32c();
  smallCount += 1;
  if (bytes.length <= SMALL_BYTES && smallCount <= SMALL_MAX) return javascript(bytes);
  chosen = nativeCrc32c() ?? javascript;
  return chosen(bytes);
}

/** Undefined where the optional dependency has no binary for this machine. */
export function nativeCrc32c(): Crc32c | undefined {
  try {
    const native = createRequire(import.meta.url)("@node-rs/crc32") as { crc32c: Crc32c };
    // Not handed on as it is: its second parameter is the state to go on from.
    return (bytes) => native.crc32c(bytes);
  } catch {
    return undefined;
  }
}

export function javascriptCrc32c(): Crc32c {
  const fallback = createRequire(import.meta.url)("crc-32/crc32c") as { buf: Crc32c };
  return (bytes) => fallback.buf(bytes) >>> 0;
}
