import { beforeEach, describe, expect, test } from "vitest";
import {
  attributesAt,
  hasDeleteHorizon,
  isIntact,
  readBatchHeader,
} from "../../../src/records/batch.ts";
import { buildBatch, type NewBatch, recordsOf } from "../../../src/records/records.ts";
import type { LogCleaner } from "../../../src/storage/compaction/log-cleaner.ts";
import type { DataDirectory } from "../../../src/storage/data-directory.ts";
import type { Log } from "../../../src/storage/log.ts";
import type { LogSettings } from "../../../src/storage/log-settings.ts";
import { MemoryDisk } from "../../../src/storage/memory-disk.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import {
  compactedSettings,
  openCleaner,
  type Pair,
  put,
  storedBatches,
  storedPairs,
} from "../../support/storage/compaction.ts";
import {
  batchOf,
  fromClient,
  openDirectory,
  openLog,
  START_MS,
} from "../../support/storage/logs.ts";

let disk: MemoryDisk;
let clock: ManualClock;
let directory: DataDirectory;
let log: Log;
let cleaner: LogCleaner;

/** Segments of a single batch, so that everything but the last one is cleaned. */
async function open(settings: Partial<LogSettings> = {}): Promise<void> {
  directory = await openDirectory({ disk, clock });
  log = await openLog(directory, {
    settings: { ...compactedSettings, segmentMs: 0, segmentBytes: 1_000_000, ...settings },
  });
  cleaner = await openCleaner({ logs: () => [log], disk, clock });
}

beforeEach(async () => {
  disk = new MemoryDisk();
  clock = new ManualClock(START_MS);
  await open();
});

/** Ends a segment, with a record that nobody looks at. */
async function roll(): Promise<void> {
  await clock.advance(10);
  await put(log, [["active", "x"]], { timestamp: clock.now() });
}

function keysOf(one: Log): readonly string[] {
  return storedPairs(one).flatMap(({ key }) => (key === "active" ? [] : [key]));
}

/** The batch at an offset, if it is there. */
function batchAt(offset: number): Buffer | undefined {
  return storedBatches(log).find((batch) => readBatchHeader(batch, 0).baseOffset === offset);
}

const idempotent = (producerId: number, baseSequence: number): Partial<NewBatch> => ({
  producerId,
  producerEpoch: 3,
  baseSequence,
});

describe("a batch of which records go", () => {
  const pairs: Pair[] = [
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
    ["d", "4"],
  ];

  test("keeps its offsets, sequence and epochs; count and CRC are those of what stays", async () => {
    await put(log, pairs, idempotent(7, 0));
    const before = readBatchHeader(batchAt(0) as Buffer, 0);
    await put(log, [
      ["a", "new"],
      ["d", "new"],
    ]);
    await roll();

    await cleaner.run();

    const batch = batchAt(0) as Buffer;
    const header = readBatchHeader(batch, 0);
    const { baseOffset, lastOffsetDelta, producerId, producerEpoch, baseSequence } = before;
    expect(header).toMatchObject({ baseOffset, lastOffsetDelta, producerId, producerEpoch });
    expect(header).toMatchObject({ baseSequence, recordCount: 2 });
    expect(header.partitionLeaderEpoch).toBe(before.partitionLeaderEpoch);
    expect(isIntact(batch, 0)).toBe(true);
    expect(recordsOf(batch).map(({ offset }) => offset)).toEqual([1, 2]);
  });

  test("counts its times from the first record that stays, and ends with the latest", async () => {
    const timestamps = [5, 9, 7, 8].map((ms) => START_MS + ms);
    const records = pairs.map(([key, value], i) => ({
      key: Buffer.from(key),
      value: Buffer.from(value ?? ""),
      timestamp: timestamps[i],
      headers: [{ key: "h", value: Buffer.from(key) }],
    }));
    await log.append(buildBatch({ records, timestamp: START_MS }), fromClient).written;
    await put(log, [
      ["a", "new"],
      ["b", "new"],
    ]);
    await roll();

    await cleaner.run();

    const batch = batchAt(0) as Buffer;
    expect(readBatchHeader(batch, 0)).toMatchObject({
      baseTimestamp: START_MS + 7,
      maxTimestamp: START_MS + 8,
    });
    expect(recordsOf(batch)).toMatchObject([
      { timestamp: START_MS + 7, headers: [{ key: "h", value: Buffer.from("c") }] },
      { timestamp: START_MS + 8, headers: [{ key: "h", value: Buffer.from("d") }] },
    ]);
  });

  test.each([
    ["gzip", 1],
    ["snappy", 2],
    ["lz4", 3],
    ["zstd", 4],
  ])("stays compressed with %s", async (_name, compression) => {
    await put(log, pairs, { compression });
    await put(log, [["a", "new"]]);
    await roll();

    await cleaner.run();

    const batch = batchAt(0) as Buffer;
    expect(attributesAt(batch, 0) & 7).toBe(compression);
    expect(recordsOf(batch).map(({ key }) => key?.toString())).toEqual(["b", "c", "d"]);
  });

  test.each([
    ["gzip", 1],
    ["snappy", 2],
    ["lz4", 3],
    ["zstd", 4],
  ])("stays compressed with %s, however large it is", async (_name, compression) => {
    const value = Array.from({ length: 20_000 }, (_, i) => (i * i * 7919) % 99_991).join("");
    await put(
      log,
      pairs.map(([key]) => [key, key + value]),
      { compression },
    );
    await put(log, [["a", "new"]]);
    await roll();

    await cleaner.run();

    const batch = batchAt(0) as Buffer;
    expect(attributesAt(batch, 0) & 7).toBe(compression);
    expect(isIntact(batch, 0)).toBe(true);
    expect(recordsOf(batch).map((record) => record.value?.toString())).toEqual([
      `b${value}`,
      `c${value}`,
      `d${value}`,
    ]);
  });

  test("has the broker's time still, where that is the topic's kind of time", async () => {
    log.updateSettings({ ...log.settings, timestampType: "LogAppendTime" });
    await put(log, pairs, { timestamp: START_MS - 5000 });
    await put(log, [["a", "new"]]);
    await roll();

    await cleaner.run();

    expect(recordsOf(batchAt(0) as Buffer).map(({ timestamp }) => timestamp)).toEqual([
      START_MS,
      START_MS,
      START_MS,
    ]);
  });

  test("is the same to the byte where all of it stays", async () => {
    await put(log, pairs, { compression: 1, ...idempotent(7, 0) });
    const before = batchAt(0);
    await roll();

    await cleaner.run();

    expect(batchAt(0)).toEqual(before);
  });
});

describe("a batch of which nothing is left", () => {
  test("goes, offsets of the others stay", async () => {
    await put(log, [["a", "1"]]);
    await put(log, [["b", "2"]]);
    await put(log, [["a", "3"]]);
    await roll();

    await cleaner.run();

    expect(storedPairs(log).map(({ offset }) => offset)).toEqual([1, 2, 3]);
  });

  test("leaves its header while it is the last of a producer, whose next sequence is known by it", async () => {
    await put(log, [["a", "1"]], { compression: 1, ...idempotent(7, 40) });
    await put(log, [["a", "2"]], idempotent(8, 0));
    await put(log, [["a", "3"]], idempotent(8, 1));
    await roll();

    await cleaner.run();

    expect(readBatchHeader(batchAt(0) as Buffer, 0)).toMatchObject({
      producerId: 7,
      baseSequence: 40,
      recordCount: 0,
      attributes: 0,
      baseTimestamp: -1,
      maxTimestamp: START_MS,
    });
    expect(isIntact(batchAt(0) as Buffer, 0)).toBe(true);
    expect(batchAt(1)).toBeUndefined();
    // As after a crash that left no snapshot of the producers.
    for (const name of await disk.list("/data/orders-0")) {
      if (name.endsWith(".snapshot")) await disk.remove(`/data/orders-0/${name}`);
    }
    const again = new MemoryDisk();
    await copy(disk, again);
    const reopened = await openLog(await openDirectory({ disk: again, clock }), {
      settings: { compacted: true },
    });
    const known = [...reopened.producers.all()];
    expect(known.find(({ producerId }) => producerId === 7)?.batches).toMatchObject([
      { lastSequence: 40 },
    ]);
    expect(known.find(({ producerId }) => producerId === 8)?.batches).toMatchObject([
      { lastSequence: 1 },
    ]);
  });

  test("leaves nothing once its producer has been forgotten", async () => {
    log.updateSettings({ ...log.settings, producerIdExpirationMs: 100 });
    await put(log, [["a", "1"]], idempotent(7, 0));
    await put(log, [["a", "2"]]);
    await clock.advance(101);
    log.expireProducers();
    await roll();

    await cleaner.run();

    expect(batchAt(0)).toBeUndefined();
  });

  test("leaves its header at the end of what was cleaned, so that the log keeps its end", async () => {
    await put(log, [["a", "1"]]);
    log.updateSettings({ ...log.settings, compacted: false });
    await log.append(batchOf(["no key"]), fromClient).written;
    await log.append(batchOf(["no key"]), fromClient).written;
    log.updateSettings({ ...log.settings, compacted: true });
    await roll();

    await cleaner.run();

    expect(keysOf(log)).toEqual(["a"]);
    expect(batchAt(1)).toBeUndefined();
    expect(readBatchHeader(batchAt(2) as Buffer, 0)).toMatchObject({ recordCount: 0 });
  });
});

async function copy(from: MemoryDisk, to: MemoryDisk): Promise<void> {
  for (const name of await from.list("/data/orders-0")) {
    const path = `/data/orders-0/${name}`;
    await to.replaceFile(path, (await from.readFile(path)) ?? Buffer.alloc(0));
  }
}

describe("a tombstone", () => {
  test("takes the records before it at once, and stays for delete.retention.ms from then on", async () => {
    await put(log, [["a", "1"]]);
    await put(log, [["a", null]], { timestamp: clock.now() });
    await roll();
    const seenMs = clock.now();

    await cleaner.run();

    const batch = batchAt(1) as Buffer;
    expect(batchAt(0)).toBeUndefined();
    expect(hasDeleteHorizon(attributesAt(batch, 0))).toBe(true);
    expect(readBatchHeader(batch, 0).baseTimestamp).toBe(seenMs + 1000);
    expect(recordsOf(batch)).toMatchObject([{ offset: 1, timestamp: START_MS, value: null }]);

    await clock.advance(989);
    await roll();
    await cleaner.run();
    expect(batchAt(1)).toBeDefined();

    await roll();
    await cleaner.run();
    expect(batchAt(1)).toBeUndefined();
  });

  test("keeps its horizon when its batch is written once more", async () => {
    await put(log, [
      ["a", null],
      ["b", "1"],
      ["c", "1"],
    ]);
    await roll();
    await cleaner.run();
    const { baseTimestamp } = readBatchHeader(batchAt(0) as Buffer, 0);
    await put(log, [["b", "2"]]);
    await roll();

    await cleaner.run();

    expect(readBatchHeader(batchAt(0) as Buffer, 0)).toMatchObject({
      baseTimestamp,
      recordCount: 2,
    });
    expect(recordsOf(batchAt(0) as Buffer)[0]?.timestamp).toBe(START_MS);
  });

  test("goes alone: values in its batch stay", async () => {
    await put(log, [
      ["a", null],
      ["b", "1"],
    ]);
    await roll();
    await cleaner.run();
    await clock.advance(2000);
    await roll();

    await cleaner.run();

    expect(keysOf(log)).toEqual(["b"]);
  });
});

test("a record without a key, from before the topic was compacted, goes", async () => {
  log.updateSettings({ ...log.settings, compacted: false, segmentBytes: 100_000 });
  await log.append(batchOf(["no key"]), fromClient).written;
  await put(log, [["a", "1"]]);
  log.updateSettings({ ...log.settings, compacted: true });
  await roll();

  await cleaner.run();

  expect(keysOf(log)).toEqual(["a"]);
});

test("an empty key is a key", async () => {
  await put(log, [["", "1"]]);
  await put(log, [["", "2"]]);
  await roll();

  await cleaner.run();

  expect(storedPairs(log).map(({ offset }) => offset)).toEqual([1, 2]);
});
