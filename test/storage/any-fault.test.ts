import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import type { Log } from "../../src/storage/log.ts";
import type { LogSettings } from "../../src/storage/log-settings.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { FailingDisk, systemError } from "../support/storage/failing-disk.ts";
import { allWritten, FaultyDisk, onlySynced } from "../support/storage/faulty-disk.ts";
import {
  batchOf,
  fromClient,
  openDirectory,
  openLog,
  readAll,
  START_MS,
} from "../support/storage/logs.ts";

const FIRST_BATCHES = 14;

/** A life of one log: batches of an idempotent producer over some segments, and all upkeep there is. */
class Life {
  readonly disk = new FaultyDisk();
  readonly failing = new FailingDisk(this.disk);
  readonly clock = new ManualClock(START_MS);
  readonly settings: Partial<LogSettings>;
  readonly acknowledged: string[] = [];
  readonly refused: string[] = [];
  #sequence = 0;
  #epoch = 0;

  constructor(settings: Partial<LogSettings>) {
    this.settings = { segmentBytes: 500, indexIntervalBytes: 100, ...settings };
  }

  async run(directory: DataDirectory, log: Log): Promise<void> {
    for (let i = 0; i < FIRST_BATCHES; i++) {
      const together = [this.append(log, `${i}`)];
      if (i % 3 === 0) together.push(this.append(log, `${i}+`));
      await this.clock.advance(0);
      await Promise.all(together);
      if (i % 4 === 1) await log.flush().catch(() => undefined);
      if (i % 5 === 2) await directory.checkpoint().catch(() => undefined);
      if (i === 9) log.assignEpoch(1);
      // Full segments are sealed in the background.
      await this.clock.advance(0);
    }
  }

  /** What failed is what its producer sends once more: with the sequence it had. */
  async append(log: Log, value: string): Promise<void> {
    const producer = { producerId: 7, producerEpoch: this.#epoch, baseSequence: this.#sequence };
    this.#sequence += 1;
    try {
      const appended = log.append(batchOf([value.padEnd(40, ".")], producer), fromClient);
      await appended.written;
      this.acknowledged.push(value);
    } catch (error) {
      expect((error as { code?: unknown }).code).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
      this.refused.push(value);
      // As a producer does that has lost a batch.
      this.#epoch += 1;
      this.#sequence = 0;
    }
  }

  async open(disk: FaultyDisk | FailingDisk): Promise<{ directory: DataDirectory; log: Log }> {
    const directory = await openDirectory({ disk, clock: this.clock });
    return { directory, log: await openLog(directory, { settings: this.settings }) };
  }
}

async function valuesIn(log: Log): Promise<string[]> {
  return (await readAll(log)).map(({ value }) => value.replace(/\.+$/, ""));
}

async function operationsOf(settings: Partial<LogSettings>): Promise<number> {
  const life = new Life(settings);
  const { directory, log } = await life.open(life.failing);
  const { count } = life.failing.failNth(-1, () => systemError("EIO"));
  await life.run(directory, log);
  expect(life.refused).toEqual([]);
  return count();
}

const kinds = [
  ["written when the write returns", {}],
  ["flushed with each batch", { flushMessages: 1 }],
] as const;

describe.each(kinds)(
  "a disk that fails any one operation under a log that is %s",
  (_, settings) => {
    test.each(["ENOSPC", "EMFILE"])(
      "with %s: the log goes on, with what was acknowledged and nothing else",
      async (code) => {
        const operations = await operationsOf(settings);
        expect(operations).toBeGreaterThan(30);
        let stopped = 0;
        for (let n = 0; n < operations; n++) {
          const life = new Life(settings);
          const { directory, log } = await life.open(life.failing);
          // What syncs is not failed by a lack of room or of descriptors, but what opens to sync is.
          life.failing.failNth(n, () => systemError(code, "open"));
          await life.run(directory, log);
          await life.clock.advance(10_000);
          await life.clock.advance(0);
          await life.clock.advance(10_000);
          await life.clock.advance(0);

          if (life.refused.length > 0) stopped += 1;
          expect(log.failure, `operation ${n}`).toBeUndefined();
          await life.append(log, "after");
          expect(life.acknowledged.at(-1), `operation ${n}`).toBe("after");
          expect(await valuesIn(log), `operation ${n}`).toEqual(life.acknowledged);

          const killed = await life.open(await life.disk.afterPowerCut(allWritten));
          expect(await valuesIn(killed.log), `operation ${n}, killed`).toEqual(life.acknowledged);
          await directory.close();
          const closed = await life.open(await life.disk.afterPowerCut(onlySynced));
          expect(closed.directory.wasCleanShutdown).toBe(true);
          expect(await valuesIn(closed.log), `operation ${n}, closed`).toEqual(life.acknowledged);
        }
        expect(stopped).toBeGreaterThan(10);
      },
      60_000,
    );

    test("with EIO: its directory is offline, and the next start has all that was acknowledged", async () => {
      const operations = await operationsOf(settings);
      for (let n = 0; n < operations; n++) {
        const life = new Life(settings);
        const { directory, log } = await life.open(life.failing);
        life.failing.failNth(n, () => systemError("EIO"));
        await life.run(directory, log);

        expect(directory.failure, `operation ${n}`).toMatchObject({
          code: ErrorCode.KAFKA_STORAGE_ERROR,
        });
        const before = [...life.acknowledged];
        await life.append(log, "after");
        expect(life.acknowledged).toEqual(before);
        await directory.close();

        const fate = settings === kinds[1][1] ? onlySynced : allWritten;
        const again = await life.open(await life.disk.afterPowerCut(fate));
        expect(again.directory.wasCleanShutdown).toBe(false);
        const found = await valuesIn(again.log);
        expect(found.slice(0, before.length), `operation ${n}`).toEqual(before);
        // What was refused may be there, behind: its producer was told that it cannot be known.
        expect(life.refused).toEqual(expect.arrayContaining(found.slice(before.length)));
      }
    }, 60_000);
  },
);
