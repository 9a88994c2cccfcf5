import type { Replay } from "../replay.ts";
import { type Scenario, sleep } from "../scenario.ts";

/** Made-up questions of clients that push their metrics (KIP-714). */
export const madeUpTelemetry: Scenario = {
  name: "made up: client metrics",
  steps: [without, subscribed, matched, malformed],
};

const ZERO_ID = "AAAAAAAAAAAAAAAAAAAAAA";
const ONE_ID = "AAAAAAAAAAAAAAAAAAAAAQ";
const NONE = Buffer.alloc(0);

async function get(replay: Replay, name: string, clientInstanceId: string) {
  const where = { api: "GetTelemetrySubscriptions", version: 0, case: name };
  return (await replay.ask(where, { clientInstanceId })) as { subscriptionId: number };
}

async function push(replay: Replay, name: string, request: object): Promise<void> {
  const base = { terminating: false, compressionType: 0, metrics: NONE, subscriptionId: 0 };
  const where = { api: "PushTelemetry", version: 0, case: name };
  await replay.ask(where, { ...base, ...request });
}

async function configure(replay: Replay, name: string, configs: Readonly<Record<string, string>>) {
  const entries = Object.entries(configs).map(([key, value]) => ({
    name: key,
    configOperation: 0,
    value,
  }));
  await replay.ask(
    { api: "IncrementalAlterConfigs", version: 1, case: `client metrics ${name}` },
    {
      resources: [{ resourceType: 16, resourceName: name, configs: entries }],
      validateOnly: false,
    },
  );
  // Kafka's broker hears of it after its controller.
  await sleep(300);
}

/** No subscription is set. */
async function without(replay: Replay): Promise<void> {
  const id = "h1GIu2ZBQ0yVvQmq4gkT5w";
  const { subscriptionId } = await get(replay, "nothing subscribed", id);
  await get(replay, "nothing subscribed, again at once", id);
  await push(replay, "nothing subscribed", { clientInstanceId: id, subscriptionId });
  await push(replay, "no id", { clientInstanceId: ZERO_ID });
  await push(replay, "an id of Kafka's own", { clientInstanceId: ONE_ID });
  await push(replay, "never asked", { clientInstanceId: "iWyeV6UUSPiKX8LsnLSpzQ" });
}

async function subscribed(replay: Replay): Promise<void> {
  await configure(replay, "one", {
    metrics: "org.apache.kafka.a,org.apache",
    "interval.ms": "500",
  });
  const id = "kLsrmJRvTCu7U7WQ4nwPTg";
  const { subscriptionId } = await get(replay, "subscribed", id);
  const known = { clientInstanceId: id, subscriptionId };
  await push(replay, "first, nothing in it", known);
  await push(replay, "again at once", known);
  await get(replay, "asks after a push", id);
  await sleep(600);
  await push(replay, "another subscription", { ...known, subscriptionId: subscriptionId + 1 });
  const asked = await get(replay, "asks after an unknown subscription", id);
  await push(replay, "after that", { ...known, subscriptionId: asked.subscriptionId });
  await sleep(600);
  await push(replay, "compression that is none", { ...known, compressionType: 9 });
  await get(replay, "asks after an unknown compression", id);
  await sleep(600);
  await push(replay, "too large", { ...known, metrics: Buffer.alloc(1_048_577) });
  await sleep(600);
  await push(replay, "terminating", { ...known, terminating: true });
  await push(replay, "terminating twice", { ...known, terminating: true });
}

/** What is asked of a client changes with the subscriptions, and is told at once. */
async function matched(replay: Replay): Promise<void> {
  const id = "UQ0bhyyZQg2IHVZ6mWq5Og";
  await get(replay, "before a change", id);
  await configure(replay, "mine", {
    metrics: "org.mine",
    "interval.ms": "300",
    match: "client_id=pro.*,client_source_address=127\\.0\\.0\\.1",
  });
  await get(replay, "after a change", id);
  await configure(replay, "not mine", { metrics: "*", match: "client_id=prob" });
  await get(replay, "after a change that does not match", id);
  await configure(replay, "everything", { metrics: "*", match: `client_instance_id=${id}` });
  await get(replay, "everything of one client", id);
  await get(replay, "everything, but not of another", "5bCq7fE-Tf6N0Y3rhfnIFA");
}

async function malformed(replay: Replay): Promise<void> {
  const id = "lPWwsFf8SNKBKzmRZp4LyQ";
  await configure(replay, "mine", { "interval.ms": "100" });
  const { subscriptionId } = await get(replay, "to push badly", id);
  await push(replay, "not the compression it says", {
    clientInstanceId: id,
    subscriptionId,
    compressionType: 4,
    metrics: Buffer.from("these are no metrics"),
  });
}
