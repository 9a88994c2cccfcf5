/** Batches smaller than this are copied together, so that they do not pin what they came in. */
const COPY_BELOW_BYTES = 16 * 1024;
/** A batch that is less than this share of the buffer it lies in would pin too much of it. */
const PIN_FACTOR_MAX = 4;
const SLAB_BYTES = 64 * 1024;

export interface CachedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Base offset of the segment, and position in its file. */
  readonly segmentBase: number;
  readonly position: number;
  readonly bytes: Buffer;
}

/**
 * The newest batches of all logs of a directory, bounded in bytes: consumers at the tail cost no
 * read. The oldest leave first, whichever log they are of.
 */
export class TailCache {
  readonly #bytesMax: number;
  /** Whose batch was added when; every log's own are in the same order. */
  #queue: (LogTail | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #slab: Buffer = Buffer.alloc(0);
  #slabUsed = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  newTail(): LogTail {
    return new LogTail(this);
  }

  /** @internal Keeps bytes, copying them where that pins less. */
  keep(tail: LogTail, bytes: Buffer): Buffer {
    const kept = this.#worthCopying(bytes) ? this.#copy(bytes) : bytes;
    this.#bytes += kept.length;
    this.#queue.push(tail);
    while (this.#bytes > this.#bytesMax && this.#head < this.#queue.length) this.#evict();
    return kept;
  }

  /** @internal */
  forget(bytes: number): void {
    this.#bytes -= bytes;
  }

  #evict(): void {
    this.#queue[this.#head]?.dropOldest();
    this.#queue[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  #worthCopying(bytes: Buffer): boolean {
    return (
      bytes.length < COPY_BELOW_BYTES || bytes.buffer.byteLength > PIN_FACTOR_MAX * bytes.length
    );
  }

  #copy(bytes: Buffer): Buffer {
    if (bytes.length >= COPY_BELOW_BYTES) return Buffer.from(bytes);
    if (this.#slabUsed + bytes.length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    const start = this.#slabUsed;
    this.#slabUsed += bytes.copy(this.#slab, start);
    return this.#slab.subarray(start, this.#slabUsed);
  }
}

/** The cached batches of one log, without gaps up to its end. */
export class LogTail {
  readonly #cache: TailCache;
  #batches: CachedBatch[] = [];
  #head = 0;
  /** Entries in the cache's queue that are not ours any more. */
  #droppedEarly = 0;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  add(batch: CachedBatch): void {
    const bytes = this.#cache.keep(this, batch.bytes);
    this.#batches.push(bytes === batch.bytes ? batch : { ...batch, bytes });
  }

  /** @internal The cache needs room. */
  dropOldest(): void {
    if (this.#droppedEarly > 0) {
      this.#droppedEarly -= 1;
      return;
    }
    const oldest = this.#batches[this.#head];
    // The batch that is being added, larger than the whole cache.
    if (oldest === undefined) return;
    this.#cache.forget(oldest.bytes.length);
    this.#head += 1;
    if (this.#head > 32 && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Everything leaves: the log was truncated, or is gone. */
  clear(): void {
    for (let i = this.#head; i < this.#batches.length; i++) {
      this.#cache.forget((this.#batches[i] as CachedBatch).bytes.length);
      this.#droppedEarly += 1;
    }
    this.#batches = [];
    this.#head = 0;
  }

  /** The cached batch that holds `offset`, and its place; undefined if it is not cached. */
  find(offset: number): number | undefined {
    let low = this.#head;
    let high = this.#batches.length;
    if (low === high || offset < (this.#batches[low] as CachedBatch).baseOffset) return undefined;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#batches[middle] as CachedBatch).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low < this.#batches.length ? low : undefined;
  }

  at(place: number): CachedBatch | undefined {
    return this.#batches[place];
  }
}
