import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import {
  pooled,
  randomUuid,
  uuidFromBytes,
  uuidToBytes,
  ZERO_UUID,
} from "../../src/protocol/uuid.ts";

test("an id is 22 characters, and comes back as the same 16 bytes", () => {
  const bytes = randomBytes(16);

  const uuid = uuidFromBytes(bytes, 0);

  expect(uuid).toHaveLength(22);
  expect(uuidToBytes(uuid)).toEqual(bytes);
  expect(uuidToBytes(ZERO_UUID)).toEqual(Buffer.alloc(16));
});

test("what is no id is refused", () => {
  for (const text of ["", "AAAA", `${ZERO_UUID}AA`]) {
    expect(() => uuidToBytes(text)).toThrow(RangeError);
  }
});

test("a new id never looks like an option, and says that it is random", () => {
  const drawn = [Buffer.alloc(16, 0xfb), Buffer.alloc(16, 0x11)];

  const uuid = randomUuid(() => drawn.shift() ?? Buffer.alloc(16));

  expect(uuid.startsWith("-")).toBe(false);
  expect(drawn).toHaveLength(0);
  expect((uuidToBytes(uuid)[6] as number) >> 4).toBe(4);
  expect((uuidToBytes(uuid)[8] as number) >> 6).toBe(2);
});

test("random bytes that are drawn many at a time are handed out once", () => {
  let draws = 0;
  const random = pooled((size) => {
    draws += 1;
    return randomBytes(size);
  }, 100);

  const ids = Array.from({ length: 1000 }, () => randomUuid(random));

  expect(new Set(ids).size).toBe(1000);
  expect(draws).toBeGreaterThanOrEqual(1000 / 6);
  expect(draws).toBeLessThan(1000 / 4);
  expect(random(500)).toHaveLength(500);
});
