import { describe, expect, test } from "vitest";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { countExpired } from "../../src/storage/retention.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { append, openDirectory, openLog, readAll, START_MS } from "../support/storage/logs.ts";

const forever = { retentionMs: -1, retentionBytes: -1 };

const segments = [10, 20, 30].map((maxTimestamp) => ({ size: 100, maxTimestamp, createdMs: 0 }));

describe("which segments are too old or too many", () => {
  test.each([
    ["none, without a limit", forever, 1000, 0],
    ["none, as long as the newest record is young enough", { ...forever, retentionMs: 20 }, 30, 0],
    ["the first, once it is older", { ...forever, retentionMs: 20 }, 31, 1],
    ["all, the active one among them, when they are old", { ...forever, retentionMs: 20 }, 51, 3],
    ["none, while the log is no larger than that", { ...forever, retentionBytes: 300 }, 0, 0],
    ["none, if it were too small without the first", { ...forever, retentionBytes: 201 }, 0, 0],
    ["the first, if it is large enough without it", { ...forever, retentionBytes: 200 }, 0, 1],
    ["never the active one for its size", { ...forever, retentionBytes: 0 }, 0, 2],
    ["what either asks for", { retentionMs: 20, retentionBytes: 150 }, 31, 1],
  ])("%s", (_what, retention, nowMs, expected) => {
    expect(countExpired(segments, retention, nowMs)).toBe(expected);
  });

  test("a segment without timestamps is as old as its file", () => {
    const old = [{ size: 1, maxTimestamp: -1, createdMs: 50 }];
    expect(countExpired(old, { ...forever, retentionMs: 10 }, 60)).toBe(0);
    expect(countExpired(old, { ...forever, retentionMs: 10 }, 61)).toBe(1);
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

  await log.deleteOldSegments({ retentionMs: 6000, retentionBytes: -1 });

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

  await log.deleteOldSegments({ retentionMs: 1000, retentionBytes: -1 });

  expect([log.startOffset, log.endOffset, log.sizeInBytes]).toEqual([3, 3, 0]);
  await directory.close();
  directory = await openDirectory({ disk, clock });
  log = await openLog(directory);
  expect([log.startOffset, log.endOffset]).toEqual([3, 3]);
  expect(await append(log, ["b"])).toBe(3);
});
