import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkAdmin } from "./admin/all.ts";
import { prepareKafka } from "./broker/kafka.ts";
import { prepareOdradek } from "./broker/odradek.ts";
import { checkCommandLines } from "./cli/all.ts";
import { checkClientMetrics } from "./client-metrics/all.ts";
import { checkCompression } from "./compression/all.ts";
import { checkConsole } from "./console/all.ts";
import { checkConsumerGroups } from "./consumer-groups/all.ts";
import { missingForKafka } from "./differential/kafka.ts";
import { type Client, clients } from "./harness/clients.ts";
import { Report } from "./harness/report.ts";
import { prepare } from "./harness/toolchain.ts";
import { checkOrder } from "./order/run.ts";
import { checkPackage } from "./package/all.ts";
import { groups, groupsAfterRestart } from "./scenario/group.ts";
import { readAll } from "./scenario/read.ts";
import { write } from "./scenario/write.ts";
import { checkStorage } from "./storage/all.ts";
import { checkTools } from "./tools/all.ts";

const { values: options } = parseArgs({
  options: {
    broker: { type: "string", default: "odradek" },
    main: { type: "string" },
    only: { type: "string" },
    suites: { type: "string" },
    quick: { type: "boolean", default: false },
    "no-skip": { type: "boolean", default: false },
    "order-only": { type: "boolean", default: false },
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    keep: { type: "boolean", default: false },
  },
});

// CI says by this name that nothing may be left out.
const noSkip = options["no-skip"] || process.env["CI"] === "true";
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const report = new Report(say);

/** The chosen clients that can run here; the others are reported. */
async function ready(): Promise<Client[]> {
  const names = options.only?.split(",");
  for (const name of names ?? []) {
    if (!clients.some((client) => client.name === name)) throw new Error(`no client ${name}`);
  }
  const chosen: Client[] = [];
  for (const client of clients) {
    if (names !== undefined && !names.includes(client.name)) continue;
    const reason = await prepare(client, noSkip);
    if (reason === undefined) chosen.push(client);
    else if (noSkip) report.fail(client.name, reason);
    else report.skip(client.name, reason);
  }
  return chosen;
}

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  await report.check(what, async () => {
    await work();
    return `${((performance.now() - began) / 1000).toFixed(1)} s`;
  });
}

interface Suite {
  /** What it is called after `--suites`. */
  readonly name: string;
  /** It can be asked of Apache Kafka too. */
  readonly ofKafka: boolean;
  /** It runs Kafka's own classes: without Java and Maven it is left out. */
  readonly needsJava?: boolean;
  readonly check: (chosen: readonly Client[]) => Promise<void>;
}

const isKafka = options.broker === "kafka";
const { main: built } = options;

/** Each on a broker of its own. */
const suites: readonly Suite[] = [
  { name: "clients", ofKafka: true, check: checkClients },
  {
    name: "consumer-groups",
    ofKafka: true,
    check: (chosen) => checkConsumerGroups({ report, clients: chosen, isKafka, main: built }),
  },
  {
    name: "admin",
    needsJava: true,
    ofKafka: true,
    check: () => checkAdmin({ report, isKafka, main: built }),
  },
  {
    name: "tools",
    ofKafka: true,
    check: () => checkTools({ report, isKafka, main: built, noSkip, only: undefined }),
  },
  {
    name: "compression",
    ofKafka: false,
    check: (chosen) => checkCompression({ report, clients: chosen, main: built }),
  },
  {
    name: "storage",
    ofKafka: false,
    check: () => checkStorage({ report, main: built, noSkip }),
  },
  {
    name: "client-metrics",
    ofKafka: false,
    check: (chosen) => checkClientMetrics({ report, clients: chosen, main: built }),
  },
  {
    name: "cli",
    needsJava: true,
    ofKafka: false,
    check: () => checkCommandLines({ report, main: built }),
  },
  { name: "console", needsJava: true, ofKafka: false, check: () => checkConsole(report) },
  { name: "package", ofKafka: false, check: () => checkPackage(report) },
];

/** Clients among each other, and the order that they see. */
async function checkClients(chosen: readonly Client[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "odradek-compat-"));
  const broker = isKafka ? await prepareKafka(directory) : await prepareOdradek(directory, built);
  try {
    await timed(`${broker.command.name} starts`, async () => void (await broker.start()));
    const context = { broker, clients: chosen, report, parallel: 2, nowMs: Date.now() };
    if (!options["order-only"]) {
      const expected = await write(context);
      await readAll(context, expected);
      await groups(context);
      await timed("the broker stops at SIGTERM and starts again", async () => {
        await broker.stop();
        await broker.start();
      });
      await groupsAfterRestart(context);
    }
    if (!options.quick) {
      const { kills, seed } = options;
      const random = { kills: Number(kills), seed: Number(seed), warmUp: isKafka };
      await checkOrder(context, random);
    }
  } finally {
    if (report.failed > 0) say(`the broker printed at last:\n${await broker.tail()}`);
    await broker.kill();
    if (!options.keep) await rm(directory, { recursive: true, force: true });
    else say(`kept: ${directory}`);
  }
}

/** All of them, but that `--quick` and `--order-only` are about the first. */
function asked(): readonly Suite[] {
  const names = options.suites?.split(",");
  for (const name of names ?? []) {
    if (!suites.some((suite) => suite.name === name)) throw new Error(`no suite ${name}`);
  }
  const isOne = options.quick || options["order-only"];
  return suites.filter(
    ({ name, ofKafka }) =>
      (names?.includes(name) ?? (!isOne || name === "clients")) && (ofKafka || !isKafka),
  );
}

async function main(): Promise<void> {
  const chosen = await ready();
  for (const { name, check, needsJava = false } of asked()) {
    const missing = needsJava ? await missingForKafka() : undefined;
    if (missing !== undefined) {
      if (noSkip) report.fail(name, missing);
      else report.skip(name, missing);
      continue;
    }
    const began = performance.now();
    try {
      await check(chosen);
    } catch (error) {
      report.fail(name, error instanceof Error ? error.message : String(error));
    }
    say(`      ${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
}

await main();
say(report.summary());
process.exitCode = report.failed > 0 ? 1 : 0;
