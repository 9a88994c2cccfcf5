/**
 * What clients get that take all they can, under the same quotas, of Apache Kafka 4.4.0 and of the
 * built Odradek. Fails where the two differ by more than a twentieth.
 *
 *   npx tsx compat-tests/quotas/run.ts [--only TEXT]
 */
import { parseArgs } from "node:util";
import { missingForKafka, startKafka } from "../differential/kafka.ts";
import { startOdradek } from "../differential/odradek.ts";
import type { BrokerProcess } from "../differential/processes.ts";
import { type Given, type Measure, measures } from "./measures.ts";

const TOLERANCE = 0.05;

const { values: options } = parseArgs({ options: { only: { type: "string", default: "" } } });

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** On a broker of its own: what one measure used counts for eleven seconds. */
async function measureOn(start: () => Promise<BrokerProcess>, measure: Measure): Promise<Given> {
  const broker = await start();
  try {
    const given = await measure.run(broker);
    const { perSecond, throttled } = given;
    print(`  ${broker.name}: ${perSecond.toFixed(2)} per second, throttled ${throttled} times`);
    return given;
  } finally {
    await broker.stop();
  }
}

async function main(): Promise<number> {
  const missing = await missingForKafka();
  if (missing !== undefined) {
    print(`skipped: Apache Kafka cannot run here, ${missing}`);
    return 0;
  }
  let failed = 0;
  for (const measure of measures.filter(({ name }) => name.includes(options.only))) {
    print(`${measure.name}, limit ${measure.limit} per second`);
    const kafka = await measureOn(startKafka, measure);
    const ours = await measureOn(startOdradek, measure);
    const difference = ours.perSecond / kafka.perSecond - 1;
    const isFine = Math.abs(difference) <= TOLERANCE;
    print(`  ${isFine ? "passed" : "FAILED"}: ${(difference * 100).toFixed(1)} % apart`);
    if (!isFine) failed += 1;
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
