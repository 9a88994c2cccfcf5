import fc from "fast-check";
import { expect, test } from "vitest";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import type { Log } from "../../src/storage/log.ts";
import { allWritten, FaultyDisk } from "../support/storage/faulty-disk.ts";
import {
  batchOf,
  fromClient,
  openDirectory,
  openLog,
  readAll,
  type Stored,
} from "../support/storage/logs.ts";

const settings = { segmentBytes: 600, indexIntervalBytes: 100 };

type Step =
  | { readonly do: "append"; readonly sizes: readonly number[] }
  | { readonly do: "read"; readonly at: number; readonly maxBytes: number }
  | { readonly do: "truncate"; readonly at: number }
  | { readonly do: "deleteBefore"; readonly at: number }
  | { readonly do: "flush" | "restart" | "kill" | "checkpoint" };

const fraction = fc.double({ min: 0, max: 1, noNaN: true });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      sizes: fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      at: fraction,
      maxBytes: fc.integer({ min: 1, max: 2000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("truncate" as const), at: fraction }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("deleteBefore" as const), at: fraction }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "flush" as const,
        "restart" as const,
        "kill" as const,
        "checkpoint" as const,
      ),
    }),
  },
);

/** The log as a plain array, and the real one beside it. */
class Model {
  readonly #tailCacheBytes: number;
  #disk = new FaultyDisk();
  #directory: DataDirectory | undefined;
  #log: Log | undefined;
  #records: Stored[] = [];
  #startOffset = 0;
  /** Where a log begins that forgot in a crash how far it was deleted. */
  #startOnDisk = 0;
  #endOffset = 0;

  constructor(tailCacheBytes: number) {
    this.#tailCacheBytes = tailCacheBytes;
  }

  async open(): Promise<void> {
    this.#directory = await openDirectory({
      disk: this.#disk,
      tailCacheBytes: this.#tailCacheBytes,
      maxOpenFiles: 2,
    });
    this.#log = await openLog(this.#directory, { settings });
  }

  async run(one: Step): Promise<void> {
    const log = this.#log as Log;
    const directory = this.#directory as DataDirectory;
    switch (one.do) {
      case "append":
        await this.#append(log, one.sizes);
        break;
      case "read":
        await this.#read(log, this.#offsetAt(one.at), one.maxBytes);
        break;
      case "truncate":
        await this.#truncate(log, this.#offsetAt(one.at));
        break;
      case "deleteBefore":
        this.#startOffset = this.#offsetAt(one.at);
        this.#records = this.#records.filter(({ offset }) => offset >= this.#startOffset);
        await log.deleteRecordsBefore(this.#startOffset);
        break;
      case "flush":
        await log.flush();
        break;
      case "checkpoint":
        await directory.checkpoint();
        await directory.checkpointStarts();
        this.#startOnDisk = this.#startOffset;
        break;
      case "restart":
        await directory.close();
        await this.open();
        break;
      case "kill":
        this.#disk = await this.#disk.afterPowerCut(allWritten);
        await this.open();
        await this.#forgetDeletion();
        break;
    }
  }

  async check(): Promise<void> {
    const log = this.#log as Log;
    expect(log.startOffset).toBe(this.#startOffset);
    expect(log.endOffset).toBe(this.#endOffset);
    expect(log.writtenOffset).toBe(this.#endOffset);
    expect(await readAll(log)).toEqual(this.#records);
  }

  #offsetAt(at: number): number {
    return this.#startOffset + Math.round(at * (this.#endOffset - this.#startOffset));
  }

  async #append(log: Log, sizes: readonly number[]): Promise<void> {
    const values = sizes.map((size, i) => `${this.#endOffset + i}`.padEnd(size, "."));
    const appended = log.append(batchOf(values), fromClient);
    expect(appended.baseOffset).toBe(this.#endOffset);
    for (const value of values) {
      this.#records.push({ offset: this.#endOffset, value });
      this.#endOffset += 1;
    }
    await appended.written;
  }

  async #read(log: Log, offset: number, maxBytes: number): Promise<void> {
    const expected = this.#records.filter((record) => record.offset >= offset);
    const slice = await log.read(offset, { maxBytes, upTo: this.#endOffset, minOne: true });
    expect(slice.bytes > 0).toBe(expected.length > 0);
    slice.release();
    const between = log.bytesBetween(offset, this.#endOffset);
    expect(between > 0).toBe(expected.length > 0);
  }

  /** A log ends between batches: what shared one with the offset goes as well. */
  async #truncate(log: Log, offset: number): Promise<void> {
    await log.truncateTo(offset);
    expect(log.endOffset).toBeLessThanOrEqual(offset);
    this.#endOffset = log.endOffset;
    this.#startOffset = Math.min(this.#startOffset, this.#endOffset);
    this.#startOnDisk = Math.min(this.#startOnDisk, this.#endOffset);
    this.#records = this.#records.filter((record) => record.offset < this.#endOffset);
  }

  /** Whatever lies between the last checkpoint and the deletion may be there again. */
  async #forgetDeletion(): Promise<void> {
    const log = this.#log as Log;
    expect(log.startOffset).toBeGreaterThanOrEqual(this.#startOnDisk);
    expect(log.startOffset).toBeLessThanOrEqual(this.#startOffset);
    if (log.startOffset < this.#startOffset) await log.deleteRecordsBefore(this.#startOffset);
  }
}

test.each([
  ["with a tail in memory", 1024 * 1024],
  ["with a tail of a few batches", 500],
  ["from files alone", 0],
])(
  "a log is an array, whatever is done to it in whatever order, %s",
  async (_how, bytes) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const model = new Model(bytes);
        await model.open();
        for (const one of steps) {
          await model.run(one);
          await model.check();
        }
      }),
      { numRuns: 60 },
    );
  },
  60_000,
);
