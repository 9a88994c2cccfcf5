import { describe, expect, test } from "vitest";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { countExpired } from "../../src/storage/retention.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { FailingDisk, systemError } from "../support/storage/failing-disk.ts";
import { append, openDirectory, openLog, readAll, START_MS } from "../support/storage/logs.ts";

const forever = { retentionMs: -1, retentionBytes: -1 };

const segments = [10, 20, 30].map((maxTimestamp, i) => ({
  baseOffset: 10 * i,
  size: 100,
  maxTimestamp,
  createdMs: 0,
}));
const written = { endOffset: 30, writtenOffset: 30 };

describe("which segments are too old or too many", () => {
  test.each([
    ["none, without a limit", forever, 1000, 0],
    ["none, as long as the newest record is young enough", { ...forever, retentionMs: 20 }, 30, 0],
    ["the first, once it is older", { ...forever, retentionMs: 20 }, 31, 1],
    ["all, the active one among them, when they are old", { ...forever, retentionMs: 20 }, 51, 3],
    ["none, while the log is no larger than that", { ...forever, retentionBytes: 300 }, 0, 0],
    ["none, if it were too small without the first", { ...forever, retentionBytes: 201 }, 0, 0],
    ["the first, if it is large enough without it", { ...forever, retentionBytes: 200 }, 0, 1],
    ["all, if nothing is to be kept", { ...forever, retentionBytes: 0 }, 0, 3],
    ["not the active one, if a byte is to be kept", { ...forever, retentionBytes: 1 }, 0, 2],
    ["what either asks for", { retentionMs: 20, retentionBytes: 150 }, 31, 1],
    ["what is old behind what was too much", { retentionMs: 20, retentionBytes: 200 }, 41, 2],
  ])("%s", (_what, retention, nowMs, expected) => {
    expect(countExpired(segments, retention, { ...written, nowMs })).toBe(expected);
  });

  test("none that is not written, or whose end readers cannot see yet", () => {
    const all = { retentionMs: 0, retentionBytes: 0 };
    const end = { nowMs: 1000, endOffset: 30 };
    expect(countExpired(segments, all, { ...end, writtenOffset: 29 })).toBe(2);
    expect(countExpired(segments, all, { ...end, writtenOffset: 10 })).toBe(1);
    expect(countExpired(segments, all, { ...end, writtenOffset: 9 })).toBe(0);
  });

  test("one that the cleaner has emptied goes with its neighbours, a last one that is empty stays", () => {
    const emptied = segments.map((segment, i) => (i === 1 ? segment : { ...segment, size: 0 }));
    const retention = { ...forever, retentionMs: 5 };
    expect(countExpired(emptied, retention, { ...written, nowMs: 1000 })).toBe(2);
  });

  test("a newer one shields those behind it, however old they are", () => {
    const mixed = segments.map((segment, i) => ({
      ...segment,
      maxTimestamp: [10, 90, 10][i] ?? 0,
    }));
    const retention = { ...forever, retentionMs: 50 };
    expect(countExpired(mixed, retention, { ...written, nowMs: 100 })).toBe(1);
  });

  test("a segment without timestamps is as old as its file", () => {
    const old = [{ baseOffset: 0, size: 1, maxTimestamp: -1, createdMs: 50 }];
    const retention = { ...forever, retentionMs: 10 };
    expect(countExpired(old, retention, { ...written, nowMs: 60 })).toBe(0);
    expect(countExpired(old, retention, { ...written, nowMs: 61 })).toBe(1);
  });
});

test("old segments go with their files, and the log begins behind them, also after a restart", async () => {
  const disk = new MemoryDisk();
  const clock = new ManualClock(START_MS);
  const settings = { segmentBytes: 300 };
  let directory = await openDirectory({ disk, clock });
  let log = await openLog(directory, { settings });
  for (let i = 0; i < 10; i++) {
    await append(log, ["x".repeat(100)], { timestamp: START_MS + i * 1000 });
  }
  await clock.advance(10_000);

  log.updateSettings({ ...log.settings, retentionMs: 6000 });
  await log.deleteOldSegments();

  expect(log.startOffset).toBe(4);
  await clock.advance(60_000);
  const names = await disk.list("/data/orders-0");
  expect(names).not.toContain("00000000000000000000.log");
  expect(names.some((name) => name.endsWith(".deleted"))).toBe(false);
  await directory.close();
  directory = await openDirectory({ disk, clock });
  log = await openLog(directory, { settings });
  expect((await readAll(log)).map(({ offset }) => offset)).toEqual([4, 5, 6, 7, 8, 9]);
});

test("when everything is old the log is empty, and goes on at its offset", async () => {
  const disk = new MemoryDisk();
  const clock = new ManualClock(START_MS);
  let directory = await openDirectory({ disk, clock });
  let log = await openLog(directory);
  for (let i = 0; i < 3; i++) await append(log, ["a"]);
  await clock.advance(1001);

  log.updateSettings({ ...log.settings, retentionMs: 1000 });
  await log.deleteOldSegments();

  expect([log.startOffset, log.endOffset, log.sizeInBytes]).toEqual([3, 3, 0]);
  await directory.close();
  directory = await openDirectory({ disk, clock });
  log = await openLog(directory);
  expect([log.startOffset, log.endOffset]).toEqual([3, 3]);
  expect(await append(log, ["b"])).toBe(3);
});

test("files that cannot be deleted are tried again with the next run, and the log begins behind them", async () => {
  const disk = new FailingDisk(new MemoryDisk());
  const clock = new ManualClock(START_MS);
  const directory = await openDirectory({ disk, clock });
  const log = await openLog(directory, { settings: { segmentBytes: 300 } });
  for (let i = 0; i < 8; i++) await append(log, ["x".repeat(100)]);
  const names = async () => (await disk.list("/data/orders-0")).filter((n) => n.endsWith(".log"));
  const before = await names();
  let renames = 0;
  disk.decide = (operation) =>
    operation === "rename" && renames++ > 0 ? systemError("EACCES") : undefined;

  await log.deleteRecordsBefore(6);

  expect(log.startOffset).toBe(6);
  expect(await names()).toHaveLength(before.length - 1);
  disk.decide = () => undefined;
  await log.deleteOldSegments();
  expect(await names()).toHaveLength(log.segments.length);
  await clock.advance(log.settings.fileDeleteDelayMs);
  expect((await disk.list("/data/orders-0")).filter((n) => n.endsWith(".deleted"))).toEqual([]);
});
