import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErrorCode, KafkaError } from "../../src/protocol/errors.ts";
import { BATCH_HEADER_BYTES, hasDeleteHorizon, readBatchHeader } from "../../src/records/batch.ts";
import { CompressionType } from "../../src/records/compression.ts";
import {
  batchesIn,
  buildBatch,
  findRecord,
  type NewRecord,
  recordsOf,
} from "../../src/records/records.ts";
import { javaBatches, javaRecords, newRecord, withBody, withHeader } from "./support.ts";

const corrupt = expect.objectContaining({ code: ErrorCode.CORRUPT_MESSAGE });

const nullableBytes = fc.option(
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
);
const anyRecord: fc.Arbitrary<NewRecord> = fc.record({
  key: nullableBytes,
  value: nullableBytes,
  timestamp: fc.integer({ min: -1, max: 2 ** 42 }),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 10 }), value: nullableBytes }), {
    maxLength: 4,
  }),
});
const codec = fc.integer({ min: 0, max: 4 });

test("what a batch is built of is what is read from it, in every codec", () => {
  const records = fc.array(anyRecord, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(records, codec, fc.nat(2 ** 40), (given, compression, baseOffset) => {
      const read = recordsOf(buildBatch({ records: given, timestamp: 5, compression, baseOffset }));

      expect(read).toEqual(given.map((record, i) => ({ offset: baseOffset + i, ...record })));
    }),
  );
});

test("null and empty are two things, for keys, values and headers", () => {
  const empty = Buffer.alloc(0);
  const given = [
    { key: null, value: null, headers: [{ key: "", value: null }] },
    { key: empty, value: empty, headers: [{ key: "", value: empty }] },
  ];

  expect(recordsOf(buildBatch({ records: given, timestamp: 5 }))).toMatchObject(given);
});

test.each([...javaBatches.keys()])("records that Java wrote are read: %s", (name) => {
  expect(recordsOf(javaBatches.get(name) as Buffer)).toEqual(javaRecords());
});

test("a delete horizon in the place of the base timestamp leaves the records their times", () => {
  const batch = javaBatches.get("delete-horizon") as Buffer;
  const { attributes, baseTimestamp } = readBatchHeader(batch, 0);

  expect(hasDeleteHorizon(attributes)).toBe(true);
  expect(baseTimestamp).toBe(1_800_000_000_000);
  expect(recordsOf(batch)[0]?.timestamp).toBe(1_699_999_998_000);
});

test("where the broker gives the time, every record has that of the batch", () => {
  const batch = buildBatch({
    records: [newRecord("a", { timestamp: 1 }), newRecord("b", { timestamp: 2 })],
    timestamp: 0,
  });
  const stamped = withHeader(batch, { attributes: 0x08, maxTimestamp: 99 });

  expect(recordsOf(stamped).map(({ timestamp }) => timestamp)).toEqual([99, 99]);
});

describe("whole batches", () => {
  const one = buildBatch({ records: [newRecord("one")], timestamp: 0 });
  const two = buildBatch({ records: [newRecord("two"), newRecord("three")], timestamp: 0 });

  test("are found one after the other, up to one that is cut", () => {
    const bytes = Buffer.concat([one, two, one]);

    expect([...batchesIn(bytes)]).toEqual([0, one.length, one.length + two.length]);
    expect([...batchesIn(bytes.subarray(0, -1))]).toEqual([0, one.length]);
    expect([...batchesIn(bytes, one.length)]).toEqual([one.length, one.length + two.length]);
  });

  test.each([-1, 0, 48, -(2 ** 31)])(
    "end before one whose length is %i, which would lead nowhere",
    (length) => {
      const bytes = Buffer.concat([one, two]);
      bytes.writeInt32BE(length, one.length + 8);

      expect([...batchesIn(bytes)]).toEqual([0]);
    },
  );

  test("are read where they lie", () => {
    expect(recordsOf(Buffer.concat([one, two]), one.length)).toHaveLength(2);
  });
});

describe("a batch that is not what its header says is corrupt", () => {
  const good = buildBatch({ records: [newRecord("a"), newRecord("b")], timestamp: 0 });
  const body = good.subarray(BATCH_HEADER_BYTES);
  const [size] = [body[0] as number];

  test.each<[string, Buffer]>([
    ["more records than there are", withHeader(good, { recordCount: 3 })],
    ["fewer", withHeader(good, { recordCount: 1 })],
    ["the most there can be", withHeader(good, { recordCount: 2 ** 31 - 1 })],
    ["a length beyond the bytes", withHeader(good, { sizeInBytes: good.length + 1 }).subarray(0)],
    ["a length below that of a header", withHeader(good, { sizeInBytes: 13 })],
    ["a negative length", withHeader(good, { sizeInBytes: -5 })],
    ["a codec that does not exist", withHeader(good, { attributes: 1 })],
    ["a record of negative size", withBody(Buffer.from([1, 0, 0, 0, 1, 1, 0]))],
    ["a record that is larger than it says", withBody(Buffer.from([10, 0, 0, 0, 1, 1, 0]))],
    ["a record that is smaller", withBody(Buffer.from([14, 0, 0, 0, 1, 1, 0, 0]))],
    ["a key beyond the end", withBody(Buffer.from([12, 0, 0, 0, 0x7e, 1, 0]))],
    ["a negative number of headers", withBody(Buffer.from([12, 0, 0, 0, 1, 1, 1]))],
    ["2^31-1 headers", withBody(Buffer.from([20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f]))],
    ["a header without a key", withBody(Buffer.from([16, 0, 0, 0, 1, 1, 2, 1, 1]))],
    ["nothing but its header", withBody(Buffer.alloc(0))],
    ["fewer bytes than a header", good.subarray(0, 60)],
    ["a size in more than five bytes", withBody(sizeInSixBytes(size, body))],
  ])("%s", (_what, batch) => {
    expect(() => recordsOf(batch)).toThrow(corrupt);
  });

  function sizeInSixBytes(first: number, rest: Buffer): Buffer {
    const overlong = Buffer.from([first | 0x80, 0x80, 0x80, 0x80, 0x80, 0]);
    return Buffer.concat([overlong, rest.subarray(1, 1 + first / 2)]);
  }
});

test("whatever is changed in a batch, reading it gives records or a KafkaError, at once", () => {
  const batches = [0, 1, 2, 3, 4].map((compression) =>
    buildBatch({
      records: Array.from({ length: 20 }, (_, i) =>
        newRecord(`value ${i % 3}`, { headers: [{ key: "h", value: Buffer.from("x") }] }),
      ),
      timestamp: 7,
      compression,
    }),
  );
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  fc.assert(
    fc.property(codec, fc.array(change, { minLength: 1, maxLength: 4 }), (which, changes) => {
      const bytes = Buffer.from(batches[which] as Buffer);
      // Not the base offset: it may be anything.
      for (const { at, byte } of changes) bytes[8 + (at % (bytes.length - 8))] = byte;
      try {
        expect(recordsOf(bytes).length).toBeLessThanOrEqual(bytes.length * 1100);
      } catch (error) {
        expect(error).toBeInstanceOf(KafkaError);
      }
    }),
    { numRuns: 1500 },
  );
});

describe("a record is found by offset and time alone", () => {
  test.each([...javaBatches.keys()])("as Java wrote it: %s", async (name) => {
    const batch = javaBatches.get(name) as Buffer;
    const wanted = javaRecords()[1] as { readonly offset: number; readonly timestamp: number };

    expect(await findRecord(batch, ({ offset }) => offset === wanted.offset)).toEqual({
      offset: wanted.offset,
      timestamp: wanted.timestamp,
    });
    expect(await findRecord(batch, () => false)).toBeUndefined();
  });

  test("in a batch so large that another thread inflates it", async () => {
    const records = Array.from({ length: 3000 }, (_, i) => ({
      key: null,
      value: Buffer.from(`${i * 7919}`.padEnd(60, String(i))),
      timestamp: 1000 + i,
    }));
    const batch = buildBatch({ records, timestamp: 0, compression: CompressionType.GZIP });

    expect(batch.length).toBeGreaterThan(16 * 1024);
    expect(await findRecord(batch, ({ timestamp }) => timestamp >= 3456)).toEqual({
      offset: 2456,
      timestamp: 3456,
    });
  });

  test("what is no batch is refused by rejecting", async () => {
    await expect(findRecord(Buffer.alloc(3), () => true)).rejects.toEqual(corrupt);
  });
});
