import { beforeEach, describe, expect, test } from "vitest";
import { type CleanerSettings, LogCleaner } from "../../../src/storage/compaction/log-cleaner.ts";
import type { DataDirectory } from "../../../src/storage/data-directory.ts";
import type { Log } from "../../../src/storage/log.ts";
import type { LogSettings } from "../../../src/storage/log-settings.ts";
import { type Logger, silentLogger } from "../../../src/telemetry/logger.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import {
  cleanerSettings,
  compactedSettings,
  openCleaner,
  put,
  storedBatches,
  storedPairs,
} from "../../support/storage/compaction.ts";
import { FaultyDisk } from "../../support/storage/faulty-disk.ts";
import { openDirectory, openLog, START_MS } from "../../support/storage/logs.ts";

const CHECKPOINT = "/data/cleaner-offset-checkpoint";

let disk: FaultyDisk;
let clock: ManualClock;
let directory: DataDirectory;
let told: string[];
let errors: string[];

beforeEach(async () => {
  disk = new FaultyDisk();
  clock = new ManualClock(START_MS);
  directory = await openDirectory({ disk, clock });
  told = [];
  errors = [];
});

const logger: Logger = {
  ...silentLogger,
  info: (message) => told.push(message),
  error: (message) => errors.push(message),
};

function open(partition = 0, settings: Partial<LogSettings> = {}): Promise<Log> {
  return openLog(directory, { partition, settings: { ...compactedSettings, ...settings } });
}

function cleanerOf(
  logs: readonly Log[],
  settings: Partial<CleanerSettings> = {},
): Promise<LogCleaner> {
  return openCleaner({ logs: () => logs, disk, clock, logger, settings });
}

/** So many segments of one batch, of the same keys. */
async function fill(log: Log, segments: number, keys: readonly string[] = ["a"]): Promise<void> {
  for (let i = 0; i < segments; i++) {
    const timestamp = clock.now();
    await put(
      log,
      keys.map((key) => [key, `${i}`.repeat(300 / keys.length)]),
      { timestamp },
    );
  }
}

function keysBelowActive(log: Log): readonly string[] {
  const active = log.segments.at(-1)?.baseOffset ?? 0;
  return storedPairs(log)
    .filter(({ offset }) => offset < active)
    .map(({ key }) => key);
}

describe("which logs are cleaned", () => {
  test("those that say so, the one with the largest dirty part first", async () => {
    const little = await open(0, { minCleanableDirtyRatio: 0.1 });
    const much = await open(1);
    const never = await open(2, { compacted: false });
    await fill(little, 6, ["a", "b", "c"]);
    const cleaner = await cleanerOf([little, much, never]);
    await cleaner.run();
    await fill(little, 1, ["a", "b", "c"]);
    await fill(much, 6);
    await fill(never, 6);
    told = [];

    await cleaner.run();

    expect(told).toEqual(["orders-1 is clean", "orders-0 is clean"]);
    expect(keysBelowActive(much)).toEqual(["a"]);
    expect(keysBelowActive(never)).toHaveLength(5);
  });

  test("none whose dirty part is not larger than min.cleanable.dirty.ratio", async () => {
    const log = await open(0, { minCleanableDirtyRatio: 0 });
    await fill(log, 3, ["a", "b"]);
    const cleaner = await cleanerOf([log]);
    await cleaner.run();
    log.updateSettings({ ...log.settings, minCleanableDirtyRatio: 0.5 });
    await fill(log, 1, ["a", "b"]);
    told = [];

    await cleaner.run();
    expect(told).toEqual([]);

    await fill(log, 1, ["a", "b"]);
    await cleaner.run();
    expect(told).toEqual(["orders-0 is clean"]);
  });

  test("none that is being copied to another directory, until that is over", async () => {
    const other = await openDirectory({ disk, clock, path: "/other" });
    const log = await open();
    await fill(log, 6);
    const { topic, partition, topicId, settings } = log;
    const future = other.openFuture({ topic, partition, topicId, settings, onWritten() {} }, 0);
    const cleaner = new LogCleaner({
      directories: [directory, other],
      clock,
      logger,
      random: Math.random,
      settings: () => cleanerSettings,
    });

    await cleaner.run();
    expect(told).toEqual([]);

    await other.deleteLog(future);
    await cleaner.run();
    expect(told).toEqual(["orders-0 is clean"]);
  });

  test("never the segment that is appended to", async () => {
    const log = await open(0, { segmentBytes: 100_000 });
    await fill(log, 5);

    await (await cleanerOf([log])).run();

    expect(storedPairs(log)).toHaveLength(5);
    expect(told).toEqual([]);
  });

  test("no segment with a record that is younger than min.compaction.lag.ms", async () => {
    const log = await open(0, { minCompactionLagMs: 100 });
    await fill(log, 3);
    await clock.advance(60);
    await fill(log, 3);
    await clock.advance(60);
    const cleaner = await cleanerOf([log]);

    await cleaner.run();
    expect(storedPairs(log).map(({ offset }) => offset)).toEqual([2, 3, 4, 5]);

    await clock.advance(60);
    await cleaner.run();
    expect(storedPairs(log).map(({ offset }) => offset)).toEqual([4, 5]);
  });

  test("those with a record that was not cleaned for max.compaction.lag.ms, however little is dirty", async () => {
    const log = await open(0, { minCleanableDirtyRatio: 1, maxCompactionLagMs: 100 });
    await fill(log, 3);
    const cleaner = await cleanerOf([log]);

    await clock.advance(100);
    await cleaner.run();
    expect(told).toEqual([]);

    await clock.advance(1);
    await cleaner.run();
    expect(told).toEqual(["orders-0 is clean"]);
  });

  test("a segment ends after max.compaction.lag.ms, so that it can be cleaned", async () => {
    const log = await open(0, { segmentBytes: 100_000, maxCompactionLagMs: 100 });
    await put(log, [["a", "1"]], { timestamp: clock.now() });
    await put(log, [["a", "2"]], { timestamp: clock.now() + 100 });
    expect(log.segments).toHaveLength(1);
    await put(log, [["a", "3"]], { timestamp: clock.now() + 101 });
    expect(log.segments).toHaveLength(2);
  });

  test("nothing of a transaction that is not decided", async () => {
    const log = await open();
    await fill(log, 2);
    await put(log, [["t", "1".repeat(200)]], {
      transactional: true,
      producerId: 9,
      producerEpoch: 0,
      baseSequence: 0,
    });
    await fill(log, 3);

    await (await cleanerOf([log])).run();

    expect(storedPairs(log).map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("how far a log is clean", () => {
  test("is noted as Kafka does, and known after a restart", async () => {
    const log = await open();
    await fill(log, 5);
    await (await cleanerOf([log])).run();
    expect((await disk.readFile(CHECKPOINT))?.toString()).toBe("0\n1\norders 0 4\n");
    await directory.close();

    directory = await openDirectory({ disk, clock });
    const again = await open();
    told = [];
    await (await cleanerOf([again])).run();

    expect(told).toEqual([]);
  });

  test("is forgotten with the log: one of the same name begins anew", async () => {
    const log = await open();
    await fill(log, 5);
    const logs = [log];
    const cleaner = await cleanerOf(logs);
    await cleaner.run();
    await directory.deleteLog(log);
    const next = await open();
    logs.splice(0, 1, next);
    await fill(next, 6);

    await cleaner.run();

    expect(keysBelowActive(next)).toEqual(["a"]);
  });

  test("counts for nothing where it lies outside of the log", async () => {
    await disk.replaceFile(CHECKPOINT, Buffer.from("0\n1\norders 0 99\n"));
    const log = await open();
    await fill(log, 5);

    await (await cleanerOf([log])).run();

    expect(keysBelowActive(log)).toEqual(["a"]);
  });
});

describe("when something is wrong", () => {
  test("a log with a damaged batch is passed by from then on, told once, and others go on", async () => {
    const damaged = await open(0);
    const other = await open(1);
    await fill(damaged, 5);
    await fill(other, 4);
    const file = disk.openSync(damaged.segments[1]?.path ?? "");
    const bytes = Buffer.alloc(file.size);
    file.readSync(bytes, 0);
    bytes[80] = (bytes[80] as number) ^ 1;
    file.truncateSync(0);
    file.appendAllSync([bytes]);
    const cleaner = await cleanerOf([damaged, other]);

    await cleaner.run();
    await fill(damaged, 2);
    await cleaner.run();

    expect(errors).toEqual(["orders-0 is not cleaned any more until the next start"]);
    expect(cleaner.isUncleanable(damaged)).toBe(true);
    expect(storedBatches(damaged)).toHaveLength(7);
    expect(keysBelowActive(other)).toEqual(["a"]);
  });

  test("a disk without room leaves the log as it is, and it is tried again", async () => {
    const log = await open();
    await fill(log, 5);
    const before = storedPairs(log);
    disk.failWrite = (path) =>
      path.includes(".cleaned") ? Object.assign(new Error("no"), { code: "ENOSPC" }) : undefined;
    const cleaner = await cleanerOf([log]);

    await cleaner.run();

    expect(errors).toEqual(["orders-0 was not cleaned"]);
    expect(storedPairs(log)).toEqual(before);
    expect((await disk.list("/data/orders-0")).some((name) => name.includes("cleaned"))).toBe(
      false,
    );
    disk.failWrite = () => undefined;
    await cleaner.run();
    expect(keysBelowActive(log)).toEqual(["a"]);
  });

  test("a log whose old records are deleted meanwhile is left alone, and cleaned the next time", async () => {
    const log = await open();
    await fill(log, 8, ["a", "b"]);
    const cleaner = await cleanerOf([log]);
    let isDeleted = false;
    disk.beforeAsyncWrite = async () => {
      if (isDeleted) return;
      isDeleted = true;
      await log.deleteRecordsBefore(6);
    };

    await cleaner.run();
    expect(isDeleted).toBe(true);
    expect(errors).toEqual([]);

    await cleaner.run();
    expect(keysBelowActive(log)).toEqual(["a", "b"]);
    expect(log.startOffset).toBe(6);
  });

  test("a log whose segments are deleted while they are read is cleaned the next time", async () => {
    const log = await open();
    await fill(log, 8, ["a", "b"]);
    const cleaner = await cleanerOf([log], { ioBytesPerSecond: 3000 });

    const run = cleaner.run();
    await clock.advance(20);
    await log.deleteRecordsBefore(8);
    for (let i = 0; i < 100; i++) await clock.advance(100);
    await run;
    expect(keysBelowActive(log)).not.toEqual(["a", "b"]);
    expect(errors).toEqual([]);
    expect(cleaner.isUncleanable(log)).toBe(false);

    const next = cleaner.run();
    for (let i = 0; i < 100; i++) await clock.advance(100);
    await next;
    expect(keysBelowActive(log)).toEqual(["a", "b"]);
  });

  test.each([
    ["its keys are read", 20],
    ["its segments are written anew", 1500],
  ])("a topic that is deleted while %s is no error", async (_when, atMs) => {
    const log = await open();
    await fill(log, 8);
    const cleaner = await cleanerOf([log], { ioBytesPerSecond: 3000 });

    const run = cleaner.run();
    for (let ms = 0; ms < atMs; ms += 10) await clock.advance(10);
    await directory.deleteLog(log);
    for (let i = 0; i < 100; i++) await clock.advance(100);
    await run;

    expect(errors).toEqual([]);
    expect(told).toEqual([]);
    expect(cleaner.isUncleanable(log)).toBe(false);
  });

  test("a topic that is deleted meanwhile is no error", async () => {
    const log = await open();
    await fill(log, 8);
    const cleaner = await cleanerOf([log]);
    disk.beforeAsyncWrite = async () => {
      disk.beforeAsyncWrite = async () => undefined;
      await directory.deleteLog(log);
    };

    await cleaner.run();

    expect(errors).toEqual([]);
    await clock.advance(60_000);
    expect(await disk.list("/data")).not.toContain("orders-0");
  });
});

describe("those who use a log while it is cleaned", () => {
  test("a read that has begun ends with what was there", async () => {
    const log = await open();
    await fill(log, 5);
    // From the file, and not at once.
    await directory.close();
    directory = await openDirectory({ disk, clock, tailCacheBytes: 0 });
    const again = await open();
    const cleaner = await cleanerOf([again]);
    const reading = again.read(0, { maxBytes: 10_000, upTo: 5, minOne: true });
    expect(reading).toBeInstanceOf(Promise);

    const cleaning = cleaner.run();

    const slice = await reading;
    expect(slice.bytes).toBeGreaterThan(300);
    slice.release();
    await cleaning;
    const offsets = [];
    for (let offset = 0; offset < 5; ) {
      const { chunks } = await again.read(offset, { maxBytes: 10_000, upTo: 5, minOne: true });
      const base = Number(chunks[0]?.readBigInt64BE(0));
      offsets.push(base);
      offset = base + 1;
    }
    expect(offsets).toEqual([3, 4]);
  });

  test("a look for a time that has begun finds the record where it is now", async () => {
    const log = await open();
    for (let i = 0; i < 5; i++)
      await put(log, [["a", "x".repeat(300)]], { timestamp: START_MS + i });
    const cleaner = await cleanerOf([log]);

    const [, found] = await Promise.all([cleaner.run(), log.offsetForTimestamp(START_MS + 1, 5)]);

    expect([1, 3]).toContain(found?.offset);
    expect((await log.offsetForTimestamp(START_MS, 5))?.offset).toBe(3);
  });

  test("appends and flushes go on", async () => {
    const log = await open();
    await fill(log, 5);
    const cleaning = (await cleanerOf([log])).run();
    for (let i = 0; i < 10; i++) await put(log, [["b", "x".repeat(200)]]);
    await log.flush();
    await cleaning;
    await log.close();

    directory = await openDirectory({ disk: await disk.afterPowerCut(), clock });
    expect((await open()).endOffset).toBe(15);
  });
});

describe("the cleaner", () => {
  test("stops at once when it is told to, and leaves nothing behind", async () => {
    const log = await open();
    await fill(log, 8);
    const before = storedPairs(log);
    const cleaner = await cleanerOf([log]);
    // The first thing that a cleaned segment is synced.
    disk.beforeSync = async () => cleaner.stop();

    await cleaner.run();

    expect(storedPairs(log)).toEqual(before);
    expect((await disk.list("/data/orders-0")).some((name) => name.includes("cleaned"))).toBe(
      false,
    );
    expect(errors).toEqual([]);
  });

  test("reads and writes no more in a second than it may", async () => {
    const log = await open(0, { segmentBytes: 100_000 });
    await fill(log, 30);
    log.updateSettings({ ...log.settings, segmentBytes: 500 });
    await fill(log, 2);
    const bytes = log.sizeInBytes;
    let isOver = false;
    const cleaner = await cleanerOf([log], { ioBytesPerSecond: 1000 });

    const cleaning = cleaner.run().then(() => {
      isOver = true;
    });

    // All of it is read twice.
    await clock.advance(2 * bytes - 2500);
    expect(isOver).toBe(false);
    for (let i = 0; i < 10; i++) await clock.advance(1000);
    await cleaning;
    expect(keysBelowActive(log)).toEqual(["a"]);
  });

  test("a wait for its turn to read ends when it is stopped", async () => {
    const log = await open();
    await fill(log, 8);
    const cleaner = await cleanerOf([log], { ioBytesPerSecond: 1 });
    const cleaning = cleaner.run();
    await clock.advance(10);

    cleaner.stop();

    await cleaning;
    expect(errors).toEqual([]);
  });

  test("makes one segment of several that are small", async () => {
    const log = await open();
    await fill(log, 8, ["a", "b", "c"]);
    const cleaner = await cleanerOf([log]);
    await cleaner.run();
    await fill(log, 2, ["d"]);
    await cleaner.run();
    log.updateSettings({ ...log.settings, segmentBytes: 10_000 });
    await put(log, [["e", "x".repeat(9500)]]);
    await put(log, [["f", "x".repeat(9500)]]);

    await cleaner.run();

    expect(log.segments.map(({ baseOffset }) => baseOffset)[0]).toBe(0);
    expect(log.segments.length).toBeLessThan(4);
    await clock.advance(60_000);
    const logs = (await disk.list("/data/orders-0")).filter((name) => name.endsWith(".log"));
    expect(logs).toHaveLength(log.segments.length);
  });

  test("goes on where its map was full", async () => {
    const log = await open();
    for (let i = 0; i < 40; i++) await put(log, [[`key-${i % 20}`, `${i}`.repeat(20)]]);
    const cleaner = await cleanerOf([log], { dedupeBufferBytes: 24 * 6 });

    await cleaner.run();

    const keys = keysBelowActive(log);
    expect(new Set(keys).size).toBe(keys.length);
    expect(told.length).toBeGreaterThan(3);
  });
});
