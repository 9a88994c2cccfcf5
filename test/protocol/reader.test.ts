import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError, Reader } from "../../src/protocol/reader.ts";
import { uvarint } from "../support/reference-encoder.ts";

const hex = (text: string) => new Reader(Buffer.from(text.replaceAll(" ", ""), "hex"));

function int64(value: bigint): Reader {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return new Reader(bytes);
}

describe("an int64", () => {
  test("is the same number up to 2^53-1 either way, and beyond that refused, never rounded", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const isSafe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;

        if (isSafe) expect(int64(value).int64()).toBe(Number(value));
        else expect(() => int64(value).int64()).toThrow(DecodeError);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    [2n ** 53n - 1n, true],
    [2n ** 53n, false],
    [2n ** 53n + 1n, false],
    [-(2n ** 53n) + 1n, true],
    [-(2n ** 53n), false],
    [-(2n ** 53n) - 1n, false],
    [2n ** 63n - 1n, false],
    [-(2n ** 63n), false],
    [2n ** 32n, true],
    [-(2n ** 32n), true],
    [-1n, true],
  ])("%s: %s", (value, isSafe) => {
    if (isSafe) expect(int64(value).int64()).toBe(Number(value));
    else expect(() => int64(value).int64()).toThrow(DecodeError);
  });

  test("is whole where all of its bits are meant", () => {
    expect(int64(2n ** 63n - 1n).int64Wide()).toBe(2n ** 63n - 1n);
    expect(int64(-(2n ** 63n)).int64Wide()).toBe(-(2n ** 63n));
  });
});

describe("an unsigned varint", () => {
  test("goes up to 2^32-1", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        expect(new Reader(uvarint(value)).uvarint()).toBe(value);
      }),
    );
  });

  test("of six bytes is refused", () => {
    expect(() => hex("80 80 80 80 80 01").uvarint()).toThrow(DecodeError);
  });

  test("that is signed carries its sign in the lowest bit", () => {
    expect(hex("00").varint()).toBe(0);
    expect(hex("01").varint()).toBe(-1);
    expect(hex("02").varint()).toBe(1);
    expect(hex("ff ff ff ff 0f").varint()).toBe(-(2 ** 31));
  });
});

describe("a length", () => {
  test.each<[string, (reader: Reader) => unknown, string]>([
    ["string", (reader) => reader.string(), "0003 6162"],
    ["nullable string", (reader) => reader.nullableString(), "7fff 6162"],
    ["compact string", (reader) => reader.compactString(), "04 6162"],
    ["compact nullable string", (reader) => reader.compactNullableString(), "ff ff ff ff 0f 61"],
    ["bytes", (reader) => reader.bytes(), "7fffffff 6162"],
    ["nullable bytes", (reader) => reader.nullableBytes(), "00000003 6162"],
    ["compact bytes", (reader) => reader.compactBytes(), "ff ff ff ff 0f 6162"],
    ["compact nullable bytes", (reader) => reader.compactNullableBytes(), "04 6162"],
    ["array", (reader) => reader.arrayLength(1), "00000003 6162"],
    ["array of larger elements", (reader) => reader.arrayLength(2), "00000002 616263"],
    ["nullable array", (reader) => reader.nullableArrayLength(4), "7fffffff 6162"],
    ["compact array", (reader) => reader.compactArrayLength(1), "04 6162"],
    ["compact nullable array", (reader) => reader.compactNullableArrayLength(1), "ff ff ff ff 0f"],
    ["tagged field", (reader) => reader.beginTaggedField(), "03 6162"],
  ])("of more than is left is refused: %s", (_, read, text) => {
    expect(() => read(hex(text))).toThrow(DecodeError);
  });

  test.each<[string, (reader: Reader) => unknown, string]>([
    ["string", (reader) => reader.string(), "ffff"],
    ["compact string", (reader) => reader.compactString(), "00"],
    ["bytes", (reader) => reader.bytes(), "ffffffff"],
    ["compact bytes", (reader) => reader.compactBytes(), "00"],
    ["array", (reader) => reader.arrayLength(1), "ffffffff"],
    ["compact array", (reader) => reader.compactArrayLength(1), "00"],
  ])("that says null is refused where there is none: %s", (_, read, text) => {
    expect(() => read(hex(text))).toThrow(DecodeError);
  });

  test.each<[string, (reader: Reader) => unknown, string]>([
    ["string", (reader) => reader.nullableString(), "ffff"],
    ["compact string", (reader) => reader.compactNullableString(), "00"],
    ["bytes", (reader) => reader.nullableBytes(), "ffffffff"],
    ["compact bytes", (reader) => reader.compactNullableBytes(), "00"],
  ])("may say null where there is one: %s", (_, read, text) => {
    expect(read(hex(text))).toBeNull();
  });

  test("of a string ends at 32767, though a compact one could say more", () => {
    const compact = (size: number) => Buffer.concat([uvarint(size + 1), Buffer.alloc(size, "a")]);

    expect(new Reader(compact(32_767)).compactString()).toHaveLength(32_767);
    expect(() => new Reader(compact(32_768)).compactString()).toThrow(DecodeError);
  });
});

describe("tagged fields", () => {
  test("that nobody knows are passed over", () => {
    const reader = hex("02 05 01 ff 8f4e 00 77");

    reader.skipTaggedFields();

    expect(reader.int8()).toBe(0x77);
  });

  test("of which there are not as many as said are refused", () => {
    expect(() => hex("ff ff ff ff 0f 00 00").skipTaggedFields()).toThrow(DecodeError);
  });

  test("that end elsewhere than their size says are refused", () => {
    const reader = hex("02 0001 00");
    const end = reader.beginTaggedField();
    reader.int8();

    expect(() => reader.endTaggedField(end)).toThrow(DecodeError);
  });
});

test("a reader of a part of a buffer sees nothing beyond it", () => {
  const reader = new Reader(Buffer.from([1, 2, 3, 4, 5]), 1, 3);

  expect(reader.remaining).toBe(2);
  expect(() => reader.int32()).toThrow(DecodeError);
  expect(reader.int16()).toBe(0x0203);
  expect(() => reader.int8()).toThrow(DecodeError);
});

test("byte fields are views of the frame, not copies", () => {
  const frame = Buffer.from("00000002abcd", "hex");

  const bytes = new Reader(frame).bytes();

  expect(bytes.buffer).toBe(frame.buffer);
  expect(bytes).toEqual(Buffer.from("abcd", "hex"));
});

describe("the arrays of one message", () => {
  test("hold a million elements together, and no more: memory is not the client's to take", () => {
    const bytes = Buffer.alloc(2 ** 20 + 8);
    bytes.writeInt32BE(2 ** 20, 0);
    bytes.writeInt32BE(1, 4);
    const reader = new Reader(bytes);

    expect(reader.arrayLength(1)).toBe(2 ** 20);
    expect(() => reader.arrayLength(1)).toThrow(DecodeError);
  });
});
