import { describe, expect, test } from "vitest";
import type { Log } from "../../../src/storage/log.ts";
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

interface Filled {
  readonly disk: FaultyDisk;
  readonly all: readonly StoredPair[];
}

async function filled(): Promise<Filled> {
  const disk = new FaultyDisk();
  const directory = await openDirectory({ disk });
  const log = await openLog(directory, { settings: { ...compactedSettings, segmentBytes: 380 } });
  await fill(log);
  expect(log.segments.length).toBeGreaterThan(6);
  const all = storedPairs(log);
  await directory.close();
  return { disk, all };
}

/** Cleans a log until the process dies. @returns how many operations of the disk there were. */
async function cleanUntil(disk: FaultyDisk, diesAt: number): Promise<number> {
  const clock = new ManualClock();
  const dying = new DyingDisk(disk, diesAt);
  const directory = await openDirectory({ disk: dying, clock }).catch(() => undefined);
  if (directory === undefined) return dying.count;
  // Larger segments than before: several become one.
  const log = await openLog(directory, { settings: { ...compactedSettings, segmentBytes: 1200 } });
  const cleaner = await openCleaner({ logs: () => [log], disk: dying, clock });
  await cleaner.run();
  // What is removed some time later.
  await clock.advance(60_000);
  return dying.count;
}

async function check(disk: FaultyDisk, all: readonly StoredPair[]): Promise<void> {
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
    const { disk, all } = await filled();
    const count = await cleanUntil(await disk.afterPowerCut(), Number.POSITIVE_INFINITY);
    expect(count).toBeGreaterThan(40);
    for (let diesAt = 0; diesAt <= count; diesAt++) {
      const copy = await disk.afterPowerCut();
      await cleanUntil(copy, diesAt);
      await check(await copy.afterPowerCut(fate), all);
    }
  }, 60_000);

  test("the start that puts it in order may be cut off as well", async () => {
    const { disk, all } = await filled();
    const count = await cleanUntil(await disk.afterPowerCut(), Number.POSITIVE_INFINITY);
    for (let diesAt = 5; diesAt < count; diesAt += 7) {
      const copy = await disk.afterPowerCut();
      await cleanUntil(copy, diesAt);
      for (let again = 1; again < 30; again += 3) {
        const left = await copy.afterPowerCut(fate);
        const dying = new DyingDisk(left, again);
        const directory = await openDirectory({ disk: dying }).catch(() => undefined);
        if (directory !== undefined) {
          await openLog(directory, { settings: compactedSettings }).catch(() => undefined);
        }
        await check(await left.afterPowerCut(fate), all);
        if (!dying.hasDied) break;
      }
    }
  }, 60_000);
});
