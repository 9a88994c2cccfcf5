/** Offsets in an index are counted from the segment's base offset, in 31 bits. */
export const RELATIVE_OFFSET_MAX = 2 ** 31 - 1;

const ENTRY_BYTES = 8;

/**
 * Where in a segment's file an offset is to be found: pairs of the last offset of a batch (counted
 * from the segment's base offset) and the position of that batch, for one batch in every few
 * kilobytes. The file is the same: int32, int32, big endian.
 */
export class OffsetIndex {
  readonly #baseOffset: number;
  /** Offset and position by turns. */
  #entries: Int32Array;
  #count = 0;

  constructor(baseOffset: number, capacity = 0) {
    this.#baseOffset = baseOffset;
    this.#entries = new Int32Array(2 * capacity);
  }

  /** Entries that make no sense, and those behind them, are left out: see {@link isSane}. */
  static read(baseOffset: number, bytes: Buffer): OffsetIndex {
    const count = Math.floor(bytes.length / ENTRY_BYTES);
    const index = new OffsetIndex(baseOffset, count);
    for (let i = 0; i < count; i++) {
      const offset = bytes.readInt32BE(i * ENTRY_BYTES);
      const position = bytes.readInt32BE(i * ENTRY_BYTES + 4);
      // A preallocated file ends in zeros.
      if (i > 0 && offset <= index.#offsetOf(i - 1)) break;
      if (offset === 0 && position === 0 && i > 0) break;
      index.#put(offset, position);
    }
    return index;
  }

  static mayBeSize(bytes: number): boolean {
    return bytes >= 0 && bytes % ENTRY_BYTES === 0;
  }

  get sizeInBytes(): number {
    return this.#count * ENTRY_BYTES;
  }

  get lastOffset(): number {
    return this.#count === 0
      ? this.#baseOffset
      : this.#baseOffset + this.#offsetOf(this.#count - 1);
  }

  /** Forgets the entries of batches that end at or behind `offset`. */
  truncate(offset: number): void {
    while (this.#count > 0 && this.lastOffset >= offset) this.#count -= 1;
  }

  /** Where the batch of the last entry lies; 0 if there is none. */
  get lastPosition(): number {
    return this.#count === 0 ? 0 : (this.#entries[2 * this.#count - 1] as number);
  }

  append(offset: number, position: number): void {
    this.#put(offset - this.#baseOffset, position);
  }

  /** A position at or before the batch that holds `offset`, near it. */
  positionBefore(offset: number): number {
    const relative = offset - this.#baseOffset;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsetOf(middle) <= relative) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (this.#entries[2 * low - 1] as number);
  }

  /** The position of the last entry that lies there or before. */
  positionUpTo(position: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[2 * middle + 1] as number) <= position) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (this.#entries[2 * low - 1] as number);
  }

  /** Whether every entry points into a file of this size, behind the one before it. */
  isSane(fileBytes: number): boolean {
    let from = -1;
    for (let i = 0; i < this.#count; i++) {
      const position = this.#entries[2 * i + 1] as number;
      if (position <= from || position >= fileBytes || this.#offsetOf(i) < 0) return false;
      from = position;
    }
    return true;
  }

  toBytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.sizeInBytes);
    for (let i = 0; i < 2 * this.#count; i++) bytes.writeInt32BE(this.#entries[i] as number, 4 * i);
    return bytes;
  }

  #offsetOf(i: number): number {
    return this.#entries[2 * i] as number;
  }

  #put(relativeOffset: number, position: number): void {
    if (2 * this.#count === this.#entries.length) {
      const larger = new Int32Array(Math.max(32, 2 * this.#entries.length));
      larger.set(this.#entries);
      this.#entries = larger;
    }
    this.#entries[2 * this.#count] = relativeOffset;
    this.#entries[2 * this.#count + 1] = position;
    this.#count += 1;
  }
}
