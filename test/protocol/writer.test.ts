import fc from "fast-check";
import { expect, test } from "vitest";
import { readInt64, writeInt64 } from "../../src/protocol/int64.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { uvarint } from "../support/reference-encoder.ts";

test("numbers are big endian, whatever their sign", () => {
  const writer = new Writer(1);

  writer.int8(-1);
  writer.int16(-2);
  writer.uint16(65_535);
  writer.int32(-3);
  writer.uint32(4_294_967_295);
  writer.int64(-4);
  writer.int64Wide(-5n);
  writer.float64(1.5);

  expect(writer.toBuffer().toString("hex")).toBe(
    "ff fffe ffff fffffffd ffffffff fffffffffffffffc fffffffffffffffb 3ff8000000000000".replaceAll(
      " ",
      "",
    ),
  );
});

test("an int64 is written without a bigint as with one", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const bytes = Buffer.alloc(8);

      writeInt64(bytes, value, 0);

      expect(bytes.readBigInt64BE(0)).toBe(BigInt(value));
      expect(readInt64(bytes, 0)).toBe(value);
    }),
  );
});

test("a varint takes as many bytes as it needs", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
      const writer = new Writer();
      writer.uvarint(value);
      expect(writer.toBuffer()).toEqual(uvarint(value));
    }),
  );
});

test("large byte fields leave as they are, in the order in which they were written", () => {
  const large = Buffer.alloc(1024, 7);
  const small = Buffer.alloc(1023, 8);
  const writer = new Writer(16);

  writer.int32(1);
  writer.bytes([large, small, large]);
  writer.int32(2);

  const chunks = writer.chunks();
  expect(chunks[1]).toBe(large);
  expect(chunks[3]).toBe(large);
  expect(chunks).toHaveLength(5);
  const size = Buffer.from([0, 0, 0x0b, 0xff]);
  const expected = [
    Buffer.from([0, 0, 0, 1]),
    size,
    large,
    small,
    large,
    Buffer.from([0, 0, 0, 2]),
  ];
  expect(Buffer.concat(chunks)).toEqual(Buffer.concat(expected));
});

test("whatever is written in whatever order comes out once, and is counted", () => {
  const part = fc.uint8Array({ maxLength: 3000, size: "max" }).map((bytes) => Buffer.from(bytes));

  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 20 }),
      fc.integer({ min: 1, max: 64 }),
      (parts, size) => {
        const writer = new Writer(size);

        for (const one of parts) writer.raw(one);

        expect(writer.byteLength).toBe(Buffer.concat(parts).length);
        expect(Buffer.concat(writer.chunks())).toEqual(Buffer.concat(parts));
      },
    ),
  );
});

test("a tagged field says its size, whether it is small, large or empty", () => {
  for (const size of [0, 1, 127, 128, 2000]) {
    const content = Buffer.alloc(size, 9);
    const writer = new Writer();

    writer.taggedField(3, (field) => field.raw(content));

    expect(writer.toBuffer()).toEqual(Buffer.concat([uvarint(3), uvarint(size), content]));
  }
});

test("a string that the protocol cannot carry is refused rather than cut", () => {
  const longest = "a".repeat(32_767);

  expect(() => new Writer().string(longest)).not.toThrow();
  expect(() => new Writer().string(`${longest}a`)).toThrow(RangeError);
  expect(() => new Writer().compactString("ä".repeat(16_384))).toThrow(RangeError);
});

test("an id that is none is refused", () => {
  expect(() => new Writer().uuid("AAAA")).toThrow(RangeError);
});
