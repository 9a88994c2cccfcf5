const INT_BYTES_MAX = 5;
const LONG_BYTES_MAX = 10;

/**
 * Zigzag varints of up to 64 bits, as records use them, without a BigInt: beyond 2^53 the value is
 * not exact, which callers see by Number.isSafeInteger.
 */
export class VarintReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  position: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.position;
  }

  /** @throws RangeError past the end, or for more than ten bytes. */
  next(): number {
    let position = this.position;
    let byte = this.#bytes[position++] as number;
    if (position > this.#end) throw new RangeError("a varint beyond the end");
    if (byte < 0x80) {
      // The usual case: small deltas and lengths.
      this.position = position;
      return (byte >>> 1) ^ -(byte & 1);
    }
    const isNegative = (byte & 1) !== 0;
    let value = byte & 0x7f;
    let scale = 0x80;
    do {
      if (position >= this.#end || position - this.position >= LONG_BYTES_MAX) {
        throw new RangeError("a varint beyond its end");
      }
      byte = this.#bytes[position++] as number;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte >= 0x80);
    this.position = position;
    return isNegative ? -(value + 1) / 2 : value / 2;
  }

  /**
   * A length, count or offset delta: 32 bits, in five bytes at most.
   *
   * @throws RangeError for more than that, or past the end.
   */
  nextInt(): number {
    // One byte, or two: nearly all there are. Short enough to be inlined where records are walked.
    const start = this.position;
    const first = this.#bytes[start] as number;
    if (first < 0x80 && start < this.#end) {
      this.position = start + 1;
      return (first >>> 1) ^ -(first & 1);
    }
    const second = this.#bytes[start + 1] as number;
    if (second < 0x80 && start + 1 < this.#end) {
      this.position = start + 2;
      return (((first & 0x7f) >>> 1) | (second << 6)) ^ -(first & 1);
    }
    return this.#longInt(start);
  }

  #longInt(start: number): number {
    const value = this.next();
    if (this.position - start > INT_BYTES_MAX || value !== (value | 0)) {
      throw new RangeError("a varint of more than 32 bits");
    }
    return value;
  }

  /** Passes over a length and that many bytes, none if it is below 0. Gives back the length. */
  skipNullable(): number {
    const length = this.nextInt();
    if (length <= 0) return length;
    if (length > this.#end - this.position) throw new RangeError(`a length of ${length}`);
    this.position += length;
    return length;
  }

  /** A view of the next bytes. @throws RangeError for a length below 0 or beyond the end. */
  take(length: number): Buffer {
    const start = this.position;
    this.skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** @throws RangeError for a length below 0 or beyond the end. */
  skip(length: number): void {
    if (length < 0 || length > this.remaining) throw new RangeError(`a length of ${length}`);
    this.position += length;
  }
}

export function varintSize(value: number): number {
  let size = 1;
  for (let left = zigzag(value); left >= 0x80; left = Math.floor(left / 0x80)) size += 1;
  return size;
}

/** Gives back the position after it. */
export function writeVarint(bytes: Buffer, value: number, at: number): number {
  let position = at;
  let left = zigzag(value);
  while (left >= 0x80) {
    bytes[position++] = (left % 0x80) | 0x80;
    left = Math.floor(left / 0x80);
  }
  bytes[position++] = left;
  return position;
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}
