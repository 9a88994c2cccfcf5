import { describe, expect, it } from "vitest";
import { ReadBuffers } from "../../src/storage/read-buffers.ts";
import type { Segment } from "../../src/storage/segment.ts";

const KIB = 1024;

/** Only who it is counts here. */
function segment(baseOffset: number): Segment {
  return { baseOffset } as Segment;
}

function filledWith(byte: number): (into: Buffer) => number {
  return (into) => into.fill(byte).length;
}

describe("what was read last", () => {
  const one = segment(0);

  it("serves who reads the same, or a part of it, without reading again", () => {
    const { recent } = new ReadBuffers(1024 * KIB);
    let loads = 0;
    const load = (into: Buffer) => {
      loads += 1;
      return into.write("0123456789", "latin1");
    };
    const whole = recent.read({ segment: one, position: 100, length: 10 }, load);
    const part = recent.read({ segment: one, position: 103, length: 4 }, load);
    expect(loads).toBe(1);
    expect(whole).toMatchObject({ bytes: 10, chunks: [Buffer.from("0123456789")] });
    expect(part).toMatchObject({ bytes: 4, chunks: [Buffer.from("3456")] });
  });

  it("serves nobody who reads another file, or further", async () => {
    const { recent } = new ReadBuffers(1024 * KIB);
    let loads = 0;
    const load = (into: Buffer) => {
      loads += 1;
      return into.length;
    };
    await recent.read({ segment: one, position: 100, length: 10 }, load);
    await recent.read({ segment: segment(0), position: 100, length: 10 }, load);
    await recent.read({ segment: one, position: 99, length: 5 }, load);
    await recent.read({ segment: one, position: 105, length: 6 }, load);
    expect(loads).toBe(4);
  });

  it("has one read for all who ask while it is under way", async () => {
    const { recent } = new ReadBuffers(1024 * KIB);
    let finish: (count: number) => void = () => undefined;
    const range = { segment: one, position: 0, length: 4 };
    const first = recent.read(range, (into) => {
      into.write("late", "latin1");
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const second = recent.read(range, () => {
      throw new Error("read twice");
    });
    finish(4);
    expect(await first).toMatchObject({ chunks: [Buffer.from("late")] });
    expect(await second).toMatchObject({ chunks: [Buffer.from("late")] });
  });

  it("tells all who wait of a read that failed, and reads anew for the next", async () => {
    const { recent } = new ReadBuffers(1024 * KIB);
    const range = { segment: one, position: 0, length: 4 };
    const fail = async () => {
      throw new Error("EIO");
    };
    const first = recent.read(range, fail);
    const second = recent.read(range, fail);
    await expect(first).rejects.toThrow("EIO");
    await expect(second).rejects.toThrow("EIO");
    expect(await recent.read(range, filledWith(7))).toMatchObject({ chunks: [Buffer.alloc(4, 7)] });
  });

  it("never lets a buffer be filled anew while somebody looks at it", () => {
    const { recent } = new ReadBuffers(1024 * KIB);
    const length = 64 * KIB;
    const slices = Array.from({ length: 20 }, (_, i) => {
      const slice = recent.read({ segment: one, position: i * length, length }, filledWith(i));
      if (slice instanceof Promise) throw new Error("not at once");
      return slice;
    });
    for (const [i, { chunks }] of slices.entries()) {
      expect(chunks[0]?.equals(Buffer.alloc(length, i))).toBe(true);
    }
    const [first, second] = slices;
    first?.release();
    first?.release();
    const next = [30, 31].map((i) =>
      recent.read({ segment: one, position: i * length, length }, filledWith(i)),
    );
    expect(second?.chunks[0]?.equals(Buffer.alloc(length, 1))).toBe(true);
    expect(next).toHaveLength(2);
  });

  it("uses a few buffers for a reader that releases what it has read", () => {
    const { recent } = new ReadBuffers(1024 * KIB);
    const length = 64 * KIB;
    const memory = new Set<ArrayBufferLike>();
    for (let i = 0; i < 100; i++) {
      const slice = recent.read({ segment: one, position: i * length, length }, filledWith(i));
      if (slice instanceof Promise) throw new Error("not at once");
      memory.add((slice.chunks[0] as Buffer).buffer);
      slice.release();
    }
    expect(memory.size).toBeLessThanOrEqual(6);
  });

  it("forgets files that are cut off", async () => {
    const { recent } = new ReadBuffers(1024 * KIB);
    const range = { segment: one, position: 0, length: 4 };
    await recent.read(range, filledWith(1));
    recent.forget([one]);
    expect(recent.read(range, filledWith(2))).toMatchObject({ chunks: [Buffer.alloc(4, 2)] });
  });
});
