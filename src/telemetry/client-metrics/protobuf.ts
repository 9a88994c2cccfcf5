/** What a field of a message holds: a number by its wire type, or bytes. */
export interface Field {
  readonly number: number;
  readonly wire: Wire;
  /** Of a varint, cut to 64 bits. */
  readonly varint: bigint;
  /** Of a string, bytes, message, or of a fixed number its 4 or 8 bytes. */
  readonly bytes: Buffer;
}

export const Wire = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const;
export type Wire = (typeof Wire)[keyof typeof Wire];

/** How many fields may be read of one message, those of the messages within it included. */
export class FieldCount {
  readonly #max: number;
  #read = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get read(): number {
    return this.#read;
  }

  /** @throws RangeError */
  next(): void {
    if (this.#read === this.#max) throw new RangeError(`more than ${this.#max} fields`);
    this.#read += 1;
  }
}

const VARINT_BYTES_MAX = 10;
const NOTHING = Buffer.alloc(0);

/**
 * The fields of a Protocol Buffers message, in the order they come. Only its wire format: what the
 * numbers mean is the caller's to know.
 *
 * @throws RangeError for bytes that are no message, and for more fields than may be.
 */
export function* fieldsOf(message: Buffer, count: FieldCount): Generator<Field> {
  let at = 0;
  while (at < message.length) {
    count.next();
    const tag = varintAt(message, at);
    at = tag.end;
    const wire = Number(tag.value & 7n);
    const number = Number(tag.value >> 3n);
    if (number === 0) throw new RangeError("a field without a number");
    if (wire === Wire.VARINT) {
      const { value, end } = varintAt(message, at);
      at = end;
      yield { number, wire, varint: value, bytes: NOTHING };
      continue;
    }
    const { start, end } = extentAt(message, at, wire);
    at = end;
    yield { number, wire: wire as Wire, varint: 0n, bytes: message.subarray(start, end) };
  }
}

function extentAt(
  message: Buffer,
  at: number,
  wire: number,
): { readonly start: number; readonly end: number } {
  let start = at;
  let length: number;
  if (wire === Wire.BYTES) {
    const size = varintAt(message, at);
    start = size.end;
    length = Number(size.value);
  } else if (wire === Wire.FIXED64) {
    length = 8;
  } else if (wire === Wire.FIXED32) {
    length = 4;
  } else {
    throw new RangeError(`there is no wire type ${wire}`);
  }
  if (length > message.length - start) throw new RangeError("a field that is cut off");
  return { start, end: start + length };
}

function varintAt(bytes: Buffer, at: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let i = 0; i < VARINT_BYTES_MAX; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw new RangeError("a number that is cut off");
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at + i + 1 };
  }
  throw new RangeError("a number without an end");
}
