import { expect, test } from "vitest";
import { murmur2, partitionOf } from "./murmur2.ts";

// Computed with org.apache.kafka.common.utils.Utils.murmur2 of kafka-clients 4.4.0.
test.each([
  ["", 275646681],
  ["a", -1563381124],
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["ключ", 2122343024],
])("murmur2 of %j is Java's", (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

test("bytes above 127 count as unsigned", () => {
  expect(murmur2(Buffer.from([0xff, 0xfe, 0x80]))).toBe(-160726397);
});

test("a key's partition is never negative", () => {
  expect(partitionOf(Buffer.from("a"), 12)).toBe((-1563381124 & 0x7fffffff) % 12);
});
