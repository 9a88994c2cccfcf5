import { writeInt64 } from "./int64.ts";

/** Byte fields of this size and more are not copied: they leave as chunks of their own. */
const BY_REFERENCE_BYTES = 1024;

/** What the length of a string can say, and Kafka takes in either form. */
const STRING_BYTES_MAX = 2 ** 15 - 1;

/** What one message may take beside the byte fields it refers to: no honest one comes near. */
const COPIED_BYTES_MAX = 256 * 1024 * 1024;

/** What a byte field may be given as: several slices are sent back to back. */
export type ByteSlices = Buffer | readonly Buffer[];

/**
 * Collects Kafka's primitives for one message, as few chunks for one `writev`.
 *
 * @throws RangeError for a string of more than 32767 bytes, which the protocol cannot carry, for a
 * uuid that is none, and for a message without bounds.
 */
export class Writer {
  #buffer: Buffer;
  #position = 0;
  /** Where the piece of the buffer begins that is not among the chunks yet. */
  #chunkStart = 0;
  readonly #chunks: Buffer[] = [];
  #chunkBytes = 0;

  constructor(initialBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  get byteLength(): number {
    return this.#chunkBytes + this.#position - this.#chunkStart;
  }

  /** Everything written so far. Nothing may be written afterwards. */
  chunks(): Buffer[] {
    this.#cut();
    return this.#chunks;
  }

  toBuffer(): Buffer {
    const chunks = this.chunks();
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  int8(value: number): void {
    const at = this.#room(1);
    this.#buffer[at] = value;
  }

  int16(value: number): void {
    const at = this.#room(2);
    this.#buffer[at] = value >> 8;
    this.#buffer[at + 1] = value;
  }

  uint16(value: number): void {
    this.int16(value);
  }

  int32(value: number): void {
    const at = this.#room(4);
    const buffer = this.#buffer;
    buffer[at] = value >> 24;
    buffer[at + 1] = value >> 16;
    buffer[at + 2] = value >> 8;
    buffer[at + 3] = value;
  }

  uint32(value: number): void {
    this.int32(value | 0);
  }

  int64(value: number): void {
    const at = this.#room(8);
    writeInt64(this.#buffer, value, at);
  }

  int64Wide(value: bigint): void {
    const at = this.#room(8);
    this.#buffer.writeBigInt64BE(value, at);
  }

  float64(value: number): void {
    const at = this.#room(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  uuid(value: string): void {
    const at = this.#room(16);
    // What is not written would be whatever the buffer held before.
    const size = this.#buffer.write(value, at, 16, "base64url");
    if (size !== 16 || value.length !== 22) throw new RangeError(`"${value}" is no id`);
  }

  uvarint(value: number): void {
    const at = this.#room(5);
    let position = at;
    let left = value >>> 0;
    while (left >= 0x80) {
      this.#buffer[position++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#buffer[position++] = left;
    this.#position = position;
  }

  varint(value: number): void {
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  string(value: string): void {
    const size = stringBytes(value);
    this.int16(size);
    this.#text(value, size);
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    const size = stringBytes(value);
    this.uvarint(size + 1);
    this.#text(value, size);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0);
    else this.compactString(value);
  }

  bytes(value: ByteSlices): void {
    this.int32(sizeOf(value));
    this.raw(value);
  }

  nullableBytes(value: ByteSlices | null): void {
    if (value === null) this.int32(-1);
    else this.bytes(value);
  }

  compactBytes(value: ByteSlices): void {
    this.uvarint(sizeOf(value) + 1);
    this.raw(value);
  }

  compactNullableBytes(value: ByteSlices | null): void {
    if (value === null) this.uvarint(0);
    else this.compactBytes(value);
  }

  /** -1 for null. */
  arrayLength(count: number): void {
    this.int32(count);
  }

  /** -1 for null. */
  compactArrayLength(count: number): void {
    this.uvarint(count + 1);
  }

  /** One tagged field: tag, size, content. The count of them comes before, by {@link uvarint}. */
  taggedField(tag: number, content: (writer: Writer) => void): void {
    const field = new Writer(64);
    content(field);
    this.uvarint(tag);
    this.uvarint(field.byteLength);
    this.raw(field.chunks());
  }

  /** Bytes without a length before them. Large ones are kept by reference. */
  raw(value: ByteSlices): void {
    if (Buffer.isBuffer(value)) this.#slice(value);
    else for (const slice of value) this.#slice(slice);
  }

  #slice(slice: Buffer): void {
    if (slice.length >= BY_REFERENCE_BYTES) {
      this.#cut();
      this.#chunks.push(slice);
      this.#chunkBytes += slice.length;
      return;
    }
    const at = this.#room(slice.length);
    slice.copy(this.#buffer, at);
  }

  #text(value: string, size: number): void {
    if (size === 0) return;
    const at = this.#room(size);
    this.#buffer.write(value, at, size, "utf8");
  }

  /** Makes room and moves on. Gives back where to write. */
  #room(size: number): number {
    if (this.#position + size > this.#buffer.length) this.#grow(size);
    const at = this.#position;
    this.#position = at + size;
    return at;
  }

  #grow(size: number): void {
    const pending = this.#position - this.#chunkStart;
    if (pending + size > COPIED_BYTES_MAX) {
      throw new RangeError(`a message of more than ${COPIED_BYTES_MAX} bytes`);
    }
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, pending + size + 64));
    this.#buffer.copy(larger, 0, this.#chunkStart, this.#position);
    this.#buffer = larger;
    this.#chunkStart = 0;
    this.#position = pending;
  }

  /** What has been written since the last cut becomes a chunk. */
  #cut(): void {
    if (this.#position === this.#chunkStart) return;
    this.#chunks.push(this.#buffer.subarray(this.#chunkStart, this.#position));
    this.#chunkBytes += this.#position - this.#chunkStart;
    this.#chunkStart = this.#position;
  }
}

function stringBytes(value: string): number {
  const size = Buffer.byteLength(value);
  if (size > STRING_BYTES_MAX) throw new RangeError(`a string of ${size} bytes`);
  return size;
}

function sizeOf(value: ByteSlices): number {
  if (Buffer.isBuffer(value)) return value.length;
  let size = 0;
  for (const slice of value) size += slice.length;
  return size;
}
