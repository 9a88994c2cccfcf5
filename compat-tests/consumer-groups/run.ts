import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BrokerProcess } from "../broker/broker-process.ts";
import { prepareKafka } from "../broker/kafka.ts";
import { prepareOdradek } from "../broker/odradek.ts";
import { type Client, clients } from "../harness/clients.ts";
import { Report } from "../harness/report.ts";
import { prepare } from "../harness/toolchain.ts";
import { checks } from "./checks.ts";

/** Clients that speak the consumer protocol. */
const speakers = ["java", "confluent-kafka", "franz-go"];

/** Heartbeats often enough that nobody waits long for a rebalance, and the dead are soon missed. */
const quickGroups: Readonly<Record<string, string>> = {
  "group.consumer.min.heartbeat.interval.ms": "200",
  "group.consumer.heartbeat.interval.ms": "300",
  "group.consumer.min.session.timeout.ms": "3000",
  "group.consumer.session.timeout.ms": "5000",
  "group.consumer.assignment.interval.ms": "100",
  "group.min.session.timeout.ms": "3000",
};

const { values: options } = parseArgs({
  options: {
    broker: { type: "string", default: "odradek" },
    main: { type: "string" },
    only: { type: "string" },
    check: { type: "string", default: "" },
    "no-skip": { type: "boolean", default: false },
  },
});
const noSkip = options["no-skip"] || process.env["CI"] === "true";
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const report = new Report(say);

/** The chosen clients that can run here; the others are reported. */
async function ready(): Promise<Client[]> {
  const names = options.only?.split(",") ?? speakers;
  const chosen: Client[] = [];
  for (const client of clients.filter(({ name }) => speakers.includes(name))) {
    if (!names.includes(client.name)) continue;
    const reason = await prepare(client, noSkip);
    if (reason === undefined) chosen.push(client);
    else if (noSkip) report.fail(client.name, reason);
    else report.skip(client.name, reason);
  }
  return chosen;
}

async function checkAll(broker: BrokerProcess): Promise<void> {
  for (const client of await ready()) {
    for (const [index, [claim, work]] of Object.entries(checks).entries()) {
      if (!claim.includes(options.check)) continue;
      const name = `g${index}-${client.name}`;
      await report.check(`${client.name}: ${claim}`, () => work({ broker, client, name }));
    }
  }
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "odradek-groups-"));
  const broker =
    options.broker === "kafka"
      ? await prepareKafka(directory, quickGroups)
      : await prepareOdradek(directory, options.main, quickGroups);
  try {
    await broker.start();
    await checkAll(broker);
  } finally {
    if (report.failed > 0) say(`the broker printed at last:\n${await broker.tail()}`);
    await broker.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
say(report.summary());
process.exitCode = report.failed > 0 ? 1 : 0;
