/**
 * Asks Apache Kafka 4.4.0 and Odradek the same, and compares the answers field by field.
 *
 *   npm run differential                        both brokers; Kafka's answers are the measure
 *   npm run differential -- --kafka-itself      Apache Kafka against its recording and itself
 *   npm run differential -- --record            also writes test/golden/differential/
 *   npm run differential -- --only "groups"     scenarios whose name holds the text
 *   npm run differential -- --all               each explained difference too, not their number alone
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { caseId, Recording } from "../../test/replay/recording.ts";
import type { Difference, Replay } from "../../test/replay/replay.ts";
import { play, type Scenario } from "../../test/replay/scenario.ts";
import { generated, scenarios } from "../../test/replay/scenarios.ts";
import { describeDifference, explanationsOf } from "./differences.ts";
import { missingForKafka, startKafka } from "./kafka.ts";
import { startOdradek } from "./odradek.ts";
import type { BrokerProcess } from "./processes.ts";

const goldenFolder = join(import.meta.dirname, "../../test/golden");

const { values: options } = parseArgs({
  options: {
    "kafka-itself": { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    all: { type: "boolean", default: false },
  },
});

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function withBroker<T>(
  start: () => Promise<BrokerProcess>,
  use: (broker: BrokerProcess) => Promise<T>,
): Promise<T> {
  const broker = await start();
  try {
    return await use(broker);
  } finally {
    await broker.stop();
  }
}

interface Tally {
  passed: number;
  failed: number;
  /** How many differences each reason explains. */
  readonly explained: Map<string, number>;
}

/** Counts and prints by case; a case fails by its first unexplained difference. */
function judge(replay: Replay, tally: Tally): void {
  const failed = new Set<string>();
  for (const difference of replay.differences) {
    const reason = explanationsOf(difference)[0]?.reason;
    if (reason === undefined || options.all) {
      print(`${reason ?? "UNEXPLAINED"}: ${describeDifference(difference)}`);
    }
    if (reason === undefined) failed.add(idOf(difference));
    else tally.explained.set(reason, (tally.explained.get(reason) ?? 0) + 1);
  }
  const passed = replay.replayed.filter((id) => !failed.has(id));
  tally.passed += passed.length;
  tally.failed += failed.size;
}

function idOf(difference: Difference): string {
  return caseId(difference.api, difference.version, difference.case);
}

async function writeRecording(recording: Recording): Promise<void> {
  const folder = join(goldenFolder, "differential");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const file of recording.files()) {
    const cases = file.cases.map((recorded) => JSON.stringify(recorded)).join(",\n");
    const head = `{"api":"${file.api}","version":${file.version},"cases":[\n`;
    await writeFile(join(folder, `${file.api}-v${file.version}.json`), `${head}${cases}\n]}\n`);
  }
}

/** Adds what was recorded of other scenarios than those in the recording. */
function keepTheOthers(recording: Recording, other: Recording): void {
  for (const { api, version, recorded } of other.entries()) {
    if (recording.find(api, version, recorded.case) === undefined) {
      recording.add(api, version, recorded);
    }
  }
}

/** What was said in one play of a scenario, and how the subject's answers differ from Kafka's. */
interface Played {
  readonly reference: Recording;
  readonly replay: Replay;
}

async function playOnBoth(scenario: Scenario, golden: Recording): Promise<Played> {
  const reference = new Recording();
  const first = await withBroker(startKafka, ({ host, port }) =>
    play(scenario, { host, port, golden, recorder: reference }),
  );
  const isAgainstItself = options["kafka-itself"];
  if (isAgainstItself && scenarios.includes(scenario)) return { reference, replay: first };
  const startSubject = isAgainstItself ? startKafka : () => startOdradek(scenario.ownSettings);
  const replay = await withBroker(startSubject, ({ host, port }) =>
    play(scenario, { host, port, golden, reference }),
  );
  return { reference, replay };
}

/**
 * On a slow machine time passes where none should, and Kafka's broker hears late of what its controller
 * has answered already. What is a difference is one again when it is asked again.
 */
async function playPatiently(scenario: Scenario, golden: Recording): Promise<Played> {
  const played = await playOnBoth(scenario, golden);
  const unexplained = played.replay.differences.filter((one) => explanationsOf(one).length === 0);
  if (unexplained.length === 0) return played;
  print(`once more, to see whether it is so again: ${scenario.name}`);
  for (const difference of unexplained) print(`  ${describeDifference(difference)}`);
  return await playOnBoth(scenario, golden);
}

async function main(): Promise<number> {
  const missing = await missingForKafka();
  if (missing !== undefined) {
    print(`skipped: Apache Kafka cannot run here, ${missing}`);
    return 0;
  }
  const golden = Recording.load(join(goldenFolder, "frames"));
  const chosen = [...scenarios, ...generated].filter(({ name }) => name.includes(options.only));
  const tally: Tally = { passed: 0, failed: 0, explained: new Map() };
  const madeUp = new Recording();
  // Each scenario has brokers of its own: what one leaves behind would show in the next.
  for (const scenario of chosen) {
    const { reference, replay } = await playPatiently(scenario, golden);
    judge(replay, tally);
    if (!generated.includes(scenario)) continue;
    for (const { api, version, recorded } of reference.entries())
      madeUp.add(api, version, recorded);
  }
  if (options.record) {
    if (options.only !== "")
      keepTheOthers(madeUp, Recording.load(join(goldenFolder, "differential")));
    await writeRecording(madeUp);
  }
  for (const [reason, count] of tally.explained) print(`${count} differences: ${reason}`);
  print(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
