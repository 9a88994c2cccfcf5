import { baseOffsetAt, lastOffsetAt, sizeInBytesAt } from "../records/batch.ts";

/**
 * Larger batches are not kept: reading them back from the system's own cache costs little more than
 * sending them, while a copy here, or a request's buffer that is kept alive, costs more than it saves.
 */
const KEPT_BATCH_BYTES_MAX = 16 * 1024;
/** Blocks that small batches are copied into: larger ones for logs that fill them. */
const BLOCK_BYTES_MIN = 512;
const BLOCK_BYTES_MAX = 64 * 1024;
/** A search in a block walks over no more than about this. */
const MARK_BYTES = 1024;
/** What a block costs beside its bytes, about. */
const BLOCK_OVERHEAD_BYTES = 256;

/** Where a batch lies: base offset of the segment, and position in its file. */
export interface FilePlace {
  readonly segmentBase: number;
  readonly position: number;
}

export interface TailBatch extends FilePlace {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Buffer;
}

/** Batches of one log that follow each other, in the log and in memory. */
interface Block extends FilePlace {
  readonly baseOffset: number;
  lastOffset: number;
  /** Batches up to `used`; what is behind takes the next ones. */
  readonly bytes: Buffer;
  used: number;
  /** Base offset and start, by turns, of one batch in every {@link MARK_BYTES}. */
  readonly marks: number[];
  /** What it counts for in the cache. */
  readonly cost: number;
}

/** Of logs that have none; never added to. */
const NO_BLOCKS: Block[] = [];

/**
 * The newest bytes of all logs of a directory, bounded: consumers at the tail cost no read. The
 * oldest leave first, whichever log they are of.
 *
 * What is given to a reader is never written to again, so nobody has to give it back.
 */
export class TailCache {
  readonly #bytesMax: number;
  /** Whose block was made when; every log's own are in the same order. */
  #queue: (LogTail | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** What is held, the overhead among it. */
  get bytes(): number {
    return this.#bytes;
  }

  newTail(): LogTail {
    return new LogTail(this);
  }

  /** @internal Nothing that costs so much is worth the room. */
  takes(cost: number): boolean {
    return cost * 2 <= this.#bytesMax;
  }

  /** @internal A block was added to a tail. */
  added(tail: LogTail, cost: number): void {
    this.#bytes += cost;
    this.#queue.push(tail);
    while (this.#bytes > this.#bytesMax && this.#head < this.#queue.length) this.#evict();
  }

  /** @internal */
  forget(cost: number): void {
    this.#bytes -= cost;
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
}

/** The cached batches of one log: all from some offset on, up to its end. */
export class LogTail {
  readonly #cache: TailCache;
  #blocks: Block[] = NO_BLOCKS;
  /** Entries in the cache's queue that are not ours any more. */
  #droppedEarly = 0;
  #blockBytes = BLOCK_BYTES_MIN;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  /**
   * Takes the next batch of the log, if it is a small one. Gives back where its bytes are now: small
   * batches are side by side there, and can be written with one call.
   */
  add(batch: TailBatch): Buffer {
    const { bytes } = batch;
    if (bytes.length > KEPT_BATCH_BYTES_MAX) return bytes;
    const block = this.#roomFor(batch);
    if (block === undefined) return bytes;
    const start = block.used;
    if (start - (block.marks.at(-1) ?? 0) >= MARK_BYTES) block.marks.push(batch.baseOffset, start);
    block.used += bytes.copy(block.bytes, start);
    block.lastOffset = batch.lastOffset;
    return block.bytes.subarray(start, block.used);
  }

  /** @internal The cache needs room. */
  dropOldest(): void {
    if (this.#droppedEarly > 0) {
      this.#droppedEarly -= 1;
      return;
    }
    const oldest = this.#blocks[0];
    if (this.#blocks.length > 1) this.#blocks.shift();
    else this.#blocks = NO_BLOCKS;
    if (oldest !== undefined) this.#cache.forget(oldest.cost);
  }

  /** Everything leaves: the log was truncated, or is gone. */
  clear(): void {
    for (const { cost } of this.#blocks) this.#cache.forget(cost);
    this.#droppedEarly += this.#blocks.length;
    this.#blocks = NO_BLOCKS;
  }

  /** What lies in the segments that begin from `first` to `last` leaves: their files are others now. */
  forgetSegments(first: number, last: number): void {
    const kept: Block[] = [];
    for (const block of this.#blocks) {
      if (block.segmentBase < first || block.segmentBase > last) kept.push(block);
      else this.#cache.forget(block.cost);
    }
    // Which of its entries in the queue are void does not matter, only how many.
    this.#droppedEarly += this.#blocks.length - kept.length;
    this.#blocks = kept;
  }

  /** Where the batch with `offset` lies in the files, if it is cached. */
  place(offset: number): FilePlace | undefined {
    const block = this.#blocks[this.#indexOf(offset)];
    if (block === undefined) return undefined;
    const { segmentBase, position } = block;
    return { segmentBase, position: position + startOf(block, offset) };
  }

  /**
   * Batches from the one with `offset` on, those before `upTo`, cut at `maxBytes` but for the first
   * one if `minOne`. Undefined if `offset` is not cached.
   */
  read(
    offset: number,
    { maxBytes, upTo, minOne }: { maxBytes: number; upTo: number; minOne: boolean },
  ): { readonly chunks: readonly Buffer[]; readonly bytes: number } | undefined {
    const first = this.#indexOf(offset);
    const block = this.#blocks[first];
    if (block === undefined) return undefined;
    const start = startOf(block, offset);
    const firstBytes = sizeInBytesAt(block.bytes, start);
    if (firstBytes > maxBytes && !minOne) return { chunks: [], bytes: 0 };
    const limit = Math.max(maxBytes, firstBytes);
    const chunks = [part(block, start, { upTo, room: limit })];
    let bytes = chunks[0]?.length ?? 0;
    for (let i = first + 1; bytes < limit; i++) {
      const next = this.#blocks[i];
      const isNext = next?.baseOffset === (this.#blocks[i - 1] as Block).lastOffset + 1;
      if (next === undefined || !isNext || next.baseOffset >= upTo) break;
      const chunk = part(next, 0, { upTo, room: limit - bytes });
      chunks.push(chunk);
      bytes += chunk.length;
    }
    return { chunks, bytes };
  }

  /** A block that has room for a batch, behind the batches before it. */
  #roomFor(batch: TailBatch): Block | undefined {
    const { length } = batch.bytes;
    const last = this.#blocks.at(-1);
    const isFollowed =
      last !== undefined &&
      last.segmentBase === batch.segmentBase &&
      last.lastOffset + 1 === batch.baseOffset;
    if (isFollowed && last.used + length <= last.bytes.length) return last;
    if (isFollowed) this.#blockBytes = Math.min(BLOCK_BYTES_MAX, 2 * this.#blockBytes);
    const size = Math.max(this.#blockBytes, length);
    if (!this.#cache.takes(size)) return undefined;
    const { baseOffset, lastOffset, segmentBase, position } = batch;
    const bytes = Buffer.allocUnsafeSlow(size);
    const cost = size + BLOCK_OVERHEAD_BYTES;
    const place = { segmentBase, position };
    const block = { baseOffset, lastOffset, ...place, bytes, used: 0, marks: [], cost };
    // An array that grows makes room for many, and most of many logs have one.
    if (this.#blocks.length === 0) this.#blocks = [block];
    else this.#blocks.push(block);
    this.#cache.added(this, cost);
    return block;
  }

  /** Of the block with `offset`; -1 if there is none. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle] as Block).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    const found = this.#blocks[low];
    return found !== undefined && found.baseOffset <= offset ? low : -1;
  }
}

/** Where in a block the batch with `offset` begins, or else the next one. */
function startOf({ bytes, used, marks, baseOffset }: Block, offset: number): number {
  if (offset <= baseOffset) return 0;
  let at = 0;
  // From the end: most readers are at the tail.
  for (let i = marks.length - 2; i >= 0; i -= 2) {
    if ((marks[i] as number) > offset) continue;
    at = marks[i + 1] as number;
    break;
  }
  while (at < used && lastOffsetAt(bytes, at) < offset) at += sizeInBytesAt(bytes, at);
  return at;
}

/** The batches of a block from a position on. */
function part(
  block: Block,
  start: number,
  limits: { readonly upTo: number; readonly room: number },
): Buffer {
  const { bytes, used } = block;
  let end = used;
  if (block.lastOffset >= limits.upTo) {
    end = start;
    while (end < used && baseOffsetAt(bytes, end) < limits.upTo) end += sizeInBytesAt(bytes, end);
  }
  return bytes.subarray(start, Math.min(end, start + limits.room));
}
