import { beforeEach, expect, test } from "vitest";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { append, openDirectory, openLog, START_MS } from "../support/storage/logs.ts";

let clock: ManualClock;
let directory: DataDirectory;

beforeEach(async () => {
  clock = new ManualClock(START_MS);
  directory = await openDirectory({ disk: new MemoryDisk(), clock });
});

/** After how long, in steps of 10 ms, each of so many logs begins its second segment. */
async function agesAtRoll(logs: number, segmentJitterMs: number): Promise<readonly number[]> {
  const ages: number[] = [];
  for (let partition = 0; partition < logs; partition++) {
    const settings = { segmentMs: 1000, segmentJitterMs };
    const log = await openLog(directory, { partition, settings });
    let ageMs = 0;
    for (; log.segments.length < 2; ageMs += 10) {
      await append(log, ["x"], { timestamp: START_MS + ageMs });
    }
    ages.push(ageMs - 10);
  }
  return ages;
}

test("a segment ends once its records span more than segment.ms", async () => {
  expect(new Set(await agesAtRoll(5, 0))).toEqual(new Set([1010]));
});

test("segment.jitter.ms spreads that, never by more and never to later", async () => {
  const ages = await agesAtRoll(20, 400);
  expect(Math.max(...ages)).toBeLessThanOrEqual(1010);
  expect(Math.min(...ages)).toBeGreaterThan(600);
  expect(new Set(ages).size).toBeGreaterThan(5);
});

test("files of a segment that was deleted go after file.delete.delay.ms", async () => {
  const disk = new MemoryDisk();
  directory = await openDirectory({ disk, clock });
  const log = await openLog(directory, { settings: { segmentBytes: 300, fileDeleteDelayMs: 500 } });
  for (let i = 0; i < 4; i++) await append(log, ["x".repeat(200)]);
  const count = async (ending: string) =>
    (await disk.list("/data/orders-0")).filter((name) => name.endsWith(ending)).length;

  await log.deleteRecordsBefore(2);

  expect(await count(".log")).toBe(2);
  expect(await count(".log.deleted")).toBe(2);
  await clock.advance(499);
  expect(await count(".deleted")).toBeGreaterThan(2);
  await clock.advance(1);
  expect(await count(".deleted")).toBe(0);
});
