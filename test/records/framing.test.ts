import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { checkFraming, RecordsRefused } from "../../src/records/framing.ts";
import { buildBatch } from "../../src/records/records.ts";
import { newRecord, withHeader } from "./support.ts";

const batch = buildBatch({ records: [newRecord("v")], timestamp: 1 });
const LATEST = 13;

function refusal(records: Buffer | null, version = LATEST): RecordsRefused | undefined {
  try {
    checkFraming(records, version);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(RecordsRefused);
    return error as RecordsRefused;
  }
}

function withByte(at: number, byte: number): Buffer {
  const bytes = Buffer.from(batch);
  bytes[at] = byte;
  return bytes;
}

describe("a request's records", () => {
  test("are one whole batch", () => {
    expect(refusal(batch)).toBeUndefined();
  });

  test.each<[string, Buffer | null]>([
    ["null", null],
    ["empty", Buffer.alloc(0)],
    ["less than a length", batch.subarray(0, 11)],
    ["cut", batch.subarray(0, -1)],
    ["two batches", Buffer.concat([batch, batch])],
    ["message format 0", withByte(16, 0)],
    ["message format 1", withByte(16, 1)],
  ])("are an invalid record if they are %s", (_what, records) => {
    expect(refusal(records)).toMatchObject({ code: ErrorCode.INVALID_RECORD, recordErrors: [] });
  });

  test.each([3, -1])("of message format %i are corrupt, and the client is told", (magic) => {
    expect(refusal(withByte(16, magic))).toMatchObject({
      code: ErrorCode.CORRUPT_MESSAGE,
      clientMessage: `Invalid magic found in record: ${magic}`,
    });
  });

  test.each([-1, 0, 13])(
    "with a length of %i, below that of any message, are corrupt",
    (length) => {
      const bytes = Buffer.from(batch);
      bytes.writeInt32BE(length, 8);

      expect(refusal(bytes)?.code).toBe(ErrorCode.CORRUPT_MESSAGE);
    },
  );

  test("shorter than a batch header, though longer than an old message, are corrupt", () => {
    const bytes = Buffer.from(batch.subarray(0, 60));
    bytes.writeInt32BE(48, 8);

    expect(refusal(bytes)?.code).toBe(ErrorCode.CORRUPT_MESSAGE);
  });

  test("may be followed by what is no whole batch", () => {
    expect(refusal(Buffer.concat([batch, Buffer.from("garbage")]))).toBeUndefined();
    expect(refusal(Buffer.concat([batch, batch.subarray(0, -1)]))).toBeUndefined();
  });

  test("may be in zstd from version 7 on", () => {
    const zstd = withHeader(batch, { attributes: 4 });

    expect(refusal(zstd, 6)?.code).toBe(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
    expect(refusal(zstd, 7)).toBeUndefined();
  });
});
