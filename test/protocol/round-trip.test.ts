import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError, Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { messages } from "../support/message-arbitrary.ts";
import { allMessages, type MessageUnderTest } from "../support/messages-under-test.ts";
import { encodeBySpec } from "../support/reference-encoder.ts";

const all = await allMessages();
const RUNS = 12;

const unknownTags = [
  { tag: 10_000, content: Buffer.alloc(0) },
  { tag: 4_000_000_000, content: Buffer.alloc(300, 0xff) },
];

function encode({ encode: write }: MessageUnderTest, value: object, version: number): Buffer {
  const writer = new Writer();
  write(writer, value, version);
  const { byteLength } = writer;
  const bytes = writer.toBuffer();
  expect(bytes).toHaveLength(byteLength);
  return bytes;
}

/** Decodes the whole of some bytes. */
function decode({ decode: read }: MessageUnderTest, bytes: Buffer, version: number): unknown {
  const reader = new Reader(bytes);
  const value = read(reader, version);
  expect(reader.remaining).toBe(0);
  return value;
}

test("there is a codec for both directions of 79 APIs, and for 60 messages more", () => {
  expect(all).toHaveLength(2 * 79 + 60);
});

describe.each(all.map((one) => [one.message.name, one] as const))("%s", (_, one) => {
  test.each(one.versions.map((version) => [version]))("v%i is what its spec says", (version) => {
    const flexible = version >= one.message.flexibleFrom;

    fc.assert(
      fc.property(messages(one.message, version), (value) => {
        const bytes = encode(one, value, version);

        expect(bytes.equals(encodeBySpec(one.message, version, value))).toBe(true);
        expect(isDeepStrictEqual(decode(one, bytes, version), value)).toBe(true);
        if (flexible) {
          const newer = encodeBySpec(one.message, version, value, { unknownTags });
          expect(isDeepStrictEqual(decode(one, newer, version), value)).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("no other version is decoded or encoded", () => {
    for (const version of [-1, one.message.versions.from - 1, one.message.versions.to + 1]) {
      expect(() => decode(one, Buffer.alloc(64), version)).toThrow(DecodeError);
      expect(() => encode(one, {}, version)).toThrow(DecodeError);
    }
  });
});

test("every message that is cut short is refused", () => {
  for (const one of all) {
    for (const version of one.versions) {
      const [value] = fc.sample(messages(one.message, version), 1);
      const bytes = encodeBySpec(one.message, version, value as object);

      for (let size = 0; size < Math.min(bytes.length, 200); size++) {
        expect(() => decode(one, bytes.subarray(0, size), version)).toThrow(DecodeError);
      }
    }
  }
});
