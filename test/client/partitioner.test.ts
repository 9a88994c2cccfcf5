import { expect, test } from "vitest";
import { murmur2, partitionOfKey } from "../../src/client/partitioner.ts";

test("keys are hashed as Java's Utils.murmur2 hashes them", () => {
  const hashes = ["21", "foobar", "a-little-bit-long-string", "abc", ""].map((key) =>
    murmur2(Buffer.from(key)),
  );

  expect(hashes).toEqual([-973932308, -790332482, -985981536, 479470107, 275646681]);
});

test("a key whose hash is negative has a partition too", () => {
  expect(partitionOfKey(Buffer.from("foobar"), 3)).toBe((-790332482 & 0x7fffffff) % 3);
});
