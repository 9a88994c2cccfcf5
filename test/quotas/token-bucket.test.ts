import { expect, test } from "vitest";
import { TokenBucket } from "../../src/quotas/token-bucket.ts";

const WINDOWS = { count: 11, lengthMs: 1000 };

test("A new bucket holds what all windows together allow", () => {
  const bucket = new TokenBucket(WINDOWS);

  bucket.record(22, 2, 0);

  expect(bucket.throttleMs(2, 0)).toBe(0);
});

test("Who takes more than is left waits until the debt is paid", () => {
  const bucket = new TokenBucket(WINDOWS);

  bucket.record(32, 2, 0);

  expect(bucket.throttleMs(2, 0)).toBe(5000);
  expect(bucket.throttleMs(2, 4000)).toBe(1000);
  expect(bucket.throttleMs(2, 5000)).toBe(0);
});

test("A bucket never holds more than it did when it was new", () => {
  const bucket = new TokenBucket(WINDOWS);
  bucket.record(22, 2, 0);

  expect(bucket.throttleMs(2, 1_000_000)).toBe(0);
  bucket.record(23, 2, 1_000_000);

  expect(bucket.throttleMs(2, 1_000_000)).toBe(500);
});

test("A limit that was changed holds from the next moment on", () => {
  const bucket = new TokenBucket(WINDOWS);
  bucket.record(32, 2, 0);

  expect(bucket.throttleMs(10, 0)).toBe(1000);
  expect(bucket.throttleMs(10, 500)).toBe(500);
});
