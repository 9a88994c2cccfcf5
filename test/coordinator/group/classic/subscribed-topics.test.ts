import fc from "fast-check";
import { expect, test } from "vitest";
import { topicsOfSubscription } from "../../../../src/coordinator/group/classic/subscribed-topics.ts";

function subscription(version: number, topics: readonly string[], rest = Buffer.alloc(4)): Buffer {
  const parts = topics.flatMap((topic) => {
    const bytes = Buffer.from(topic);
    const length = Buffer.alloc(2);
    length.writeInt16BE(bytes.length);
    return [length, bytes];
  });
  const head = Buffer.alloc(6);
  head.writeInt16BE(version);
  head.writeInt32BE(topics.length, 2);
  return Buffer.concat([head, ...parts, rest]);
}

test("reads the topics of any version, since all begin alike", () => {
  for (const version of [0, 1, 2, 3, 99]) {
    expect(topicsOfSubscription(subscription(version, ["orders", "größe"]))).toEqual([
      "orders",
      "größe",
    ]);
  }
});

test("bytes that are no subscription are no topics, and no exception", () => {
  expect(topicsOfSubscription(Buffer.from("A"))).toBeUndefined();
  expect(topicsOfSubscription(Buffer.from("0000ffffffff", "hex"))).toBeUndefined();
  expect(topicsOfSubscription(Buffer.from("00007fffffff", "hex"))).toBeUndefined();
  expect(topicsOfSubscription(Buffer.from("00000000000100ff", "hex"))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const topics = topicsOfSubscription(Buffer.from(bytes));
      expect(topics === undefined || topics.length * 2 <= bytes.length).toBe(true);
    }),
  );
});
