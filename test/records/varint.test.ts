import fc from "fast-check";
import { expect, test } from "vitest";
import { VarintReader, varintSize, writeVarint } from "../../src/records/varint.ts";

function written(value: number): Buffer {
  const bytes = Buffer.alloc(10);
  return bytes.subarray(0, writeVarint(bytes, value, 0));
}

/** As Kafka's ByteUtils.writeVarlong has it, by arithmetic on whole int64s. */
function reference(value: bigint): Buffer {
  let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}

test("zigzag varints are written as Kafka writes them, up to 52 bits either way", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (any) => {
      const value = Math.trunc(any / 2);
      expect(written(value).toString("hex")).toBe(reference(BigInt(value)).toString("hex"));
      expect(written(value)).toHaveLength(varintSize(value));
    }),
  );
});

test("what was written is read back, from one byte to eight", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 51 }), fc.maxSafeInteger(), (bits, any) => {
      const value = Math.trunc(any % 2 ** bits);
      const reader = new VarintReader(written(value));
      expect(reader.next()).toBe(value + 0);
      expect(reader.remaining).toBe(0);
    }),
  );
});

test("the largest int64s take ten bytes; they come out too large to be safe, and with their sign", () => {
  for (const value of [2n ** 63n - 1n, -(2n ** 63n)]) {
    const read = new VarintReader(reference(value)).next();

    expect(Number.isSafeInteger(read)).toBe(false);
    expect(Math.sign(read)).toBe(value > 0n ? 1 : -1);
    expect(Math.abs(read)).toBe(2 ** 63);
  }
});

test("a varint of more than ten bytes, or without its last one, is refused", () => {
  const overlong = Buffer.concat([Buffer.alloc(10, 0x80), Buffer.from([0])]);

  expect(() => new VarintReader(overlong).next()).toThrow(RangeError);
  expect(() => new VarintReader(Buffer.from([0x80])).next()).toThrow(RangeError);
  expect(() => new VarintReader(Buffer.alloc(0)).next()).toThrow(RangeError);
});

test("nothing is read beyond the end that was given, though the buffer goes on", () => {
  expect(() => new VarintReader(Buffer.from([2, 4, 6]), 2, 2).next()).toThrow(RangeError);
  expect(() => new VarintReader(Buffer.from([0x80, 1, 1]), 0, 1).next()).toThrow(RangeError);
});

test("an int has 32 bits in at most five bytes", () => {
  const zeroInSix = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0]);

  for (const value of [2 ** 31 - 1, -(2 ** 31), 0, -1]) {
    expect(new VarintReader(written(value)).nextInt()).toBe(value);
  }
  expect(() => new VarintReader(written(2 ** 31)).nextInt()).toThrow(RangeError);
  expect(() => new VarintReader(zeroInSix).nextInt()).toThrow(RangeError);
  expect(new VarintReader(zeroInSix).next()).toBe(0);
});

test("bytes that are not there can be neither taken nor passed over", () => {
  const reader = new VarintReader(Buffer.alloc(4));

  expect(() => reader.take(5)).toThrow(RangeError);
  expect(() => reader.skip(-1)).toThrow(RangeError);
  expect(reader.take(4)).toHaveLength(4);
});
