/**
 * Real clients are asked for their metrics, and push them to the built Odradek (KIP-714): each at
 * least twice in a few seconds, without an error in the broker's log or on their side.
 *
 *   npx tsx compat-tests/client-metrics/run.ts
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { incrementalAlterConfigs } from "../../src/protocol/generated/incremental-alter-configs.ts";
import { Asker } from "../../test/support/asker.ts";
import { prepareOdradek } from "../broker/odradek.ts";
import { Adapter } from "../harness/adapter.ts";
import { type Client, clients } from "../harness/clients.ts";
import { prepare } from "../harness/toolchain.ts";

const TOPIC = "measured";
const CLIENT_METRICS = 16;
const SET = 0;
const SENDING_MS = 9000;
const PUSHES_MIN = 2;

/** As the clients call themselves (KIP-511). */
const software: Readonly<Record<string, RegExp>> = {
  java: /^apache-kafka-java$/,
  "confluent-kafka": /rdkafka|confluent/,
  "franz-go": /^kgo$/,
};

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function subscribe(bootstrap: string): Promise<void> {
  const [host = "", port = ""] = bootstrap.split(":");
  const asker = await Asker.open(host, Number(port), "admin");
  await asker.ask(createTopics, 7, {
    topics: [{ name: TOPIC, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  });
  // Not "*": franz-go takes that for the beginning of a name, as it does with Apache Kafka.
  const configs = Object.entries({ metrics: "org.apache.kafka", "interval.ms": "1000" }).map(
    ([name, value]) => ({
      name,
      configOperation: SET,
      value,
    }),
  );
  await asker.ask(incrementalAlterConfigs, 1, {
    resources: [{ resourceType: CLIENT_METRICS, resourceName: "all", configs }],
    validateOnly: false,
  });
  asker.close();
}

/** Lets a client send for a while; the sequence numbers of what was acknowledged. */
async function send(client: Client, bootstrap: string): Promise<number> {
  let acknowledged = 0;
  const request = { bootstrap, topic: TOPIC, keys: ["a", "b"], perSecond: 100 };
  const adapter = new Adapter(client, "sequence", request, (line) => {
    if (line["error"] === undefined) acknowledged += 1;
  });
  await sleep(SENDING_MS);
  adapter.finish();
  await adapter.end(30_000);
  return acknowledged;
}

interface Pushed {
  readonly client: { readonly client_software_name: string };
  readonly metrics: readonly { readonly name: string }[];
}

function pushesIn(log: string, name: RegExp): readonly Pushed[] {
  const lines = log.split("\n").filter((line) => line.includes("pushed its metrics"));
  const pushed = lines.map((line) => JSON.parse(line) as Pushed);
  return pushed.filter(({ client }) => name.test(client.client_software_name));
}

async function main(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "odradek-client-metrics-"));
  const debug = { "odradek.log.level": "debug" };
  const broker = await prepareOdradek(directory, undefined, debug);
  let failed = 0;
  try {
    await broker.start();
    await subscribe(broker.bootstrap);
    for (const client of clients.filter(({ name }) => software[name] !== undefined)) {
      const missing = await prepare(client, false);
      if (missing !== undefined) {
        print(`${client.name}: skipped, ${missing}`);
        continue;
      }
      const acknowledged = await send(client, broker.bootstrap);
      const log = await readFile(join(directory, "broker.log"), "utf8");
      const pushes = pushesIn(log, software[client.name] ?? /^$/);
      const metrics = new Set(pushes.flatMap((push) => push.metrics.map(({ name }) => name)));
      const isFine = acknowledged > 0 && pushes.length >= PUSHES_MIN && metrics.size > 0;
      print(
        `${client.name}: ${isFine ? "passed" : "FAILED"}, ${pushes.length} pushes of ${metrics.size} metrics`,
      );
      if (!isFine) failed += 1;
    }
    const complaints = (await readFile(join(directory, "broker.log"), "utf8"))
      .split("\n")
      .filter((line) => /"level":"(warn|error)"/.test(line));
    for (const line of complaints) print(`FAILED, the broker said: ${line.slice(0, 300)}`);
    return failed + complaints.length === 0 ? 0 : 1;
  } finally {
    await broker.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main();
