import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { baseOffsetAt, leaderEpochAt } from "../../src/records/batch.ts";
import { batchesIn, recordsOf } from "../../src/records/records.ts";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import type { Disk } from "../../src/storage/fs.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { realDisk } from "../../src/storage/real-disk.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import {
  append,
  batchOf,
  type DirectoryOptions,
  fromClient,
  type LogOptions,
  openDirectory,
  openLog,
  readAll,
  readBytes,
  START_MS,
  valuesOf,
} from "../support/storage/logs.ts";

const SMALL_SEGMENTS = { segmentBytes: 1000, indexIntervalBytes: 100 };

describe.each([
  ["the real disk", true],
  ["memory", false],
])("a log on %s", (_name, isReal) => {
  let disk: Disk;
  let path: string;
  let directory: DataDirectory;
  let clock: ManualClock;

  const start = async (rest: Partial<DirectoryOptions> = {}) => {
    directory = await openDirectory({ disk, path, clock, ...rest });
  };
  const restart = async (rest: Partial<DirectoryOptions> = {}) => {
    await directory.close();
    await start(rest);
  };
  const open = (options?: LogOptions) => openLog(directory, options);

  beforeEach(async () => {
    disk = isReal ? realDisk : new MemoryDisk();
    path = isReal ? await mkdtemp(join(tmpdir(), "odradek-log-")) : "/data";
    clock = new ManualClock(START_MS);
    await start();
  });

  afterEach(async () => {
    await directory.close();
    if (isReal) await rm(path, { recursive: true });
  });

  test("gives offsets in the order of the appends, before anything is written", async () => {
    const log = await open();

    const appended = ["a", "b", "c"].map((value) =>
      log.append(batchOf([value, value]), fromClient),
    );

    expect(appended.map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 4]);
    expect(log.endOffset).toBe(6);
    expect(log.writtenOffset).toBe(0);
    await Promise.all(appended.map(({ written }) => written));
    expect(log.writtenOffset).toBe(6);
  });

  test("makes no file before the first append", async () => {
    await open();
    expect(await disk.list(join(path, "orders-0"))).toEqual([]);

    const log = await open({ topic: "payments" });
    await append(log, ["a"]);

    const names = await disk.list(join(path, "payments-0"));
    expect(names).toContain("00000000000000000000.log");
    expect(names).toContain("partition.metadata");
  });

  test("stamps offset and epoch into the batch and keeps the rest as it came", async () => {
    const log = await open();
    await append(log, ["a", "b"]);
    const sent = batchOf(["c"]);
    const copy = Buffer.from(sent);

    await log.append(sent, { leaderEpoch: 7, origin: "client" }).written;

    const stored = await readBytes(log, 2);
    expect(baseOffsetAt(stored, 0)).toBe(2);
    expect(leaderEpochAt(stored, 0)).toBe(7);
    expect(stored.subarray(16)).toEqual(copy.subarray(16));
  });

  test("says what is written before it acknowledges it", async () => {
    const heard: number[] = [];
    const log = await open({ onWritten: (endOffset) => heard.push(endOffset) });

    const { written } = log.append(batchOf(["a", "b"]), fromClient);
    const heardAtAck = written.then(() => [...heard]);

    expect(heard).toEqual([]);
    expect(await heardAtAck).toEqual([2]);
  });

  test("does not give what is not written", async () => {
    const log = await open();
    log.append(batchOf(["a"]), fromClient);

    expect(await readBytes(log, 0, { upTo: 1 })).toHaveLength(0);
  });

  test.each([
    ["from memory", {}],
    ["from the file", { tailCacheBytes: 0 }],
  ])("reads from the batch that holds the offset, %s", async (_from, options) => {
    await restart(options);
    const log = await open();
    for (const value of ["a", "b", "c"]) await append(log, [value, value, value]);

    const bytes = await readBytes(log, 4);

    const bases = [...batchesIn(bytes)].map((at) => baseOffsetAt(bytes, at));
    expect(bases).toEqual([3, 6]);
  });

  test.each([
    ["from memory", {}],
    ["from the file", { tailCacheBytes: 0 }],
  ])("never gives anything at or behind the limit, %s", async (_from, options) => {
    await restart(options);
    const log = await open();
    for (const value of ["a", "b", "c"]) await append(log, [value]);

    const bytes = await readBytes(log, 0, { upTo: 2 });

    expect([...batchesIn(bytes)].map((at) => baseOffsetAt(bytes, at))).toEqual([0, 1]);
    expect(await readBytes(log, 2, { upTo: 2 })).toHaveLength(0);
  });

  test.each([
    ["from memory", {}],
    ["from the file", { tailCacheBytes: 0 }],
  ])("cuts at exactly so many bytes, but never the first batch, %s", async (_from, options) => {
    await restart(options);
    const log = await open();
    await append(log, ["x".repeat(100)]);
    await append(log, ["y".repeat(100)]);
    const whole = await readBytes(log, 0);
    const first = whole.readInt32BE(8) + 12;

    expect(await readBytes(log, 0, { maxBytes: 1 })).toEqual(whole.subarray(0, first));
    expect(await readBytes(log, 0, { maxBytes: first + 5 })).toEqual(whole.subarray(0, first + 5));
    expect(await readBytes(log, 0, { maxBytes: first + 5, minOne: false })).toEqual(
      whole.subarray(0, first + 5),
    );
    // A batch that does not fit is left out where there are others to give (Kafka's
    // firstEntryIncomplete).
    expect(await readBytes(log, 0, { maxBytes: first - 1, minOne: false })).toHaveLength(0);
  });

  test("refuses offsets outside the log, and answers the end with nothing", async () => {
    const log = await open();
    await append(log, ["a", "b"]);

    expect(await readBytes(log, 2)).toHaveLength(0);
    for (const offset of [-1, 3]) {
      await expect(readBytes(log, offset)).rejects.toMatchObject({
        code: ErrorCode.OFFSET_OUT_OF_RANGE,
      });
    }
  });

  test("a refused batch changes nothing", async () => {
    const log = await open();
    const broken = batchOf(["a"]);
    broken.writeUInt8(broken.readUInt8(66) ^ 1, 66);

    expect(() => log.append(broken, fromClient)).toThrow(
      expect.objectContaining({ code: ErrorCode.CORRUPT_MESSAGE }),
    );
    expect(log.endOffset).toBe(0);
    expect(await append(log, ["b"])).toBe(0);
  });

  test("refuses a batch that is larger than a segment", async () => {
    const log = await open({ settings: { segmentBytes: 200 } });

    expect(() => log.append(batchOf(["x".repeat(300)]), fromClient)).toThrow(
      expect.objectContaining({ code: ErrorCode.RECORD_LIST_TOO_LARGE }),
    );
  });

  test("is the same after a restart, and goes on where it was", async () => {
    let log = await open({ settings: SMALL_SEGMENTS });
    for (let i = 0; i < 50; i++) await append(log, [`${i}`, `${i}`]);
    const before = await readAll(log);

    await restart();
    log = await open({ settings: SMALL_SEGMENTS });

    expect(log.startOffset).toBe(0);
    expect(log.endOffset).toBe(100);
    expect(log.writtenOffset).toBe(100);
    expect(await readAll(log)).toEqual(before);
    expect(await append(log, ["next"])).toBe(100);
    expect((await readAll(log)).at(-1)).toEqual({ offset: 100, value: "next" });
  });

  test("rolls to a new segment rather than let one grow beyond its size", async () => {
    const log = await open({ settings: SMALL_SEGMENTS });

    for (let i = 0; i < 30; i++) await append(log, ["x".repeat(200)]);
    await log.flush();

    const files = (await disk.list(join(path, "orders-0"))).filter((name) => name.endsWith(".log"));
    expect(files.length).toBeGreaterThan(5);
    for (const name of files) {
      const bytes = await disk.readFile(join(path, "orders-0", name));
      expect(bytes?.length).toBeLessThanOrEqual(1000);
      expect(baseOffsetAt(bytes as Buffer, 0)).toBe(Number.parseInt(name, 10));
    }
    expect(await readAll(log)).toHaveLength(30);
  });

  test("rolls when the first record of the segment is older than its time", async () => {
    const log = await open({ settings: { segmentMs: 60_000 } });
    await append(log, ["a"]);
    await append(log, ["b"], { timestamp: START_MS + 60_000 });
    await append(log, ["c"], { timestamp: START_MS + 60_001 });
    await log.flush();

    const files = (await disk.list(join(path, "orders-0"))).filter((name) => name.endsWith(".log"));

    expect(files.sort()).toEqual(["00000000000000000000.log", "00000000000000000002.log"]);
  });

  test("rolls when an index is full", async () => {
    const log = await open({ settings: { indexIntervalBytes: 0, segmentIndexBytes: 36 } });
    for (let i = 0; i < 10; i++) await append(log, ["a"], { timestamp: START_MS + i });
    await log.flush();

    const files = (await disk.list(join(path, "orders-0"))).filter((name) => name.endsWith(".log"));

    expect(files.length).toBeGreaterThan(1);
    expect(valuesOf(await readAll(log))).toEqual(Array(10).fill("a"));
  });

  test("the bytes between two offsets are never said to be none when there are some", async () => {
    const log = await open({ settings: SMALL_SEGMENTS });
    for (let i = 0; i < 40; i++) await append(log, ["x".repeat(50)]);
    const all = (await readBytes(log, 39)).length;

    expect(log.bytesBetween(40, 40)).toBe(0);
    expect(log.bytesBetween(39, 40)).toBeGreaterThanOrEqual(all);
    expect(log.bytesBetween(0, 40)).toBe(log.sizeInBytes);
    expect(log.bytesBetween(0, 40)).toBeGreaterThan(log.bytesBetween(20, 40));
  });

  test("finds the first record at or after a time, exactly", async () => {
    let log = await open({ settings: SMALL_SEGMENTS });
    for (let i = 0; i < 30; i++) {
      await append(log, ["x".repeat(60), "y"], { timestamp: START_MS + 10 * i });
    }
    const ask = async (timestamp: number, upTo = log.endOffset) =>
      log.offsetForTimestamp(timestamp, upTo);

    for (let turn = 0; turn < 2; turn++) {
      expect(await ask(START_MS - 1)).toEqual({ timestamp: START_MS, offset: 0, leaderEpoch: 0 });
      expect(await ask(START_MS + 141)).toMatchObject({ timestamp: START_MS + 150, offset: 30 });
      expect(await ask(START_MS + 290)).toMatchObject({ timestamp: START_MS + 290, offset: 58 });
      expect(await ask(START_MS + 291)).toBeUndefined();
      expect(await ask(START_MS + 290, 58)).toBeUndefined();
      await restart();
      log = await open({ settings: SMALL_SEGMENTS });
    }
  });

  test("finds a time that is inside a compressed batch, and when times are out of order", async () => {
    const log = await open();
    const records = [5, 3, 9, 1].map((ms) => ({
      key: null,
      value: Buffer.from(`${ms}`),
      timestamp: START_MS + ms,
    }));
    const { buildBatch } = await import("../../src/records/records.ts");
    await log.append(buildBatch({ records, timestamp: START_MS, compression: 1 }), fromClient)
      .written;

    expect(await log.offsetForTimestamp(START_MS + 6, 4)).toMatchObject({ offset: 2 });
    expect(await log.offsetForTimestamp(START_MS + 2, 4)).toMatchObject({ offset: 0 });
    expect(await log.maxTimestamp(4)).toEqual({
      timestamp: START_MS + 9,
      offset: 2,
      leaderEpoch: 0,
    });
  });

  test("the largest timestamp may be anywhere, and an empty log has none", async () => {
    let log = await open({ settings: SMALL_SEGMENTS });
    expect(await log.maxTimestamp(0)).toBeUndefined();

    for (let i = 0; i < 20; i++) {
      await append(log, ["x".repeat(60)], { timestamp: START_MS + (i === 7 ? 1000 : i) });
    }

    const latest = { timestamp: START_MS + 1000, offset: 7, leaderEpoch: 0 };
    expect(await log.maxTimestamp(20)).toEqual(latest);
    await restart();
    log = await open({ settings: SMALL_SEGMENTS });
    expect(await log.maxTimestamp(20)).toEqual(latest);
  });

  test("the largest timestamp is nobody's to see before its record is", async () => {
    const log = await open({ settings: SMALL_SEGMENTS });
    for (let i = 0; i < 20; i++) await append(log, ["x".repeat(60)], { timestamp: START_MS + i });

    for (const upTo of [1, 7, 19]) expect(await log.maxTimestamp(upTo)).toBeUndefined();
    expect(await log.maxTimestamp(20)).toMatchObject({ offset: 19 });
  });

  test("LogAppendTime puts the broker's time on the batch and in the answer", async () => {
    const log = await open({ settings: { timestampType: "LogAppendTime" } });
    await clock.advance(1234);

    const appended = log.append(batchOf(["a"]), fromClient);
    await appended.written;

    expect(appended.logAppendTime).toBe(START_MS + 1234);
    const [record] = recordsOf(await readBytes(log, 0));
    expect(record?.timestamp).toBe(START_MS + 1234);
    expect(await log.offsetForTimestamp(START_MS + 1, 1)).toMatchObject({ offset: 0 });
  });

  test("knows where each epoch of leaders ended, also after a restart", async () => {
    let log = await open();
    log.assignEpoch(1);
    await append(log, ["a", "b"]).catch(() => undefined);
    for (const leaderEpoch of [1, 4, 4, 9]) {
      await log.append(batchOf(["c"]), { leaderEpoch, origin: "client" }).written;
    }

    for (let turn = 0; turn < 2; turn++) {
      expect(log.latestEpoch).toBe(9);
      expect(log.endOffsetForEpoch(9)).toEqual({ leaderEpoch: 9, endOffset: log.endOffset });
      expect(log.endOffsetForEpoch(5)).toEqual({ leaderEpoch: 4, endOffset: 5 });
      expect(log.endOffsetForEpoch(4)).toEqual({ leaderEpoch: 4, endOffset: 5 });
      expect(log.endOffsetForEpoch(10)).toEqual({ leaderEpoch: -1, endOffset: -1 });
      expect(log.endOffsetForEpoch(-1)).toEqual({ leaderEpoch: -1, endOffset: -1 });
      await restart();
      log = await open();
    }
  });

  test("records before an offset are gone for good, whole segments with their files", async () => {
    let log = await open({ settings: SMALL_SEGMENTS });
    for (let i = 0; i < 40; i++) await append(log, [`${i}`.padEnd(80, "-")]);
    const sizeBefore = log.sizeInBytes;

    await log.deleteRecordsBefore(25);

    for (let turn = 0; turn < 2; turn++) {
      expect(log.startOffset).toBe(25);
      expect(log.sizeInBytes).toBeLessThan(sizeBefore);
      expect((await readAll(log)).map(({ offset }) => offset)).toEqual(
        Array.from({ length: 15 }, (_, i) => 25 + i),
      );
      await expect(readBytes(log, 24)).rejects.toMatchObject({
        code: ErrorCode.OFFSET_OUT_OF_RANGE,
      });
      await clock.advance(60_000);
      await restart();
      log = await open({ settings: SMALL_SEGMENTS });
    }
    expect(await disk.list(join(path, "orders-0"))).not.toContain("00000000000000000000.log");
  });

  test("a log whose records are all deleted goes on at the same offset", async () => {
    let log = await open({ settings: SMALL_SEGMENTS });
    for (let i = 0; i < 20; i++) await append(log, ["x".repeat(80)]);

    await log.deleteRecordsBefore(20);
    await restart();
    log = await open({ settings: SMALL_SEGMENTS });

    expect([log.startOffset, log.endOffset]).toEqual([20, 20]);
    expect(await append(log, ["next"])).toBe(20);
    expect(valuesOf(await readAll(log))).toEqual(["next"]);
  });

  test("truncation forgets what lies at or behind an offset", async () => {
    let log = await open({ settings: SMALL_SEGMENTS });
    for (let i = 0; i < 40; i++) {
      await log.append(batchOf([`${i}`.padEnd(80, "-")]), {
        leaderEpoch: i < 20 ? 1 : 2,
        origin: "client",
      }).written;
    }

    await log.truncateTo(17);

    for (let turn = 0; turn < 2; turn++) {
      expect([log.endOffset, log.writtenOffset]).toEqual([17 + turn, 17 + turn]);
      expect(await readAll(log)).toHaveLength(17 + turn);
      expect(log.endOffsetForEpoch(1)).toEqual({ leaderEpoch: 1, endOffset: 17 + turn });
      expect(await log.append(batchOf(["n"]), { leaderEpoch: 1, origin: "client" }).written).toBe(
        undefined,
      );
      await restart();
      log = await open({ settings: SMALL_SEGMENTS });
    }
  });
});
