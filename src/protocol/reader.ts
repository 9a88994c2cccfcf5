import { uuidFromBytes } from "./uuid.ts";

/** The bytes are not what the protocol says they should be. The only thing a decoder ever throws. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** A well-formed int64 that a number cannot hold: the request may be refused in words. */
export class IntegerTooLarge extends DecodeError {}

const TWO_32 = 2 ** 32;
/** High words beyond these make an int64 that a number cannot hold exactly. */
const HIGH_WORD_MAX = 2 ** 21 - 1;
/** A compact string could say more, but Kafka holds it to what the old form can say. */
const STRING_BYTES_MAX = 2 ** 15 - 1;
const EMPTY_BYTES = Buffer.alloc(0);
/**
 * All arrays of one message together. An element of two bytes becomes an object of a hundred and more:
 * a frame of the largest size, full of them, would take more memory than a process may have.
 */
const ELEMENTS_MAX = 2 ** 20;

/**
 * Reads Kafka's primitives from one message. Believes no length before it has compared it with what
 * is left. Byte fields are views, valid for as long as the frame they came from.
 *
 * @throws DecodeError past the end, for a length that lies, for more than a million elements, and
 * for an int64 beyond ±(2^53−1).
 */
export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #position: number;
  #elements = 0;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  int8(): number {
    const at = this.#take(1);
    return ((this.#bytes[at] as number) << 24) >> 24;
  }

  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  uint16(): number {
    const at = this.#take(2);
    const bytes = this.#bytes;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  int32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    );
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** A safe integer. What a number cannot hold is refused here, never rounded. */
  int64(): number {
    const high = this.int32();
    const low = this.uint32();
    const value = high * TWO_32 + low;
    if (high > HIGH_WORD_MAX || !Number.isSafeInteger(value)) {
      throw new IntegerTooLarge("an int64 beyond 2^53-1");
    }
    return value;
  }

  int64Wide(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  uuid(): string {
    return uuidFromBytes(this.#bytes, this.#take(16));
  }

  /** At most five bytes, seven bits each, the lowest first. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#take(1)] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new DecodeError("a varint of more than five bytes");
  }

  varint(): number {
    const value = this.uvarint();
    return (value >>> 1) ^ -(value & 1);
  }

  string(): string {
    return this.#text(this.#notNull(this.int16()));
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#text(length);
  }

  compactString(): string {
    return this.#text(this.#notNull(this.uvarint() - 1));
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.#text(length);
  }

  bytes(): Buffer {
    return this.#view(this.#notNull(this.int32()));
  }

  nullableBytes(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : this.#view(length);
  }

  compactBytes(): Buffer {
    return this.#view(this.#notNull(this.uvarint() - 1));
  }

  compactNullableBytes(): Buffer | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.#view(length);
  }

  /** @param elementBytesMin the fewest bytes an element can take: a larger count is a lie. */
  arrayLength(elementBytesMin: number): number {
    return this.#count(this.#notNull(this.int32()), elementBytesMin);
  }

  /** -1 for null. */
  nullableArrayLength(elementBytesMin: number): number {
    const count = this.int32();
    return count < 0 ? -1 : this.#count(count, elementBytesMin);
  }

  compactArrayLength(elementBytesMin: number): number {
    return this.#count(this.#notNull(this.uvarint() - 1), elementBytesMin);
  }

  /** -1 for null. */
  compactNullableArrayLength(elementBytesMin: number): number {
    const count = this.uvarint() - 1;
    return count < 0 ? -1 : this.#count(count, elementBytesMin);
  }

  /** Reads the size of a tagged field. Gives back where the field must end. */
  beginTaggedField(): number {
    const size = this.uvarint();
    if (size > this.remaining) throw new DecodeError(`a tagged field of ${size} bytes`);
    return this.#position + size;
  }

  skipTo(end: number): void {
    this.#position = end;
  }

  endTaggedField(end: number): void {
    if (this.#position !== end)
      throw new DecodeError("a tagged field of another size than it says");
  }

  /** Skips the tagged section of a struct that has no tagged fields we know. */
  skipTaggedFields(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint();
      this.skipTo(this.beginTaggedField());
    }
  }

  #take(size: number): number {
    const at = this.#position;
    if (size > this.#end - at)
      throw new DecodeError(`${size} bytes wanted, ${this.#end - at} left`);
    this.#position = at + size;
    return at;
  }

  #notNull(length: number): number {
    if (length < 0) throw new DecodeError("null where the protocol has none");
    return length;
  }

  #count(count: number, elementBytesMin: number): number {
    if (count * elementBytesMin > this.remaining) {
      throw new DecodeError(`an array of ${count} elements in ${this.remaining} bytes`);
    }
    this.#elements += count;
    if (this.#elements > ELEMENTS_MAX) {
      throw new DecodeError(`arrays of ${this.#elements} elements and more`);
    }
    return count;
  }

  #text(length: number): string {
    if (length > STRING_BYTES_MAX) throw new DecodeError(`a string of ${length} bytes`);
    const at = this.#take(length);
    return length === 0 ? "" : this.#bytes.toString("utf8", at, at + length);
  }

  #view(length: number): Buffer {
    if (length === 0) return EMPTY_BYTES;
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }
}
