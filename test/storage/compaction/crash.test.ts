import { describe, expect, test } from "vitest";
import type { Log } from "../../../src/storage/log.ts";
import type { MemoryDisk } from "../../../src/storage/memory-disk.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import {
  compactedSettings,
  openCleaner,
  put,
  type StoredPair,
  storedPairs,
} from "../../support/storage/compaction.ts";
import { DyingDisk } from "../../support/storage/dying-disk.ts";
import {
  allWritten,
  type Fate,
  FaultyDisk,
  onlySynced,
} from "../../support/storage/faulty-disk.ts";
import { openDirectory, openLog, readAll } from "../../support/storage/logs.ts";

/** A few segments of which some become one, some nothing, and one a smaller one. */
async function fill(log: Log): Promise<void> {
  for (let round = 0; round < 4; round++) {
    for (const key of ["a", "b", "c"]) await put(log, [[key, `${round}`.repeat(100)]]);
    await put(log, [
      [`only ${round}`, "once"],
      ["gone", round === 3 ? null : "soon"],
    ]);
  }
  await put(log, [["last", "x".repeat(300)]]);
  await put(log, [["active", "y".repeat(300)]]);
  await log.flush();
}

function newest(records: readonly StoredPair[]): Map<string, string | null> {
  return new Map(records.map(({ key, value }) => [key, value]));
}

/** Fills a log, and cleans it until the process dies. */
async function cleanUntil(disk: MemoryDisk | FaultyDisk, diesAt: number) {
  const clock = new ManualClock();
  const before = await openDirectory({ disk, clock });
  const log = await openLog(before, { settings: { ...compactedSettings, segmentBytes: 380 } });
  await fill(log);
  expect(log.segments.length).toBeGreaterThan(6);
  const all = storedPairs(log);
  await before.close();
  const dying = new DyingDisk(disk, diesAt);
  const directory = await openDirectory({ disk: dying, clock }).catch(() => undefined);
  if (directory === undefined) return { all, count: dying.count };
  // Larger segments than before: several become one.
  const again = await openLog(directory, {
    settings: { ...compactedSettings, segmentBytes: 1200 },
  });
  const cleaner = await openCleaner({ logs: () => [again], disk: dying, clock });
  await cleaner.run();
  // What is removed some time later.
  await clock.advance(60_000);
  return { all, count: dying.count };
}

async function check(disk: MemoryDisk | FaultyDisk, all: readonly StoredPair[]): Promise<void> {
  const clock = new ManualClock();
  const directory = await openDirectory({ disk, clock });
  const log = await openLog(directory, { settings: compactedSettings });
  const found = storedPairs(log);
  const byOffset = new Map(all.map((record) => [record.offset, record]));
  for (const record of found) expect(record).toEqual(byOffset.get(record.offset));
  const offsets = found.map(({ offset }) => offset);
  expect(offsets).toEqual([...offsets].sort((one, other) => one - other));
  expect(newest(found)).toEqual(newest(all));
  expect(log.endOffset).toBe(all.length);
  expect((await readAll(log)).map(({ offset }) => offset)).toEqual(offsets);
  const names = await disk.list("/data/orders-0");
  expect(names.filter((name) => /\.(cleaned|swap|deleted|tmp)$/.test(name))).toEqual([]);
  // And it goes on as if nothing had happened.
  const cleaner = await openCleaner({ logs: () => [log], disk, clock });
  await put(log, [["active", "z".repeat(300)]]);
  await put(log, [["new", "z".repeat(300)]]);
  await cleaner.run();
  const active = log.segments.at(-1)?.baseOffset ?? 0;
  const cleaned = storedPairs(log).filter(({ offset }) => offset < active);
  expect(new Set(cleaned.map(({ key }) => key)).size).toBe(cleaned.length);
  await directory.close();
}

const fates: readonly (readonly [string, Fate])[] = [
  ["the process is killed", allWritten],
  ["the power goes", onlySynced],
];

describe.each(fates)("when %s while a log is cleaned", (_what, fate) => {
  test("the next start has the log as it was, or cleaned, whichever operation was the last", async () => {
    const { count } = await cleanUntil(new FaultyDisk(), Number.POSITIVE_INFINITY);
    expect(count).toBeGreaterThan(40);
    for (let diesAt = 0; diesAt <= count; diesAt++) {
      const disk = new FaultyDisk();
      const { all } = await cleanUntil(disk, diesAt);
      await check(await disk.afterPowerCut(fate), all);
    }
  });

  test("the start that puts it in order may be cut off as well", async () => {
    const { count } = await cleanUntil(new FaultyDisk(), Number.POSITIVE_INFINITY);
    for (let diesAt = 5; diesAt < count; diesAt += 7) {
      const disk = new FaultyDisk();
      const { all } = await cleanUntil(disk, diesAt);
      for (let again = 1; again < 30; again += 3) {
        const left = await disk.afterPowerCut(fate);
        const dying = new DyingDisk(left, again);
        const directory = await openDirectory({ disk: dying }).catch(() => undefined);
        if (directory !== undefined) {
          await openLog(directory, { settings: compactedSettings }).catch(() => undefined);
        }
        await check(await left.afterPowerCut(allWritten), all);
        if (!dying.hasDied) break;
      }
    }
  });
});
