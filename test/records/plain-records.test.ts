import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BATCH_HEADER_BYTES } from "../../src/records/batch.ts";
import { walkPlain } from "../../src/records/plain-records.ts";
import { buildBatch, recordsOf } from "../../src/records/records.ts";

const BASE_MS = 1_700_000_000_000;

const bytes = fc
  .tuple(fc.constantFrom(0, 1, 63, 64, 100, 8191, 8192, 20_000), fc.nat(255))
  .map(([length, byte]) => Buffer.alloc(length, byte));
const plainRecord = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  timestamp: fc.integer({ min: -80_000_000, max: 60_000_000 }).map((delta) => BASE_MS + delta),
});
const plainBatch = fc
  .array(plainRecord, { minLength: 1, maxLength: 200 })
  .map((records) => buildBatch({ records, timestamp: BASE_MS }));

function bodyOf(batch: Buffer): Buffer {
  return batch.subarray(BATCH_HEADER_BYTES);
}

describe("walking over plain records", () => {
  it("finds the earliest and the latest time", () => {
    fc.assert(
      fc.property(plainBatch, (batch) => {
        const records = recordsOf(batch);
        const times = records.map(({ timestamp }) => timestamp);
        const base = Number(batch.readBigInt64BE(27));
        const isShort = times.every((time) => Math.abs(time - base) < 2 ** 26);
        const found = walkPlain(bodyOf(batch), records.length, false);
        if (!isShort) return;
        expect(found).toEqual({
          smallest: Math.min(...times) - base,
          largest: Math.max(...times) - base,
        });
      }),
    );
  });

  it("takes nothing that a reader of records would not take, with the same times", () => {
    fc.assert(
      fc.property(plainBatch, fc.nat(), fc.nat(255), (batch, position, byte) => {
        const body = bodyOf(batch);
        body[position % body.length] = byte;
        const count = batch.readInt32BE(57);
        const found = walkPlain(body, count, false);
        if (found === undefined) return;
        const records = recordsOf(batch);
        expect(records.map(({ offset }) => offset)).toEqual(records.map((_, i) => i));
        const base = Number(batch.readBigInt64BE(27));
        const times = records.map(({ timestamp }) => timestamp - base);
        expect(found).toEqual({ smallest: Math.min(...times), largest: Math.max(...times) });
      }),
      { numRuns: 1000 },
    );
  });

  it("takes no batch that is cut or has bytes behind it", () => {
    const records = [1, 2, 3].map((n) => ({ key: null, value: Buffer.alloc(n * 50) }));
    const body = bodyOf(buildBatch({ records, timestamp: BASE_MS }));
    for (let length = 0; length < body.length; length++) {
      expect(walkPlain(body.subarray(0, length), 3, false)).toBeUndefined();
    }
    expect(walkPlain(Buffer.concat([body, Buffer.alloc(1)]), 3, false)).toBeUndefined();
    expect(walkPlain(body, 2, false)).toBeUndefined();
    expect(walkPlain(body, 4, false)).toBeUndefined();
    expect(walkPlain(body, 3, false)).toEqual({ smallest: 0, largest: 0 });
  });

  it("leaves headers, missing keys and distant times to others", () => {
    const walk = (record: object, needsKeys = false) => {
      const records = [
        { key: Buffer.from("k"), value: null },
        { key: null, value: null, ...record },
      ];
      return walkPlain(bodyOf(buildBatch({ records, timestamp: BASE_MS })), 2, needsKeys);
    };
    expect(walk({})).toEqual({ smallest: 0, largest: 0 });
    expect(walk({}, true)).toBeUndefined();
    expect(walk({ headers: [{ key: "h", value: null }] })).toBeUndefined();
    expect(walk({ timestamp: BASE_MS + 2 ** 31 })).toBeUndefined();
  });
});
