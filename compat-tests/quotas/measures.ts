import { createConnection } from "node:net";
import { alterClientQuotas } from "../../src/protocol/generated/alter-client-quotas.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { buildBatch } from "../../src/records/records.ts";
import { Asker } from "../../test/support/asker.ts";
import type { BrokerProcess } from "../differential/processes.ts";

/** What somebody who wants all they can get was given in a while, and how often it had to wait. */
export interface Given {
  readonly perSecond: number;
  readonly throttled: number;
}

export interface Measure {
  readonly name: string;
  readonly limit: number;
  readonly run: (broker: BrokerProcess) => Promise<Given>;
}

/** Long beside Kafka's 11 windows of a second: what is given at the start weighs less. */
const MEASURED_MS = 40_000;
const BYTES_PER_SECOND = 500_000;
const MUTATIONS_PER_SECOND = 2;
const CONNECTIONS_PER_SECOND = 5;
const BATCH_BYTES = 40_000;
const RETRY_MS = 50;

export const measures: readonly Measure[] = [
  { name: "producer_byte_rate", limit: BYTES_PER_SECOND, run: produceBytes },
  { name: "consumer_byte_rate", limit: BYTES_PER_SECOND, run: fetchBytes },
  { name: "controller_mutation_rate", limit: MUTATIONS_PER_SECOND, run: makeTopics },
  { name: "connection_creation_rate", limit: CONNECTIONS_PER_SECOND, run: connect },
];

type Entity = readonly [type: string, name: string];

async function setQuota(broker: BrokerProcess, [entityType, entityName]: Entity, quota: string) {
  const asker = await Asker.open(broker.host, broker.port, "admin");
  const value = measures.find(({ name }) => name === quota)?.limit ?? 0;
  const ops = [{ key: quota, value, remove: false }];
  await asker.ask(alterClientQuotas, 1, {
    entries: [{ entity: [{ entityType, entityName }], ops }],
    validateOnly: false,
  });
  asker.close();
  await sleep(500);
}

async function makeTopic(asker: Asker, name: string, validateOnly = false) {
  const { topics } = await asker.ask(createTopics, 7, {
    topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly,
  });
  return topics[0]?.errorCode ?? -1;
}

async function produceBytes(broker: BrokerProcess): Promise<Given> {
  await setQuota(broker, ["client-id", "producer"], "producer_byte_rate");
  const asker = await filled(broker, "producer", 0);
  const given = await measured(async () => {
    const { throttleTimeMs } = await append(asker, BATCH_BYTES);
    return { amount: BATCH_BYTES, throttleTimeMs };
  });
  asker.close();
  return given;
}

async function fetchBytes(broker: BrokerProcess): Promise<Given> {
  await setQuota(broker, ["client-id", "consumer"], "consumer_byte_rate");
  const producer = await filled(broker, "nobody", (BYTES_PER_SECOND * MEASURED_MS * 1.5) / 1000);
  producer.close();
  const asker = await Asker.open(broker.host, broker.port, "consumer");
  let fetchOffset = 0;
  const given = await measured(async () => {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 4 * BATCH_BYTES }];
    const { throttleTimeMs, responses } = await asker.ask(fetch, 12, {
      maxWaitMs: 100,
      minBytes: 1,
      maxBytes: 4 * BATCH_BYTES,
      topics: [{ topic: TOPIC, partitions }],
      forgottenTopicsData: [],
    });
    const records = responses[0]?.partitions[0]?.records;
    const batches = Math.floor((records?.length ?? 0) / batchOf(BATCH_BYTES).length);
    fetchOffset += batches;
    return { amount: records?.length ?? 0, throttleTimeMs };
  });
  asker.close();
  return given;
}

async function makeTopics(broker: BrokerProcess): Promise<Given> {
  await setQuota(broker, ["client-id", "maker"], "controller_mutation_rate");
  const asker = await Asker.open(broker.host, broker.port, "maker");
  let made = 0;
  const given = await measured(async () => {
    const errorCode = await makeTopic(asker, `made-${made}`);
    if (errorCode === 0) made += 1;
    return { amount: errorCode === 0 ? 1 : 0, throttleTimeMs: errorCode };
  });
  asker.close();
  return given;
}

async function connect(broker: BrokerProcess): Promise<Given> {
  await setQuota(broker, ["ip", "127.0.0.1"], "connection_creation_rate");
  return await measured(async () => {
    const isServed = await isServedOn(broker);
    await sleep(RETRY_MS);
    return { amount: isServed ? 1 : 0, throttleTimeMs: isServed ? 0 : 1 };
  });
}

/** A connection that is refused is closed without an answer. */
async function isServedOn({ host, port }: BrokerProcess): Promise<boolean> {
  const request = Buffer.from("0000000e001200000000000100047465737400", "hex").subarray(0, 18);
  return await new Promise((resolve) => {
    const socket = createConnection({ host, port }, () => socket.write(request));
    socket.once("data", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("close", () => resolve(false));
    socket.once("error", () => resolve(false));
  });
}

async function measured(
  step: () => Promise<{ readonly amount: number; readonly throttleTimeMs: number }>,
): Promise<Given> {
  const startedMs = performance.now();
  let amount = 0;
  let throttled = 0;
  let tookMs = 0;
  while (tookMs < MEASURED_MS) {
    const given = await step();
    amount += given.amount;
    if (given.throttleTimeMs > 0) throttled += 1;
    tookMs = performance.now() - startedMs;
  }
  return { perSecond: amount / (tookMs / 1000), throttled };
}

const TOPIC = "throttled";

/** A client, and a topic that holds so many bytes. */
async function filled(broker: BrokerProcess, clientId: string, bytes: number): Promise<Asker> {
  const asker = await Asker.open(broker.host, broker.port, clientId);
  await makeTopic(asker, TOPIC);
  for (;;) {
    const request = { topics: [{ name: TOPIC }], allowAutoTopicCreation: false };
    const { topics } = await asker.ask(metadata, 9, request);
    if (topics.every(({ errorCode, partitions }) => errorCode === 0 && partitions.length > 0))
      break;
    await sleep(50);
  }
  for (let done = 0; done < bytes; done += BATCH_BYTES) await append(asker, BATCH_BYTES);
  return asker;
}

function append(asker: Asker, bytes: number) {
  const partitionData = [{ index: 0, records: batchOf(bytes) }];
  return asker.ask(produce, 9, {
    transactionalId: null,
    acks: 1,
    timeoutMs: 10_000,
    topicData: [{ name: TOPIC, partitionData }],
  });
}

function batchOf(bytes: number): Buffer {
  const value = Buffer.alloc(bytes - 80);
  return buildBatch({ records: [{ key: null, value }], timestamp: Date.now() });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
