import { beforeEach, describe, expect, test } from "vitest";
import { hasDeleteHorizon, isControl, readBatchHeader } from "../../../src/records/batch.ts";
import { buildBatch, type NewBatch } from "../../../src/records/records.ts";
import type { LogCleaner } from "../../../src/storage/compaction/log-cleaner.ts";
import {
  decodeTransactions,
  encodeTransactions,
} from "../../../src/storage/compaction/transactions.ts";
import type { DataDirectory } from "../../../src/storage/data-directory.ts";
import type { Log } from "../../../src/storage/log.ts";
import { MemoryDisk } from "../../../src/storage/memory-disk.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import {
  batchOfPairs,
  compactedSettings,
  openCleaner,
  put,
  storedBatches,
} from "../../support/storage/compaction.ts";
import { openDirectory, openLog, START_MS } from "../../support/storage/logs.ts";

const ABORT = 0;
const COMMIT = 1;

let disk: MemoryDisk;
let clock: ManualClock;
let directory: DataDirectory;
let log: Log;
let cleaner: LogCleaner;

beforeEach(async () => {
  disk = new MemoryDisk();
  clock = new ManualClock(START_MS);
  directory = await openDirectory({ disk, clock });
  log = await openLog(directory, {
    settings: {
      ...compactedSettings,
      segmentMs: 0,
      segmentBytes: 100_000,
      producerIdExpirationMs: 1,
    },
  });
  cleaner = await openCleaner({ logs: () => [log], disk, clock });
});

function inTransaction(producerId: number): Partial<NewBatch> {
  return { producerId, producerEpoch: 0, baseSequence: 0, transactional: true };
}

/** Puts a batch at the end as it is, as Kafka left it. */
async function copy(batch: Buffer): Promise<void> {
  batch.writeBigInt64BE(BigInt(log.endOffset), 0);
  await log.appendCopies(batch);
}

function record(producerId: number, key: string, value: string): Promise<void> {
  return copy(batchOfPairs([[key, value]], inTransaction(producerId)));
}

function marker(producerId: number, type: number): Promise<void> {
  const key = Buffer.from([0, 0, 0, type]);
  const batch = { ...inTransaction(producerId), baseSequence: -1, control: true };
  const records = [{ key, value: Buffer.alloc(6) }];
  return copy(buildBatch({ ...batch, records, timestamp: START_MS }));
}

async function noteAborted(producerId: number, firstOffset: number, lastOffset: number) {
  const path = log.segments[0]?.path.replace(".log", ".txnindex") ?? "";
  const known = decodeTransactions((await disk.readFile(path)) ?? Buffer.alloc(0));
  const next = { producerId, firstOffset, lastOffset, lastStableOffset: lastOffset + 1 };
  await disk.replaceFile(path, encodeTransactions([...known, next]));
}

/** Ends a segment, forgets the producers, and cleans. */
async function clean(waitMs = 10): Promise<void> {
  await clock.advance(waitMs);
  log.expireProducers();
  await put(log, [["active", "x"]], { timestamp: clock.now() });
  await cleaner.run();
}

/** Offsets that are left below the active segment, markers with an m. */
function left(): readonly string[] {
  return storedBatches(log).flatMap((batch) => {
    const { baseOffset, attributes, producerId } = readBatchHeader(batch, 0);
    if (producerId < 0) return [];
    return [isControl(attributes) ? `${baseOffset}m` : `${baseOffset}`];
  });
}

describe("transactions that Kafka left in a log", () => {
  test("records of an aborted one go, and supersede nothing", async () => {
    await record(1, "a", "committed");
    await marker(1, COMMIT);
    await record(2, "a", "aborted");
    await marker(2, ABORT);
    await noteAborted(2, 2, 3);

    await clean();

    expect(left()).toEqual(["0", "1m", "3m"]);
  });

  test("the marker of an aborted one stays until none of its records is left, and then its time", async () => {
    await record(2, "a", "aborted");
    await marker(2, ABORT);
    await noteAborted(2, 0, 1);

    await clean();
    expect(left()).toEqual(["1m"]);
    expect(decodeTransactions(log.segments[0]?.readTransactions() ?? Buffer.alloc(0))).toEqual([
      { producerId: 2, firstOffset: 0, lastOffset: 1, lastStableOffset: 2 },
    ]);
    expect(storedBatches(log).some((batch) => hasDeleteHorizon(batch.readInt16BE(21)))).toBe(false);

    await clean();
    expect(left()).toEqual(["1m"]);
    expect(log.segments[0]?.readTransactions()).toHaveLength(0);
    expect(hasDeleteHorizon(storedBatches(log)[0]?.readInt16BE(21) ?? 0)).toBe(true);

    await clean(900);
    expect(left()).toEqual(["1m"]);

    await clean(200);
    expect(left()).toEqual([]);
  });

  test("the marker of a committed one stays while a record of it does", async () => {
    await record(1, "a", "first");
    await marker(1, COMMIT);
    for (let i = 0; i < 3; i++) await clean(2000);
    expect(left()).toEqual(["0", "1m"]);

    await put(log, [["a", "second"]], { timestamp: clock.now() });
    await clean();
    expect(left()).toEqual(["1m"]);

    await clean();
    await clean(2000);
    expect(left()).toEqual([]);
  });

  test("nothing of an open one is touched, nor what lies behind its first record", async () => {
    await put(log, [["a", "old"]]);
    await record(1, "a", "open");
    await put(log, [["b", "x"]], { timestamp: START_MS + 5 });

    await clean();

    expect(storedBatches(log)).toHaveLength(4);
  });
});

test("an index of transactions is read as Kafka writes it, up to an entry that is not whole", () => {
  const entry = { producerId: 7, firstOffset: 10, lastOffset: 20, lastStableOffset: 21 };
  const bytes = encodeTransactions([entry, { ...entry, producerId: 8 }]);
  expect(bytes.subarray(0, 34).toString("hex")).toBe(
    "00000000000000000007000000000000000a00000000000000140000000000000015",
  );
  expect(decodeTransactions(bytes.subarray(0, 60))).toEqual([entry]);
});
