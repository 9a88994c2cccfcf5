import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { incrementalAlterConfigs } from "../../src/protocol/generated/incremental-alter-configs.ts";
import { Asker } from "../../test/support/asker.ts";
import { prepareOdradek } from "../broker/odradek.ts";
import { Adapter } from "../harness/adapter.ts";
import type { Client } from "../harness/clients.ts";
import type { Report } from "../harness/report.ts";

const TOPIC = "measured";
const CLIENT_METRICS = 16;
const SET = 0;
const SENDING_MS_MAX = 40_000;
const LOOK_MS = 200;
const PUSHES_MIN = 2;

/** As the clients call themselves (KIP-511). */
const software: Readonly<Record<string, RegExp>> = {
  java: /^apache-kafka-java$/,
  "confluent-kafka": /rdkafka|confluent/,
  "franz-go": /^kgo$/,
};

interface Pushed {
  readonly client: { readonly client_software_name: string };
  readonly metrics: readonly { readonly name: string }[];
}

export interface ClientMetricsChecks {
  readonly report: Report;
  /** Those that push nothing are passed over. */
  readonly clients: readonly Client[];
  /** Another build of Odradek than the present one. */
  readonly main: string | undefined;
}

export function pushesMetrics({ name }: Client): boolean {
  return software[name] !== undefined;
}

/**
 * Real clients are asked for their metrics, and push them (KIP-714): each at least twice, without an
 * error in the broker's log or on their side.
 */
export async function checkClientMetrics(asked: ClientMetricsChecks): Promise<void> {
  const { report, main } = asked;
  const directory = await mkdtemp(join(tmpdir(), "odradek-client-metrics-"));
  const broker = await prepareOdradek(directory, main, { "odradek.log.level": "debug" });
  const log = () => readFile(join(directory, "broker.log"), "utf8");
  try {
    await broker.start();
    await subscribe(broker.bootstrap);
    const all = asked.clients.filter(pushesMetrics).map((client) =>
      report.check(`${client.name} pushes its metrics`, async () => {
        const pushes = await sendUntilPushed(client, broker.bootstrap, log);
        const metrics = new Set(pushes.flatMap((push) => push.metrics.map(({ name }) => name)));
        if (metrics.size === 0) throw new Error("no metrics in what it pushed");
        return `${pushes.length} pushes of ${metrics.size} metrics`;
      }),
    );
    await Promise.all(all);
    await report.check(
      "clients that push metrics give the broker no reason to complain",
      async () => {
        const lines = (await log()).split("\n");
        const complaint = lines.find((line) => /"level":"(warn|error)"/.test(line));
        if (complaint !== undefined) throw new Error(complaint.slice(0, 300));
        return undefined;
      },
    );
  } finally {
    await broker.stop();
    await rm(directory, { recursive: true, force: true });
  }
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
    ([name, value]) => ({ name, configOperation: SET, value }),
  );
  await asker.ask(incrementalAlterConfigs, 1, {
    resources: [{ resourceType: CLIENT_METRICS, resourceName: "all", configs }],
    validateOnly: false,
  });
  asker.close();
}

/** Lets a client send until it has pushed often enough; what it pushed. */
async function sendUntilPushed(
  client: Client,
  bootstrap: string,
  log: () => Promise<string>,
): Promise<readonly Pushed[]> {
  const request = { bootstrap, topic: TOPIC, keys: ["a", "b"], perSecond: 100 };
  let acknowledged = 0;
  const adapter = new Adapter(client, "sequence", request, (line) => {
    if (line["error"] === undefined) acknowledged += 1;
  });
  const until = performance.now() + SENDING_MS_MAX;
  let pushes = pushesIn(await log(), client);
  while (pushes.length < PUSHES_MIN && performance.now() < until) {
    await sleep(LOOK_MS);
    pushes = pushesIn(await log(), client);
  }
  adapter.finish();
  await adapter.end(30_000);
  if (acknowledged === 0) throw new Error("none of its records was acknowledged");
  if (pushes.length < PUSHES_MIN) throw new Error(`it pushed ${pushes.length} times`);
  return pushes;
}

function pushesIn(log: string, { name }: Client): readonly Pushed[] {
  const lines = log.split("\n").filter((line) => line.includes("pushed its metrics"));
  const pushed = lines.map((line) => JSON.parse(line) as Pushed);
  return pushed.filter(({ client }) => software[name]?.test(client.client_software_name));
}
