import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFrame, type Frame, readFrames } from "../../src/cluster/metadata-file.ts";
import { crc32c } from "../../src/records/crc32c.ts";

const frames: readonly Frame[] = [1, 2, 3, 4].map((revision) => ({
  revision,
  puts: [
    {
      key: `topics/t${revision}`,
      value: `{"name":"tøpic ${revision}"}`,
      createRevision: revision,
      modRevision: revision,
    },
  ],
  deletes: revision === 3 ? ["topics/t1"] : [],
}));

/** Every frame durable before the next is written, but for those named. */
function fileOf(notSynced: readonly number[] = []): { bytes: Buffer; ends: number[] } {
  const parts: Buffer[] = [];
  const ends: number[] = [];
  let size = 0;
  let durable = 0;
  for (const frame of frames) {
    const bytes = encodeFrame(frame, durable, crc32c);
    parts.push(bytes);
    size += bytes.length;
    ends.push(size);
    if (!notSynced.includes(frame.revision)) durable = size;
  }
  return { bytes: Buffer.concat(parts), ends };
}

describe("the metadata file", () => {
  test("frames come back as they were written", () => {
    const { bytes } = fileOf();

    expect(readFrames(bytes, crc32c)).toEqual({ frames, end: bytes.length, damagedAt: undefined });
  });

  test("cut anywhere, it keeps every whole frame and takes the rest for an unfinished write", () => {
    const { bytes, ends } = fileOf();
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const read = readFrames(bytes.subarray(0, cut), crc32c);

      const whole = ends.filter((end) => end <= cut);
      expect(read.frames).toEqual(frames.slice(0, whole.length));
      expect(read.end).toBe(whole.at(-1) ?? 0);
      expect(read.damagedAt).toBeUndefined();
    }
  });

  test("whatever stands in the last frame's place, the frames before it are kept", () => {
    const { bytes, ends } = fileOf();
    const [, , third = 0] = ends;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (rubbish) => {
        const torn = Buffer.concat([bytes.subarray(0, third), rubbish]);

        const read = readFrames(torn, crc32c);

        expect(read.frames).toEqual(frames.slice(0, 3));
        expect(read.damagedAt).toBeUndefined();
      }),
    );
  });

  test("a changed bit in a frame that later ones were written after is damage, not a torn write", () => {
    const { bytes, ends } = fileOf();
    const [first = 0, second = 0] = ends;
    for (let at = first; at < second; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 1;

      const read = readFrames(damaged, crc32c);

      expect(read.frames).toEqual(frames.slice(0, 1));
      expect(read.damagedAt).toBe(first);
    }
  });

  test("a frame lost before it was durable is no damage, though a later one came through", () => {
    const { bytes, ends } = fileOf([2, 3, 4]);
    const [first = 0, second = 0] = ends;
    const torn = Buffer.from(bytes).fill(0, first, second);

    const read = readFrames(torn, crc32c);

    expect(read.frames).toEqual(frames.slice(0, 1));
    expect(read.damagedAt).toBeUndefined();
  });
});
