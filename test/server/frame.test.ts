import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BufferPool } from "../../src/memory/buffer-pool.ts";
import { FrameSplitter, NotKafka } from "../../src/server/frame.ts";
import { frame } from "./support.ts";

const MAX_BYTES = 100 * 1024 * 1024;
const MIB = 1024 * 1024;

/** What comes out if the stream arrives in these pieces. */
function framesOf(pieces: readonly Buffer[], isBorrowed: boolean): Buffer[] {
  const splitter = new FrameSplitter(MAX_BYTES, new BufferPool(0));
  const shared = Buffer.alloc(64 * 1024);
  const frames: Buffer[] = [];
  for (const piece of pieces) {
    if (isBorrowed) piece.copy(shared);
    splitter.push(isBorrowed ? shared.subarray(0, piece.length) : piece, isBorrowed);
    for (let next = splitter.next(); next !== undefined; next = splitter.next()) frames.push(next);
    splitter.giveBack();
    // Whoever reads next writes over it.
    shared.fill(0xee);
  }
  return frames;
}

test("frames come out whole wherever the network cuts them, and whoever owns the buffer", () => {
  const contents = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 12 });
  fc.assert(
    fc.property(contents, fc.array(fc.nat(2000)), fc.boolean(), (sent, cuts, isBorrowed) => {
      const stream = Buffer.concat(sent.map((content) => frame(Buffer.from(content))));
      const places = [
        ...new Set([0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length]),
      ];
      places.sort((one, other) => one - other);
      const pieces = places.slice(1).map((end, i) => stream.subarray(places[i], end));

      const frames = framesOf(pieces, isBorrowed);

      expect(frames.map((bytes) => [...bytes])).toEqual(sent.map((content) => [...content]));
    }),
    { numRuns: 500 },
  );
});

test("a frame that lies whole in its own buffer is not copied", () => {
  const bytes = frame("hello");
  const splitter = new FrameSplitter(MAX_BYTES, new BufferPool(0));
  splitter.push(bytes, false);

  expect(splitter.next()?.buffer).toBe(bytes.buffer);
});

test("a large frame is collected where the last one was, once that has been dealt with", () => {
  const splitter = new FrameSplitter(MAX_BYTES, new BufferPool(8 * MIB));
  const collect = (byte: number): Buffer => {
    const sent = frame(Buffer.alloc(MIB, byte));
    splitter.push(sent.subarray(0, MIB / 2), false);
    expect(splitter.next()).toBeUndefined();
    splitter.push(sent.subarray(MIB / 2), false);
    return splitter.next() as Buffer;
  };

  const first = collect(1);
  const second = collect(2);
  expect(second.buffer).not.toBe(first.buffer);
  expect(first.equals(Buffer.alloc(MIB, 1))).toBe(true);
  splitter.reuse();
  splitter.reuse();
  const third = collect(3);
  expect(third.buffer).toBe(second.buffer);
  expect(third.equals(Buffer.alloc(MIB, 3))).toBe(true);
});

test("what has not been looked at when a buffer goes back is kept", () => {
  const splitter = new FrameSplitter(MAX_BYTES, new BufferPool(0));
  const shared = Buffer.concat([frame("one"), frame("two")]);
  splitter.push(shared, true);

  expect(splitter.next()?.toString()).toBe("one");
  splitter.giveBack();
  shared.fill(0);
  expect(splitter.next()?.toString()).toBe("two");
});

test("it knows whether it is inside a frame", () => {
  const splitter = new FrameSplitter(MAX_BYTES, new BufferPool(0));
  expect(splitter.isInsideFrame).toBe(false);
  splitter.push(Buffer.from([0]), false);
  splitter.next();
  expect(splitter.isInsideFrame).toBe(true);
  splitter.push(Buffer.from([0, 0, 1, 7]), false);
  expect([...(splitter.next() ?? [])]).toEqual([7]);
  expect(splitter.isInsideFrame).toBe(false);
});

describe("a length is not believed", () => {
  test("a claim of 100 MB takes hardly any memory before the bytes come", () => {
    const before = process.memoryUsage().arrayBuffers;
    const splitter = new FrameSplitter(MAX_BYTES, new BufferPool(0));
    splitter.push(Buffer.from([0x06, 0x40, 0, 0, 1, 2, 3]), false);

    expect(splitter.next()).toBeUndefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MIB);
  });

  test("what is taken grows with what has arrived, by a small factor", () => {
    const splitter = new FrameSplitter(MAX_BYTES, new BufferPool(0));
    const piece = Buffer.alloc(256 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    const header = Buffer.from([0x06, 0x40, 0, 0]);
    splitter.push(header, false);
    splitter.next();
    for (let arrived = 0; arrived < 16 * MIB; arrived += piece.length) {
      splitter.push(piece, false);
      splitter.next();
    }

    // Buffers that were outgrown may not have been collected.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(6 * 16 * MIB);
  });

  test.each([0, -1, -(2 ** 31), MAX_BYTES + 1, 2 ** 31 - 1])("%i is refused at once", (length) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    for (const cut of [0, 2]) {
      const splitter = new FrameSplitter(MAX_BYTES, new BufferPool(0));
      const read = () => {
        splitter.push(bytes.subarray(0, cut), false);
        splitter.next();
        splitter.push(bytes.subarray(cut), false);
        splitter.next();
      };
      expect(read).toThrow(NotKafka);
    }
  });

  test("the largest that is allowed is", () => {
    const splitter = new FrameSplitter(10, new BufferPool(0));
    splitter.push(frame("ten bytes!"), false);

    expect(splitter.next()?.toString()).toBe("ten bytes!");
  });
});
