import { beforeEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { allWritten, FaultyDisk, onlySynced } from "../support/storage/faulty-disk.ts";
import {
  append,
  batchOf,
  fromClient,
  openDirectory,
  openLog,
  readAll,
  valuesOf,
} from "../support/storage/logs.ts";

const STORAGE_ERROR = { code: ErrorCode.KAFKA_STORAGE_ERROR };

function noSpace(): Error {
  return Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
}

const isLog = (path: string) => path.endsWith(".log");

let disk: FaultyDisk;
let clock: ManualClock;
let directory: DataDirectory;

beforeEach(async () => {
  disk = new FaultyDisk();
  clock = new ManualClock();
  directory = await openDirectory({ disk, clock });
});

describe("a write that fails", () => {
  test("fails every append that went with it, and acknowledges none", async () => {
    const heard: number[] = [];
    const log = await openLog(directory, { onWritten: (end) => heard.push(end) });
    await append(log, ["a"]);
    disk.failWrite = (path) => (isLog(path) ? noSpace() : undefined);

    const appends = ["b", "c"].map((value) => log.append(batchOf([value]), fromClient).written);

    for (const written of appends) await expect(written).rejects.toMatchObject(STORAGE_ERROR);
    expect(heard).toEqual([1]);
    expect(log.writtenOffset).toBe(1);
  });

  test("ends the log for good, rather than leave a hole in it", async () => {
    const log = await openLog(directory);
    await append(log, ["a"]);
    disk.failWrite = (path) => (isLog(path) ? noSpace() : undefined);
    await log.append(batchOf(["lost"]), fromClient).written.catch(() => undefined);

    disk.failWrite = () => undefined;

    expect(() => log.append(batchOf(["b"]), fromClient)).toThrow(
      expect.objectContaining(STORAGE_ERROR),
    );
    expect((await log.read(0, { maxBytes: 1e6, upTo: 1, minOne: true })).bytes).toBeGreaterThan(0);
  });

  test("leaves the other logs as they are", async () => {
    const log = await openLog(directory);
    const other = await openLog(directory, { partition: 1 });
    disk.failWrite = (path) => (path.includes("orders-0") ? noSpace() : undefined);

    expect(() => log.append(batchOf(["a"]), fromClient)).toThrow(
      expect.objectContaining(STORAGE_ERROR),
    );
    expect(await append(other, ["b"])).toBe(0);
  });

  test("makes the shutdown an unclean one, and the next start has all that was acknowledged", async () => {
    const log = await openLog(directory);
    await append(log, ["a", "b"]);
    disk.failWrite = (path) => (isLog(path) ? noSpace() : undefined);
    await log.append(batchOf(["lost"]), fromClient).written.catch(() => undefined);
    disk.failWrite = () => undefined;
    await directory.close();

    const again = await openDirectory({ disk: await disk.afterPowerCut(allWritten) });

    expect(again.wasCleanShutdown).toBe(false);
    const reopened = await openLog(again);
    expect(valuesOf(await readAll(reopened))).toEqual(["a", "b"]);
    expect(await append(reopened, ["c"])).toBe(2);
  });

  test("a repeat of a batch whose write failed is not acknowledged either", async () => {
    const log = await openLog(directory);
    disk.failWrite = (path) => (isLog(path) ? noSpace() : undefined);
    const producer = { producerId: 1, producerEpoch: 0, baseSequence: 0 };
    const first = log.append(batchOf(["a"], producer), fromClient);
    const repeat = log.append(batchOf(["a"], producer), fromClient);

    expect(repeat.duplicate).toBe(true);
    await expect(first.written).rejects.toMatchObject(STORAGE_ERROR);
    await expect(repeat.written).rejects.toMatchObject(STORAGE_ERROR);
  });
});

test("what is acknowledged while there is no room to seal a full segment stays, whenever that is found", async () => {
  for (let turns = 0; turns < 40; turns++) {
    disk = new FaultyDisk();
    directory = await openDirectory({ disk, clock });
    const log = await openLog(directory, { settings: { segmentBytes: 200 } });
    await append(log, ["x".repeat(100)]);
    disk.failWrite = (path) => (path.endsWith("index") ? noSpace() : undefined);
    await append(log, ["y".repeat(100)]);
    for (let turn = 0; turn < turns; turn++) await undefined;
    const kept = ["x".repeat(100), "y".repeat(100)];
    try {
      await append(log, ["under way"]);
      kept.push("under way");
    } catch (error) {
      expect(error).toMatchObject(STORAGE_ERROR);
    }
    await clock.advance(0);
    disk.failWrite = () => undefined;
    await clock.advance(10_000);

    expect(await append(log, ["next"])).toBe(kept.length);
    expect(valuesOf(await readAll(log))).toEqual([...kept, "next"]);
    await directory.close();
  }
});

describe("a sync that fails", () => {
  test("acknowledges nothing and ends the log", async () => {
    const log = await openLog(directory, { settings: { flushMessages: 1 } });
    await append(log, ["a"]);
    disk.failSync = () => new Error("EIO: i/o error, fsync");

    await expect(log.append(batchOf(["b"]), fromClient).written).rejects.toMatchObject(
      STORAGE_ERROR,
    );

    disk.failSync = () => undefined;
    expect(log.writtenOffset).toBe(1);
    expect(() => log.append(batchOf(["c"]), fromClient)).toThrow(
      expect.objectContaining(STORAGE_ERROR),
    );
  });

  test("while a full segment is sealed ends the log as well", async () => {
    const log = await openLog(directory, { settings: { segmentBytes: 200 } });
    disk.failSync = () => new Error("EIO: i/o error, fsync");
    await append(log, ["x".repeat(100)]);
    await append(log, ["x".repeat(100)]);

    await expect(log.flush()).rejects.toMatchObject(STORAGE_ERROR);
    expect(log.recoveryPoint).toBe(0);
  });
});

describe("group commit", () => {
  test("one sync serves all that was written before it began", async () => {
    const log = await openLog(directory, { settings: { flushMessages: 1 } });
    await append(log, ["first"]);
    const before = disk.counts.syncs;
    let release: () => void = () => undefined;
    disk.beforeSync = () =>
      new Promise((resolve) => {
        release = resolve;
      });

    const settled: number[] = [];
    const appendOne = (i: number) =>
      log.append(batchOf([`${i}`]), fromClient).written.then(() => settled.push(i));
    const waiting = [appendOne(0)];
    await clock.advance(0);
    for (let i = 1; i <= 20; i++) waiting.push(appendOne(i));
    await clock.advance(0);
    expect(settled).toEqual([]);
    disk.beforeSync = async () => {};
    release();
    await Promise.all(waiting);

    expect(settled).toEqual(Array.from({ length: 21 }, (_, i) => i));
    expect(disk.counts.syncs - before).toBe(2);
  });

  test("nothing is acknowledged before what came before it, whatever flush.messages is", async () => {
    const heard: number[] = [];
    const log = await openLog(directory, {
      settings: { flushMessages: 3 },
      onWritten: (end) => heard.push(end),
    });
    for (let i = 0; i < 20; i++) {
      log.append(batchOf([`${i}`]), fromClient);
      if (i % 2 === 0) await clock.advance(0);
    }
    await log.flush();

    expect(heard).toEqual([...heard].sort((one, other) => one - other));
    expect(heard.at(-1)).toBe(20);
  });

  test("flush.ms brings everything to the disk in time, without anybody asking", async () => {
    const log = await openLog(directory, { settings: { flushMs: 500 } });
    await append(log, ["a"]);
    expect(log.recoveryPoint).toBe(0);

    await clock.advance(500);
    await clock.advance(0);

    const after = await openDirectory({ disk: await disk.afterPowerCut(onlySynced) });
    expect(valuesOf(await readAll(await openLog(after)))).toEqual(["a"]);
  });
});

describe("a disk that stalls", () => {
  test("is written to asynchronously until it has caught up, in the order of the offsets", async () => {
    const log = await openLog(directory);
    await append(log, ["before"]);
    const settled: string[] = [];
    const appendOne = (value: string) =>
      log.append(batchOf([value]), fromClient).written.then(() => settled.push(value));
    disk.duringWrite = () => void clock.advance(100);
    await appendOne("slow");
    disk.duringWrite = () => undefined;
    const { syncWrites } = disk.counts;

    let release: () => void = () => undefined;
    disk.beforeAsyncWrite = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const waiting = [appendOne("1")];
    await clock.advance(0);
    waiting.push(appendOne("2"), appendOne("3"));
    await clock.advance(0);
    expect(settled).toEqual(["slow"]);
    expect(disk.counts).toMatchObject({ syncWrites, asyncWrites: 1 });
    disk.beforeAsyncWrite = async () => {};
    release();
    await Promise.all(waiting);

    expect(settled).toEqual(["slow", "1", "2", "3"]);
    await appendOne("4");
    await appendOne("5");
    expect(disk.counts.syncWrites).toBeGreaterThan(syncWrites);
    expect(valuesOf(await readAll(log))).toEqual(["before", "slow", "1", "2", "3", "4", "5"]);
  });
});

test("the appends of one tick are one write", async () => {
  const log = await openLog(directory);
  await append(log, ["a"]);
  const { syncWrites } = disk.counts;

  await Promise.all(
    Array.from({ length: 50 }, () => log.append(batchOf(["x"]), fromClient).written),
  );

  expect(disk.counts.syncWrites - syncWrites).toBe(1);
});

test("a consumer at the tail costs no read", async () => {
  const log = await openLog(directory);
  for (let i = 0; i < 10; i++) await append(log, [`${i}`]);
  const { reads } = disk.counts;

  expect(await readAll(log)).toHaveLength(10);

  expect(disk.counts.reads).toBe(reads);
});
