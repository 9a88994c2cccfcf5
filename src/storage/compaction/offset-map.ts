import { hashKey, type KeyHash } from "./key-hash.ts";

/** Four words of hash, two of offset. */
const WORDS_PER_SLOT = 6;
const BYTES_PER_SLOT = WORDS_PER_SLOT * Int32Array.BYTES_PER_ELEMENT;
const TWO_32 = 2 ** 32;

export interface KeyRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The newest offset of each key, in bounded memory: 24 bytes for a key of whatever length, as in
 * Kafka's SkimpyOffsetMap. One typed array, outside of the heap that is searched for garbage; collisions
 * go to the next slot.
 */
export class OffsetMap {
  readonly #slots: Int32Array;
  readonly #slotCount: number;
  readonly #keysMax: number;
  readonly #secret: KeyHash;
  readonly #hash: KeyHash = new Int32Array(4);
  #size = 0;
  #latestOffset = -1;

  /**
   * @param bounds.bytesMax most memory to take, bytes.
   * @param bounds.loadFactor how full it may become, 0 to 1.
   * @param bounds.keysExpected more will not come: no more room than for these is taken.
   * @param random gives numbers from 0 to 1, for the secret of the hash.
   * @throws RangeError if there is not room for a single key.
   */
  constructor(
    bounds: {
      readonly bytesMax: number;
      readonly loadFactor: number;
      readonly keysExpected: number;
    },
    random: () => number,
  ) {
    const { bytesMax, loadFactor, keysExpected } = bounds;
    const most = Math.floor(Math.min(bytesMax, 2 ** 31 - 1) / BYTES_PER_SLOT);
    this.#slotCount = Math.min(most, Math.ceil((keysExpected + 1) / loadFactor) + 1);
    this.#keysMax = Math.floor(this.#slotCount * loadFactor);
    // One slot is always free, which is where a search ends.
    if (this.#keysMax < 1 || this.#keysMax >= this.#slotCount) {
      throw new RangeError(`log.cleaner.dedupe.buffer.size ${bytesMax} has no room for a key`);
    }
    this.#slots = new Int32Array(this.#slotCount * WORDS_PER_SLOT);
    this.#secret = Int32Array.from({ length: 4 }, () => Math.floor(random() * TWO_32) | 0);
  }

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  /** Nothing more is to be put. */
  get isFull(): boolean {
    return this.#size >= this.#keysMax;
  }

  /** Up to here, and here too, every record that has a key has been put; -1: none. */
  get latestOffset(): number {
    return this.#latestOffset;
  }

  /** Everything up to `offset` has been seen, whether it had a key or not. */
  seenUpTo(offset: number): void {
    this.#latestOffset = offset;
  }

  /** `offset` must be larger than any before. */
  put(bytes: Uint8Array, key: KeyRange, offset: number): void {
    const at = this.#find(bytes, key);
    const slots = this.#slots;
    if (isFree(slots, at)) {
      slots.set(this.#hash, at);
      this.#size += 1;
    }
    // Counted from one: a slot of zeros is free.
    const marked = offset + 1;
    slots[at + 4] = Math.floor(marked / TWO_32);
    slots[at + 5] = marked | 0;
    this.#latestOffset = offset;
  }

  /** -1 for a key that was never put. */
  get(bytes: Uint8Array, key: KeyRange): number {
    const at = this.#find(bytes, key);
    const high = this.#slots[at + 4] as number;
    return high * TWO_32 + ((this.#slots[at + 5] as number) >>> 0) - 1;
  }

  /** Where a key is, or would be. */
  #find(bytes: Uint8Array, key: KeyRange): number {
    const hash = this.#hash;
    const slots = this.#slots;
    hashKey(this.#secret, bytes, key, hash);
    let slot = ((hash[0] as number) >>> 0) % this.#slotCount;
    for (;;) {
      const at = slot * WORDS_PER_SLOT;
      const isFound =
        slots[at] === hash[0] &&
        slots[at + 1] === hash[1] &&
        slots[at + 2] === hash[2] &&
        slots[at + 3] === hash[3];
      if (isFound || isFree(slots, at)) return at;
      slot = slot + 1 === this.#slotCount ? 0 : slot + 1;
    }
  }
}

function isFree(slots: Int32Array, at: number): boolean {
  return slots[at + 5] === 0 && slots[at + 4] === 0;
}
