import { readInt64, writeInt64 } from "../protocol/int64.ts";

const ENTRY_BYTES = 12;

/**
 * From which offset on to look for a point in time: pairs of the largest timestamp so far and the
 * offset of the batch that has it. The file is the same: int64, int32 (from the segment's base).
 */
export class TimeIndex {
  readonly #baseOffset: number;
  readonly #timestamps: number[] = [];
  readonly #offsets: number[] = [];

  constructor(baseOffset: number) {
    this.#baseOffset = baseOffset;
  }

  static read(baseOffset: number, bytes: Buffer): TimeIndex {
    const index = new TimeIndex(baseOffset);
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const timestamp = readInt64(bytes, at);
      const offset = baseOffset + bytes.readInt32BE(at + 8);
      // A preallocated file ends in zeros.
      if (at > 0 && timestamp <= index.lastTimestamp) break;
      index.append(timestamp, offset);
    }
    return index;
  }

  static mayBeSize(bytes: number): boolean {
    return bytes >= 0 && bytes % ENTRY_BYTES === 0;
  }

  get sizeInBytes(): number {
    return this.#timestamps.length * ENTRY_BYTES;
  }

  /** -1 if there is no entry. */
  get lastTimestamp(): number {
    return this.#timestamps.at(-1) ?? -1;
  }

  get lastOffset(): number {
    return this.#offsets.at(-1) ?? this.#baseOffset;
  }

  /** Forgets the entries of batches that end at or behind `offset`. */
  truncate(offset: number): void {
    while (this.#offsets.length > 0 && this.lastOffset >= offset) {
      this.#offsets.pop();
      this.#timestamps.pop();
    }
  }

  /** Only if it is later than the last one. */
  append(timestamp: number, offset: number): void {
    if (timestamp <= this.lastTimestamp) return;
    this.#timestamps.push(timestamp);
    this.#offsets.push(offset);
  }

  /** The largest offset known to lie before every record of that time or later. */
  offsetBefore(timestamp: number): number {
    let low = 0;
    let high = this.#timestamps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timestamps[middle] as number) < timestamp) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? this.#baseOffset : (this.#offsets[low - 1] as number);
  }

  toBytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.sizeInBytes);
    this.#timestamps.forEach((timestamp, i) => {
      writeInt64(bytes, timestamp, i * ENTRY_BYTES);
      bytes.writeInt32BE((this.#offsets[i] as number) - this.#baseOffset, i * ENTRY_BYTES + 8);
    });
    return bytes;
  }
}
