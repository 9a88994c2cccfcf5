import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameSplitter } from "../../src/client/frame-splitter.ts";

function framed(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

test("answers come out whole and in order, however their bytes arrive", () => {
  const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 40 }), { maxLength: 8 });
  fc.assert(
    fc.property(bodies, fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (given, sizes) => {
      const bytes = Buffer.concat(given.map(framed));
      const splitter = new FrameSplitter();
      const frames: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = at + (sizes.next().value ?? 1);
        frames.push(...splitter.take(bytes.subarray(at, end)));
        at = end;
      }
      expect(frames.map((frame) => frame.toString("hex"))).toEqual(
        given.map((body) => Buffer.from(body).toString("hex")),
      );
    }),
  );
});

test("a size that no answer has is not waited for: it is no Kafka broker's", () => {
  expect(() => new FrameSplitter().take(Buffer.from("HTTP/1.1 400"))).toThrow(RangeError);
  expect(() => new FrameSplitter().take(Buffer.from([0, 0, 0, 3]))).toThrow(RangeError);
});
