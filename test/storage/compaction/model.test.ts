import fc from "fast-check";
import { expect, test } from "vitest";
import type { LogCleaner } from "../../../src/storage/compaction/log-cleaner.ts";
import type { DataDirectory } from "../../../src/storage/data-directory.ts";
import type { Log } from "../../../src/storage/log.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import {
  compactedSettings,
  openCleaner,
  type Pair,
  put,
  type StoredPair,
  storedPairs,
} from "../../support/storage/compaction.ts";
import { allWritten, FaultyDisk } from "../../support/storage/faulty-disk.ts";
import { openDirectory, openLog, readAll } from "../../support/storage/logs.ts";

const RETENTION_MS = 1000;

type Step =
  | {
      readonly do: "put";
      readonly pairs: readonly Pair[];
      readonly codec: number;
      readonly producerId: number;
    }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "clean" | "restart" | "kill" };

const pair: fc.Arbitrary<Pair> = fc.tuple(
  fc.constantFrom("a", "b", "c", "d", "e", "f"),
  fc.option(fc.string({ maxLength: 60 }), { nil: null, freq: 4 }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      pairs: fc.array(pair, { minLength: 1, maxLength: 6 }),
      codec: fc.constantFrom(0, 0, 1, 2, 3),
      producerId: fc.constantFrom(-1, -1, 1, 2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(700) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("clean" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "kill" as const) }) },
);

/** Everything that was ever put, and what the cleaner made of it. */
class Model {
  readonly #clock = new ManualClock();
  readonly #put: StoredPair[] = [];
  readonly #sequences = new Map<number, number>();
  /** When a pass first saw a tombstone, by its offset. */
  readonly #seen = new Map<number, number>();
  readonly #dedupeBufferBytes: number;
  #cleanedUpTo = 0;
  #disk = new FaultyDisk();
  #directory: DataDirectory | undefined;
  #log: Log | undefined;
  #cleaner: LogCleaner | undefined;

  constructor(dedupeBufferBytes: number) {
    this.#dedupeBufferBytes = dedupeBufferBytes;
  }

  async open(): Promise<void> {
    this.#directory = await openDirectory({ disk: this.#disk, clock: this.#clock });
    const settings = { ...compactedSettings, deleteRetentionMs: RETENTION_MS };
    const log = await openLog(this.#directory, { settings });
    this.#log = log;
    this.#cleaner = await openCleaner({
      logs: () => [log],
      disk: this.#disk,
      clock: this.#clock,
      settings: { dedupeBufferBytes: this.#dedupeBufferBytes },
    });
  }

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case "put":
        await this.#append(one.pairs, one.codec, one.producerId);
        break;
      case "wait":
        await this.#clock.advance(one.ms);
        break;
      case "clean":
        await this.#clean();
        break;
      case "restart":
        await this.#directory?.close();
        await this.open();
        break;
      case "kill":
        this.#disk = await this.#disk.afterPowerCut(allWritten);
        await this.open();
        break;
    }
  }

  async #append(pairs: readonly Pair[], compression: number, producerId: number): Promise<void> {
    const timestamp = this.#clock.now();
    const baseSequence = this.#sequences.get(producerId) ?? 0;
    this.#sequences.set(producerId, baseSequence + pairs.length);
    const producer = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence };
    await put(this.#log as Log, pairs, { timestamp, compression, ...producer });
    for (const [key, value] of pairs) {
      this.#put.push({ offset: this.#put.length, key, value, timestamp });
    }
  }

  async #clean(): Promise<void> {
    const log = this.#log as Log;
    await this.#cleaner?.run();
    // All but the active segment: every pass goes on until nothing is dirty.
    this.#cleanedUpTo = log.segments.at(-1)?.baseOffset ?? 0;
    this.#checkClean(log);
  }

  /** Below the active segment every key has one record, and tombstones only for their time. */
  #checkClean(log: Log): void {
    const keys = new Set<string>();
    for (const { offset, key, value } of storedPairs(log)) {
      if (offset >= this.#cleanedUpTo) continue;
      expect(keys).not.toContain(key);
      keys.add(key);
      if (value === null && !this.#seen.has(offset)) this.#seen.set(offset, this.#clock.now());
    }
  }

  async check(): Promise<void> {
    const log = this.#log as Log;
    const stored = storedPairs(log);
    // Nothing has changed but that some of it is gone.
    for (const record of stored) expect(record).toEqual(this.#put[record.offset]);
    expect(log.endOffset).toBe(this.#put.length);
    expect(stateOf(stored)).toEqual(stateOf(this.#put));
    // A reader who starts at the beginning sees the same.
    const read = await readAll(log);
    expect(read.map(({ offset }) => offset)).toEqual(stored.map(({ offset }) => offset));
    this.#checkTombstones(new Set(stored.map(({ offset }) => offset)));
    this.#checkProducers(log);
  }

  #checkTombstones(offsets: ReadonlySet<number>): void {
    const last = new Map(this.#put.map(({ key, offset }) => [key, offset]));
    for (const { offset, key, value } of this.#put) {
      if (value !== null || last.get(key) !== offset || offsets.has(offset)) continue;
      const seenMs = this.#seen.get(offset);
      expect(seenMs).toBeDefined();
      expect(this.#clock.now() - (seenMs ?? 0)).toBeGreaterThanOrEqual(RETENTION_MS);
    }
  }

  /** The sequence that comes next is known, whatever is left of the records. */
  #checkProducers(log: Log): void {
    const known = new Map([...log.producers.all()].map((state) => [state.producerId, state]));
    for (const [producerId, next] of this.#sequences) {
      if (producerId < 0) continue;
      expect(known.get(producerId)?.batches.at(-1)?.lastSequence).toBe(next - 1);
    }
  }
}

function stateOf(records: readonly StoredPair[]): Map<string, string> {
  const state = new Map<string, string>();
  for (const { key, value } of records) {
    if (value === null) state.delete(key);
    else state.set(key, value);
  }
  return state;
}

test.each([
  ["with room for all keys", 1024 * 1024],
  ["with room for three keys at a time", 100],
])(
  "a compacted log is a map, whatever is put into it and whenever it is cleaned, %s",
  async (_how, dedupeBufferBytes) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const model = new Model(dedupeBufferBytes);
        await model.open();
        for (const one of steps) {
          await model.run(one);
          await model.check();
        }
      }),
      { numRuns: 100 },
    );
  },
  60_000,
);
