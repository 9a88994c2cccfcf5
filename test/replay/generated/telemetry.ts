import type { Replay } from "../replay.ts";
import { type Scenario, settled } from "../scenario.ts";

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
  await settled(replay);
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
    "interval.ms": "60000",
  });
  const id = "kLsrmJRvTCu7U7WQ4nwPTg";
  const { subscriptionId } = await get(replay, "subscribed", id);
  const known = { clientInstanceId: id, subscriptionId };
  await push(replay, "first, nothing in it", known);
  await push(replay, "again at once", known);
  await get(replay, "asks after a push", id);
  const lost = await another(replay, "lost", "Yp0XB5oNQ4qk6yqhW1pWzA");
  const { subscriptionId: theirs } = lost;
  await push(replay, "another subscription", { ...lost, subscriptionId: theirs + 1 });
  const asked = await get(replay, "asks after an unknown subscription", lost.clientInstanceId);
  await push(replay, "after that", { ...lost, subscriptionId: asked.subscriptionId });
  const odd = await another(replay, "odd", "v3mEL8DcTzW1mXo8v6zTNw");
  await push(replay, "compression that is none", { ...odd, compressionType: 9 });
  await get(replay, "asks after an unknown compression", odd.clientInstanceId);
  const large = await another(replay, "large", "cC4qk2bBTFa1V2o0Qb0mPg");
  await push(replay, "too large", { ...large, metrics: Buffer.alloc(1_048_577) });
  const ending = await another(replay, "ending", "m7xhXxqVQ0mJv8m3oVwW0Q");
  await push(replay, "terminating", { ...ending, terminating: true });
  await push(replay, "terminating twice", { ...ending, terminating: true });
  await get(replay, "asks after its end", ending.clientInstanceId);
}

/** One more client, that has pushed nothing: who pushes again must wait for its time. */
async function another(replay: Replay, name: string, clientInstanceId: string) {
  const { subscriptionId } = await get(replay, `of one that is ${name}`, clientInstanceId);
  return { clientInstanceId, subscriptionId };
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
