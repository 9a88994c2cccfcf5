import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { randomUuid, uuidFromBytes, uuidToBytes, ZERO_UUID } from "../../src/protocol/uuid.ts";

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
