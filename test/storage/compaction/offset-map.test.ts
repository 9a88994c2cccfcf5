import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OffsetMap } from "../../../src/storage/compaction/offset-map.ts";

function mapFor(keys: number, rest: { bytesMax?: number; loadFactor?: number } = {}): OffsetMap {
  const bounds = { bytesMax: 1024 * 1024, loadFactor: 0.9, keysExpected: keys, ...rest };
  return new OffsetMap(bounds, Math.random);
}

function whole(key: Buffer): { start: number; end: number } {
  return { start: 0, end: key.length };
}

describe("the map of keys", () => {
  test("gives back the newest offset of every key, however they are mixed", () => {
    const key = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(key, { maxLength: 200 }), key, (keys, other) => {
        const map = mapFor(keys.length);
        const expected = new Map<string, number>();
        for (const [offset, one] of keys.entries()) {
          map.put(one, whole(one), offset);
          expected.set(one.toString("hex"), offset);
        }
        expect(map.size).toBe(expected.size);
        for (const one of keys) {
          expect(map.get(one, whole(one))).toBe(expected.get(one.toString("hex")));
        }
        expect(map.get(other, whole(other))).toBe(expected.get(other.toString("hex")) ?? -1);
      }),
    );
  });

  test("looks at no byte outside of the key", () => {
    const map = mapFor(10);
    const bytes = Buffer.from("xxkeyyy");
    map.put(bytes, { start: 2, end: 5 }, 7);
    const key = Buffer.from("key");
    expect(map.get(key, whole(key))).toBe(7);
    expect(map.get(bytes, { start: 2, end: 6 })).toBe(-1);
  });

  test("tells keys of zeros from each other by their length", () => {
    const map = mapFor(100);
    for (let length = 0; length < 40; length++) {
      const key = Buffer.alloc(length);
      map.put(key, whole(key), length);
    }
    expect(map.size).toBe(40);
    for (let length = 0; length < 40; length++) {
      const key = Buffer.alloc(length);
      expect(map.get(key, whole(key))).toBe(length);
    }
  });

  test("holds offsets beyond 32 bits, and offset 0", () => {
    const map = mapFor(10);
    for (const offset of [0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 2]) {
      const key = Buffer.from("k");
      map.put(key, whole(key), offset);
      expect(map.get(key, whole(key))).toBe(offset);
    }
  });

  test("has no two keys for one among a hundred thousand that differ in little", () => {
    const map = mapFor(100_000, { bytesMax: 4 * 1024 * 1024 });
    const key = Buffer.alloc(20);
    for (let i = 0; i < 100_000; i++) {
      key.writeUInt32BE(i, 10);
      map.put(key, whole(key), i);
    }
    expect(map.size).toBe(100_000);
  });

  test("is full at its load factor, and takes no more memory than it may", () => {
    const map = mapFor(1_000_000, { bytesMax: 2400, loadFactor: 0.5 });
    const key = Buffer.alloc(4);
    let count = 0;
    for (; !map.isFull; count++) {
      key.writeUInt32BE(count);
      map.put(key, whole(key), count);
    }
    expect(count).toBe(50);
  });

  test("has room for the keys that are expected, whatever the load factor", () => {
    for (const loadFactor of [0.1, 0.5, 0.9]) {
      for (const keys of [1, 2, 10, 1000]) {
        const map = mapFor(keys, { loadFactor });
        const key = Buffer.alloc(4);
        for (let i = 0; i < keys; i++) {
          expect(map.isFull).toBe(false);
          key.writeUInt32BE(i);
          map.put(key, whole(key), i);
        }
      }
    }
  });

  test("is refused where there is not room for one key", () => {
    expect(() => mapFor(10, { bytesMax: 24 })).toThrow(RangeError);
  });
});
