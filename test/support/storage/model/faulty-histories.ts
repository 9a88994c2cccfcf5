import fc from "fast-check";
import { expect } from "vitest";
import type { LogCleaner } from "../../../../src/storage/compaction/log-cleaner.ts";
import type { DataDirectory } from "../../../../src/storage/data-directory.ts";
import type { Log } from "../../../../src/storage/log.ts";
import type { LogSettings } from "../../../../src/storage/log-settings.ts";
import { ManualClock } from "../../../../src/time/manual-clock.ts";
import { batchOfPairs, openCleaner, type Pair } from "../compaction.ts";
import { FailingDisk, systemError } from "../failing-disk.ts";
import { allWritten, FaultyDisk, onlySynced } from "../faulty-disk.ts";
import { fromClient, openDirectory, openLog, START_MS } from "../logs.ts";
import { storedRecords } from "./checks.ts";

/** Of one history. */
const TIMEOUT_MS = 15_000;

type Fault = "EIO" | "ENOSPC" | "EMFILE";

type Step =
  | { readonly do: "append"; readonly pairs: readonly Pair[]; readonly codec: number }
  /** The operation of the disk that is so many away fails, and `more` behind it. */
  | { readonly do: "fail"; readonly in: number; readonly more: number; readonly how: Fault }
  | { readonly do: "deleteBefore"; readonly at: number }
  | { readonly do: "lookUp" | "flush" | "checkpoint" | "retain" | "clean" | "roll" | "wait" }
  | { readonly do: "restart" | "kill" };

const pair: fc.Arbitrary<Pair> = fc.tuple(
  fc.constantFrom("a", "b", "c", "d"),
  fc.string({ minLength: 1, maxLength: 80 }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      pairs: fc.array(pair, { minLength: 1, maxLength: 3 }),
      codec: fc.constantFrom(0, 0, 2, 3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("fail" as const),
      in: fc.nat(25),
      more: fc.constantFrom(0, 0, 0, 1, 5),
      how: fc.constantFrom("EIO" as const, "ENOSPC" as const, "EMFILE" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("deleteBefore" as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...(["lookUp", "flush", "checkpoint", "retain", "clean", "roll", "wait"] as const),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "kill" as const) }) },
);

interface Kept {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** A log on a disk that fails now and then, and what it has acknowledged. */
class Patient {
  readonly #settings: Partial<LogSettings>;
  readonly #clock = new ManualClock(START_MS);
  #disk = new FaultyDisk();
  #failing = new FailingDisk(this.#disk);
  #directory: DataDirectory | undefined;
  #log: Log | undefined;
  #cleaner: LogCleaner | undefined;
  #acknowledged: Kept[] = [];
  /** Sent and refused since the start: nobody knows whether the next start finds them. */
  #refused: string[] = [];
  #startOffset = 0;
  #faults = 0;
  /** Since it was made. */
  fired = 0;

  constructor(settings: Partial<LogSettings>) {
    this.#settings = { segmentBytes: 500, indexIntervalBytes: 100, ...settings };
  }

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case "append":
        await this.#append(one.pairs, one.codec);
        break;
      case "fail":
        this.#failFrom(one.in, one.more, one.how);
        break;
      case "restart":
      case "kill":
        await this.#restart(one.do === "restart");
        break;
      default:
        await this.#unlessFaulty(() => this.#keepUp(one));
    }
    await this.check();
  }

  async #keepUp(one: Step): Promise<void> {
    const log = this.#log as Log;
    switch (one.do) {
      case "deleteBefore": {
        const before = log.startOffset;
        const offset = before + Math.round(one.at * (log.writtenOffset - before));
        this.#startOffset = Math.max(this.#startOffset, offset);
        await log.deleteRecordsBefore(offset);
        break;
      }
      case "flush":
        await log.flush();
        break;
      case "checkpoint":
        await this.#directory?.checkpoint();
        await this.#directory?.checkpointStarts();
        break;
      case "retain":
        await log.deleteOldSegments();
        break;
      case "clean":
        await this.#cleaner?.run();
        break;
      case "roll":
        log.updateSettings({ ...log.settings, segmentBytes: 350 });
        break;
      case "lookUp":
        await log.maxTimestamp(log.writtenOffset);
        break;
      case "wait":
        await this.#clock.advance(20_000);
    }
  }

  /** What fails when the disk fails is no error of the log's. */
  async #unlessFaulty(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#mustBeTheDisks(error);
    }
  }

  #mustBeTheDisks(error: unknown): void {
    const isClaim = error instanceof Error && error.name === "AssertionError";
    if (this.#faults === 0 || isClaim) throw error;
  }

  async #append(pairs: readonly Pair[], compression: number): Promise<void> {
    const log = this.#log as Log;
    const values = pairs.map(([, value]) => value ?? "");
    try {
      const timestamp = this.#clock.now();
      const batch = batchOfPairs(pairs, { timestamp, compression });
      const appended = log.append(batch, fromClient);
      const { baseOffset } = appended;
      await appended.written;
      expect(baseOffset).toBe((this.#acknowledged.at(-1)?.offset ?? this.#startOffset - 1) + 1);
      for (const [i, [key, value]] of pairs.entries()) {
        this.#acknowledged.push({ offset: baseOffset + i, key, value });
      }
    } catch (error) {
      this.#mustBeTheDisks(error);
      this.#refused.push(...values);
    }
  }

  #failFrom(from: number, more: number, how: Fault): void {
    let count = 0;
    this.#failing.decide = () => {
      count += 1;
      if (count <= from || count > from + 1 + more) return undefined;
      this.#faults += 1;
      this.fired += 1;
      // A lack of room or of descriptors shows where a file is opened or written, not where it is synced.
      return systemError(how, how === "EIO" ? "" : "open");
    };
  }

  /** A start may fail as well; the next one, on a disk that works, does not. */
  async #restart(inOrder: boolean): Promise<void> {
    if (inOrder) await this.#unlessFaulty(async () => this.#directory?.close());
    const isDurable = this.#settings.flushMessages === 1;
    this.#disk = await this.#disk.afterPowerCut(isDurable && !inOrder ? onlySynced : allWritten);
    const { decide } = this.#failing;
    this.#failing = new FailingDisk(this.#disk);
    this.#failing.decide = decide;
    try {
      await this.open();
      if (this.#directory?.failure === undefined) return await this.#found();
    } catch (error) {
      this.#mustBeTheDisks(error);
    }
    this.#disk = await this.#disk.afterPowerCut(allWritten);
    this.#failing = new FailingDisk(this.#disk);
    await this.open();
    await this.#found();
  }

  async open(): Promise<void> {
    const disk = this.#failing;
    const clock = this.#clock;
    this.#directory = await openDirectory({ disk, clock, tailCacheBytes: 1000 });
    const log = await openLog(this.#directory, { settings: this.#settings });
    this.#log = log;
    this.#cleaner = await openCleaner({ logs: () => [log], disk, clock });
  }

  /** All that was acknowledged is there; what was refused may be, behind it. */
  async #found(): Promise<void> {
    const log = this.#log as Log;
    await this.#unlessFaulty(async () => {
      // What the start has found must be known, or the next look takes it for something new.
      const stored = await this.#withoutFaults(() => storedIn(log));
      const end = (this.#acknowledged.at(-1)?.offset ?? -1) + 1;
      const behind = stored.filter(({ offset }) => offset >= end);
      expect(this.#refused).toEqual(
        expect.arrayContaining(behind.map(({ value }) => value as string)),
      );
      this.#acknowledged.push(...behind);
      this.#refused = [];
      expect(log.endOffset).toBeGreaterThanOrEqual(end);
    });
  }

  async #withoutFaults<T>(work: () => Promise<T>): Promise<T> {
    const { decide } = this.#failing;
    this.#failing.decide = () => undefined;
    try {
      return await work();
    } finally {
      this.#failing.decide = decide;
    }
  }

  async check(): Promise<void> {
    const log = this.#log as Log;
    if (this.#directory?.failure !== undefined) {
      expect(() => log.append(batchOfPairs([["a", "refused"]]), fromClient)).toThrow();
    }
    await this.#unlessFaulty(async () => {
      const read = await storedIn(log);
      this.#compare(log, read);
    });
  }

  #compare(log: Log, read: readonly Kept[]): void {
    const visible = this.#acknowledged.filter(({ offset }) => offset >= log.startOffset);
    const known = new Map(visible.map((record) => [record.offset, record]));
    for (const record of read) expect(record).toEqual(known.get(record.offset));
    if (!log.settings.compacted) {
      expect(read.map(({ offset }) => offset)).toEqual(visible.map(({ offset }) => offset));
    }
    const last = (records: readonly Kept[]) =>
      new Map(records.map(({ key, value }) => [key, value]));
    expect(last(read)).toEqual(last(visible));
  }

  /** On a disk that works again everything is as it was acknowledged, and goes on. */
  async end(): Promise<void> {
    this.#failing.decide = () => undefined;
    this.#faults = 0;
    await this.#restart(false);
    await this.check();
    const before = this.#acknowledged.length;
    await this.#append([["a", "after"]], 0);
    expect(this.#acknowledged).toHaveLength(before + 1);
    await this.check();
  }
}

async function storedIn(log: Log): Promise<readonly Kept[]> {
  const stored = await storedRecords(log);
  return stored.map(({ offset, key, value }) => ({ offset, key, value }));
}

/**
 * Lets histories happen, from an empty log on a disk that fails now and then.
 *
 * @returns how many operations of the disk failed in all of them.
 */
export async function forFaultyHistories(
  settings: Partial<LogSettings>,
  run: { readonly numRuns: number; readonly maxSteps: number },
): Promise<number> {
  let fired = 0;
  const history = fc.array(step, { minLength: 1, maxLength: run.maxSteps, size: "max" });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const patient = new Patient(settings);
      await patient.open();
      for (const one of steps) await patient.run(one);
      await patient.end();
      fired += patient.fired;
    }),
    { numRuns: run.numRuns, timeout: TIMEOUT_MS },
  );
  return fired;
}
