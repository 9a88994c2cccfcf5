import fc from "fast-check";
import type { LogSettings } from "../../../../src/storage/log-settings.ts";
import { allWritten, type Fate } from "../faulty-disk.ts";
import { type LifeOptions, LogLife, type NewBatch, type NewRecord } from "./log-life.ts";

/** Of one history. */
const TIMEOUT_MS = 15_000;

/** One thing that happens to a log; what must hold at any moment is looked at afterwards. */
class Step implements fc.AsyncCommand<object, LogLife> {
  readonly #text: string;
  readonly #happen: (life: LogLife) => void | Promise<void>;

  constructor(name: string, args: unknown, happen: (life: LogLife) => void | Promise<void>) {
    this.#text = `${name}(${args === undefined ? "" : JSON.stringify(args)})`;
    this.#happen = happen;
  }

  check(): boolean {
    return true;
  }

  async run(_model: object, life: LogLife): Promise<void> {
    await this.#happen(life);
    await life.check();
  }

  toString(): string {
    return this.#text;
  }
}

function step<Args>(
  name: string,
  args: fc.Arbitrary<Args>,
  happen: (life: LogLife, args: Args) => void | Promise<void>,
): fc.Arbitrary<Step> {
  return args.map((given) => new Step(name, given, (life) => happen(life, given)));
}

const nothing = fc.constant(undefined);
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

const record: fc.Arbitrary<NewRecord> = fc.record({
  key: fc.option(fc.constantFrom("a", "b", "c", "d", "e"), { nil: null, freq: 12 }),
  bytes: fc.option(
    fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 8, max: 120 }) },
      { weight: 1, arbitrary: fc.integer({ min: 120, max: 3000 }) },
    ),
    { nil: null, freq: 6 },
  ),
  ageMs: fc.integer({ min: -2000, max: 8000 }),
});

const batch: fc.Arbitrary<NewBatch> = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 5 }),
  codec: fc.constantFrom(0, 0, 0, 1, 2, 3, 4),
});

const settings: fc.Arbitrary<Partial<LogSettings>>[] = [
  fc.record({ segmentBytes: fc.constantFrom(400, 1000, 5000) }),
  fc.record({ segmentMs: fc.constantFrom(1000, 10_000, 1_000_000_000) }),
  fc.record({ indexIntervalBytes: fc.constantFrom(1, 150, 4096) }),
  fc.record({ segmentIndexBytes: fc.constantFrom(24, 36, 10_000) }),
  fc.record({ retentionMs: fc.constantFrom(-1, 3000) }),
  fc.record({ retentionBytes: fc.constantFrom(-1, 0, 1500) }),
  fc.constantFrom(
    { compacted: true, deleted: false },
    { compacted: true, deleted: false },
    { compacted: true, deleted: true },
    { compacted: false, deleted: true },
  ),
  fc.record({ minCompactionLagMs: fc.constantFrom(0, 0, 2000) }),
  fc.record({ timestampType: fc.constantFrom("CreateTime" as const, "LogAppendTime" as const) }),
  fc.record({
    compressionType: fc.constantFrom("producer" as const, "uncompressed" as const, "lz4" as const),
  }),
];

const flushSettings = fc.record({ flushMessages: fc.constantFrom(1, 3, Number.MAX_SAFE_INTEGER) });

/** An offset of the log, by where it lies between its ends. */
function offsetAt({ model }: LogLife, at: number): number {
  return model.startOffset + Math.round(at * (model.endOffset - model.startOffset));
}

const appends = [
  step("append", batch, (life, one) => life.append(one)),
  step(
    "produce",
    fc.record({
      id: fc.constantFrom(7, 8),
      turn: fc.constantFrom("next", "next", "next", "repeat", "gap", "newEpoch", "oldEpoch"),
      batch,
    }),
    (life, one) => life.produce(one.id, one.turn, one.batch),
  ),
];

const reads = [
  step(
    "read",
    fc.record({
      at: fraction,
      upTo: fraction,
      maxBytes: fc.integer({ min: 1, max: 3000 }),
      minOne: fc.boolean(),
    }),
    (life, { at, upTo, maxBytes, minOne }) => {
      const { edges, endOffset } = life.model;
      const limit = upTo > 0.7 ? endOffset : edges[Math.floor(upTo * edges.length)];
      return life.read(offsetAt(life, at), { maxBytes, minOne, upTo: limit ?? endOffset });
    },
  ),
  step(
    "lookUp",
    fc.record({ ageMs: fc.integer({ min: -2500, max: 12_000 }), upTo: fraction }),
    (life, { ageMs, upTo }) => life.lookUp(life.clock.now() - ageMs, offsetAt(life, upTo)),
  ),
];

const upkeep = [
  step("roll", batch, (life, one) => life.roll(one)),
  step("deleteBefore", fraction, (life, at) => life.deleteBefore(offsetAt(life, at))),
  step("wait", fc.integer({ min: 1, max: 3000 }), (life, ms) => life.clock.advance(ms)),
  step("retain", nothing, (life) => life.retain()),
  step("clean", nothing, (life) => life.clean()),
  step("clean", nothing, (life) => life.clean()),
  step("change", fc.oneof(...settings), (life, changed) => life.change(changed)),
  step("change", fc.oneof(...settings), (life, changed) => life.change(changed)),
  step("flush", nothing, (life) => life.flush()),
  step("checkpoint", nothing, (life) => life.checkpoint()),
  step("restart", nothing, (life) => life.restart()),
];

const ends = [
  step("change", flushSettings, (life, changed) => life.change(changed)),
  step("truncate", fraction, (life, at) => life.truncate(offsetAt(life, at))),
  step("kill", fc.array(batch, { maxLength: 3 }), (life, batches) =>
    life.dieWhileAppending(batches, allWritten),
  ),
];

function oneOf(groups: readonly (readonly fc.Arbitrary<Step>[])[]): fc.Arbitrary<Step>[] {
  return groups.flat();
}

/** Everything that may happen to a log whose process may die. */
export function anyStep(): fc.Arbitrary<Step>[] {
  return oneOf([appends, appends, appends, appends, reads, upkeep, ends]);
}

/** The same for a log whose machine may lose its power; `fate` says what is left of a file. */
export function anyStepUntilPowerCut(fate: (seed: number) => Fate): fc.Arbitrary<Step>[] {
  const cut = step(
    "powerCut",
    fc.record({ seed: fc.nat(), batches: fc.array(batch, { maxLength: 3 }) }),
    (life, { seed, batches }) => life.dieWhileAppending(batches, fate(seed)),
  );
  return oneOf([appends, appends, appends, appends, reads, upkeep, [cut, cut]]);
}

/** Lets histories happen, from an empty log on. */
export async function forHistories(
  steps: fc.Arbitrary<Step>[],
  options: LifeOptions,
  run: { readonly numRuns: number; readonly maxSteps: number },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: run.maxSteps, size: "max" }), (history) =>
      fc.asyncModelRun(async () => {
        const life = new LogLife(options);
        await life.open();
        return { model: {}, real: life };
      }, history),
    ),
    { numRuns: run.numRuns, timeout: TIMEOUT_MS },
  );
}
