import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import {
  attributesAt,
  BATCH_HEADER_BYTES,
  baseOffsetAt,
  compressionOf,
  crcAt,
  hasDeleteHorizon,
  isControl,
  isIntact,
  isLogAppendTime,
  isTransactional,
  lastOffsetAt,
  leaderEpochAt,
  maxTimestampAt,
  readBatchHeader,
  sizeInBytesAt,
  stampCreateTime,
  stampLogAppendTime,
  stampOffsets,
} from "../../src/records/batch.ts";
import { crc32c, javascriptCrc32c, nativeCrc32c } from "../../src/records/crc32c.ts";
import { buildBatch } from "../../src/records/records.ts";

const record = { key: null, value: Buffer.from("v"), timestamp: 1_700_000_000_000 };

function batch(): Buffer {
  return buildBatch({
    records: [record, { ...record, timestamp: 1_700_000_000_007 }],
    timestamp: 0,
    baseOffset: 2 ** 40 + 3,
    leaderEpoch: 9,
    producerId: 2 ** 33 + 1,
    producerEpoch: 7,
    baseSequence: 2 ** 31 - 1,
    transactional: true,
    control: true,
  });
}

describe("a batch header", () => {
  test("gives every field at its place", () => {
    const bytes = batch();

    expect(readBatchHeader(bytes, 0)).toEqual({
      baseOffset: 2 ** 40 + 3,
      sizeInBytes: bytes.length,
      partitionLeaderEpoch: 9,
      magic: 2,
      crc: bytes.readUInt32BE(17),
      attributes: 0x30,
      lastOffsetDelta: 1,
      baseTimestamp: 1_700_000_000_000,
      maxTimestamp: 1_700_000_000_007,
      producerId: 2 ** 33 + 1,
      producerEpoch: 7,
      baseSequence: 2 ** 31 - 1,
      recordCount: 2,
    });
  });

  test("is read wherever it lies, field by field as at once", () => {
    const bytes = Buffer.concat([Buffer.alloc(5, 0xff), batch()]);
    const header = readBatchHeader(bytes, 5);

    expect(baseOffsetAt(bytes, 5)).toBe(header.baseOffset);
    expect(lastOffsetAt(bytes, 5)).toBe(header.baseOffset + 1);
    expect(sizeInBytesAt(bytes, 5)).toBe(header.sizeInBytes);
    expect(leaderEpochAt(bytes, 5)).toBe(header.partitionLeaderEpoch);
    expect(maxTimestampAt(bytes, 5)).toBe(header.maxTimestamp);
    expect(crcAt(bytes, 5)).toBe(header.crc);
    expect(isIntact(bytes, 5)).toBe(true);
  });

  test("of fewer bytes than it has is corrupt", () => {
    expect(() => readBatchHeader(Buffer.alloc(BATCH_HEADER_BYTES - 1), 0)).toThrow(
      expect.objectContaining({ code: ErrorCode.CORRUPT_MESSAGE }),
    );
  });

  test.each([
    ["offset", 0, ErrorCode.CORRUPT_MESSAGE],
    ["base timestamp", 27, ErrorCode.INVALID_TIMESTAMP],
    ["largest timestamp", 35, ErrorCode.INVALID_TIMESTAMP],
    ["producer id", 43, ErrorCode.CORRUPT_MESSAGE],
  ])("with a %s beyond 2^53 is refused, not rounded", (_name, at, code) => {
    const bytes = batch();
    bytes.writeBigInt64BE(2n ** 53n + 1n, at);

    expect(() => readBatchHeader(bytes, 0)).toThrow(expect.objectContaining({ code }));
  });

  test("keeps five things in its attributes", () => {
    expect([0, 1, 2, 3, 4, 7].map((codec) => compressionOf(0x78 | codec))).toEqual([
      0, 1, 2, 3, 4, 7,
    ]);
    const kinds = [isLogAppendTime, isTransactional, isControl, hasDeleteHorizon];
    for (const [i, is] of kinds.entries()) {
      expect(is(0x08 << i)).toBe(true);
      expect(is(~(0x08 << i))).toBe(false);
    }
  });
});

describe("a broker writes into a batch", () => {
  test("offset and epoch without touching what the CRC guards", () => {
    const bytes = batch();
    const guarded = Buffer.from(bytes.subarray(16));

    stampOffsets(bytes, 0, 2 ** 45 + 1, 12);

    expect(baseOffsetAt(bytes, 0)).toBe(2 ** 45 + 1);
    expect(leaderEpochAt(bytes, 0)).toBe(12);
    expect(bytes.subarray(16).equals(guarded)).toBe(true);
  });

  test("its own time, which keeps the base timestamp and makes the CRC anew", () => {
    const bytes = batch();

    stampLogAppendTime(bytes, 0, 42);

    const header = readBatchHeader(bytes, 0);
    expect(header.maxTimestamp).toBe(42);
    expect(header.baseTimestamp).toBe(1_700_000_000_000);
    expect(isLogAppendTime(attributesAt(bytes, 0))).toBe(true);
    expect(isIntact(bytes, 0)).toBe(true);
  });

  test("and takes it back", () => {
    const bytes = batch();
    const before = Buffer.from(bytes);

    stampLogAppendTime(bytes, 0, 42);
    stampCreateTime(bytes, 0, 1_700_000_000_007);

    expect(bytes.equals(before)).toBe(true);
  });
});

describe("CRC-32C", () => {
  const native = nativeCrc32c();

  test("is the one of RFC 3720, unsigned", () => {
    for (const engine of [crc32c, javascriptCrc32c(), native ?? crc32c]) {
      expect(engine(Buffer.alloc(32))).toBe(0x8a9136aa);
      expect(engine(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
      expect(engine(Buffer.from("123456789"))).toBe(0xe3069283);
      expect(engine(Buffer.alloc(0))).toBe(0);
    }
  });

  test.skipIf(native === undefined)("is the same natively and in JavaScript", () => {
    const javascript = javascriptCrc32c();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
        const bytes = Buffer.from(array);
        expect(native?.(bytes)).toBe(javascript(bytes));
      }),
    );
  });

  test("covers the part that is asked for, and does not go on from the last call", () => {
    const bytes = Buffer.from("xx123456789yy");

    expect(crc32c(bytes, 2, 11)).toBe(0xe3069283);
    expect(crc32c(bytes, 2, 11)).toBe(0xe3069283);
  });
});
