import { expect, test } from "vitest";
import { Replay } from "../../src/coordinator/replay.ts";
import { stampOffsets } from "../../src/records/batch.ts";
import { buildBatch } from "../../src/records/records.ts";

const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Where a batch has its attributes, and the producer. */
const ATTRIBUTES_AT = 21;
const PRODUCER_ID_AT = 43;

interface Written {
  readonly in?: number;
  readonly marker?: "commit" | "abort";
  readonly key?: string;
  readonly value?: string;
}

/** One record or marker in a batch of its own; a replay does not look at the CRC. */
function batchOf(written: Written, offset: number): Buffer {
  const markerKey = Buffer.from([0, 0, 0, written.marker === "commit" ? 1 : 0]);
  const key = written.marker === undefined ? Buffer.from(written.key ?? "k") : markerKey;
  const records = [{ key, value: Buffer.from(written.value ?? "") }];
  const batch = buildBatch({ records, timestamp: 0 });
  stampOffsets(batch, 0, offset, 0);
  if (written.in !== undefined) {
    const control = written.marker === undefined ? 0 : CONTROL;
    batch.writeInt16BE(TRANSACTIONAL | control, ATTRIBUTES_AT);
    batch.writeBigInt64BE(BigInt(written.in), PRODUCER_ID_AT);
  }
  return batch;
}

/** What is true in the end, by key. */
function replayed(...log: readonly Written[]): Record<string, string> {
  const state: Record<string, string> = {};
  const replay = new Replay<readonly [string, string]>({
    startOffset: 0,
    decode: (key, value) => [key.toString(), value?.toString() ?? ""],
    apply: ([key, value]) => {
      state[key] = value;
    },
  });
  replay.take(Buffer.concat(log.map(batchOf)));
  expect(replay.nextOffset).toBe(log.length);
  return state;
}

test("what was written in a transaction counts once that is committed", () => {
  const before = replayed({ key: "k", value: "old" }, { in: 7, key: "k", value: "new" });
  const after = replayed(
    { key: "k", value: "old" },
    { in: 7, key: "k", value: "new" },
    { in: 7, marker: "commit" },
  );

  expect([before, after]).toEqual([{ k: "old" }, { k: "new" }]);
});

test("what was written in a transaction that is aborted never counts", () => {
  const state = replayed(
    { in: 7, key: "k", value: "gone" },
    { in: 7, marker: "abort" },
    { in: 7, key: "k", value: "kept" },
    { in: 7, marker: "commit" },
  );

  expect(state).toEqual({ k: "kept" });
});

test("transactions do not end each other", () => {
  const state = replayed(
    { in: 7, key: "a", value: "1" },
    { in: 8, key: "b", value: "2" },
    { in: 8, marker: "commit" },
  );

  expect(state).toEqual({ b: "2" });
});

test("something newer outside of the transaction stays, whichever is committed later", () => {
  const plain = replayed(
    { in: 7, key: "k", value: "older" },
    { key: "k", value: "newer" },
    { in: 7, marker: "commit" },
  );
  const both = replayed(
    { in: 7, key: "k", value: "older" },
    { in: 8, key: "k", value: "newer" },
    { in: 8, marker: "commit" },
    { in: 7, marker: "commit" },
  );

  expect([plain, both]).toEqual([{ k: "newer" }, { k: "newer" }]);
});
