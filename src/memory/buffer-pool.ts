const SMALLEST_BYTES = 64 * 1024;
const LARGEST_BYTES = 16 * 1024 * 1024;

/**
 * Large buffers, used again. The pages of a fresh megabyte cost more than filling it, and every few
 * dozen of them make V8 collect its whole heap. Free ones are kept up to a bound.
 */
export class BufferPool {
  readonly #freeBytesMax: number;
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;

  constructor(freeBytesMax: number) {
    this.#freeBytesMax = freeBytesMax;
  }

  /**
   * A buffer of at least that size, with whatever it holds. Hand it to {@link give} when nothing looks
   * at it any more; one that is lost is the garbage collector's.
   */
  take(bytes: number): Buffer {
    const size = sizeClass(bytes);
    const free = this.#free.get(size)?.pop();
    if (free === undefined) return Buffer.allocUnsafeSlow(size);
    this.#freeBytes -= size;
    return free;
  }

  give(buffer: Buffer): void {
    const size = buffer.length;
    if (size > LARGEST_BYTES || this.#freeBytes + size > this.#freeBytesMax) return;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [buffer]);
    else free.push(buffer);
    this.#freeBytes += size;
  }
}

/** Powers of two, so that few sizes serve all. */
function sizeClass(bytes: number): number {
  if (bytes > LARGEST_BYTES) return bytes;
  return Math.max(SMALLEST_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
}
