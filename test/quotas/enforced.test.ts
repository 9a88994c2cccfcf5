import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";
import { alterClientQuotas } from "../../src/protocol/generated/alter-client-quotas.ts";
import { apiVersions } from "../../src/protocol/generated/api-versions.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { describeClientQuotas } from "../../src/protocol/generated/describe-client-quotas.ts";
import { describeCluster } from "../../src/protocol/generated/describe-cluster.ts";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { unregisterBroker } from "../../src/protocol/generated/unregister-broker.ts";
import { buildBatch } from "../../src/records/records.ts";
import { Asker } from "../support/asker.ts";

const brokers: Broker[] = [];
const askers: Asker[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const asker of askers.splice(0)) asker.close();
  for (const broker of brokers.splice(0)) await broker.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function start(dataDir?: string): Promise<Broker> {
  const where = dataDir === undefined ? { ephemeral: true } : { dataDir };
  const broker = await startBroker({ port: 0, topics: { t: 1 }, ...where });
  brokers.push(broker);
  return broker;
}

async function client(broker: Broker, clientId: string): Promise<Asker> {
  const asker = await Asker.open("127.0.0.1", broker.port, clientId);
  askers.push(asker);
  return asker;
}

async function limit(broker: Broker, clientId: string, key: string, value: number) {
  const admin = await client(broker, "admin");
  const { entries } = await admin.ask(alterClientQuotas, 1, {
    entries: [
      {
        entity: [{ entityType: "client-id", entityName: clientId }],
        ops: [{ key, value, remove: false }],
      },
    ],
    validateOnly: false,
  });
  expect(entries[0]?.errorCode).toBe(0);
}

const batch = () =>
  buildBatch({ records: [{ key: null, value: Buffer.alloc(20_000) }], timestamp: Date.now() });

const append = (asker: Asker, acks: number) => ({
  asker,
  request: {
    transactionalId: null,
    acks,
    timeoutMs: 1000,
    topicData: [{ name: "t", partitionData: [{ index: 0, records: batch() }] }],
  },
});

const hello = { clientSoftwareName: "test", clientSoftwareVersion: "1" };

async function isHeard(asker: Asker): Promise<boolean> {
  const answered = asker.ask(apiVersions, 3, hello).then(
    () => true,
    () => false,
  );
  return await Promise.race([
    answered,
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 150)),
  ]);
}

test("A producer over its quota is answered at once, and not heard after that", async () => {
  const broker = await start();
  await limit(broker, "p", "producer_byte_rate", 1000);
  const { asker, request } = append(await client(broker, "p"), 1);

  const { throttleTimeMs, responses } = await asker.ask(produce, 9, request);

  expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
  expect(throttleTimeMs).toBeGreaterThan(9000);
  expect(await isHeard(asker)).toBe(false);
  expect(await isHeard(await client(broker, "other"))).toBe(true);
});

test("A producer that wants no answers is not heard after that either", async () => {
  const broker = await start();
  await limit(broker, "p", "producer_byte_rate", 1000);
  const { asker, request } = append(await client(broker, "p"), 0);

  asker.tell(produce, 9, request);

  expect(await isHeard(asker)).toBe(false);
});

test("A consumer over its quota gets an empty answer, and its session goes on", async () => {
  const broker = await start();
  const { asker: producer, request } = append(await client(broker, "p"), 1);
  for (let n = 0; n < 3; n++) await producer.ask(produce, 9, request);
  const consumer = await client(broker, "c");
  const read = (sessionId: number, sessionEpoch: number, fetchOffset: number) =>
    consumer.ask(fetch, 12, {
      maxWaitMs: 100,
      minBytes: 1,
      maxBytes: 1_000_000,
      sessionId,
      sessionEpoch,
      topics: [
        { topic: "t", partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 10_000 }] },
      ],
      forgottenTopicsData: [],
    });
  const first = await read(0, 0, 0);
  expect(first.responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(0);

  // Ten seconds of it are one batch, not two.
  await limit(broker, "c", "consumer_byte_rate", 2100);
  const second = await read(first.sessionId, 1, 1);
  expect(second).toMatchObject({ throttleTimeMs: 0, sessionId: first.sessionId });
  const third = await read(first.sessionId, 2, 2);

  expect(third).toMatchObject({ errorCode: 0, sessionId: first.sessionId, responses: [] });
  expect(third.throttleTimeMs).toBeGreaterThan(0);
});

test("Quotas and levels are there again after a restart, and so is a broker that was unregistered", async () => {
  const folder = await mkdtemp(join(tmpdir(), "odradek-quotas-"));
  folders.push(folder);
  const broker = await start(folder);
  await limit(broker, "p", "producer_byte_rate", 1000);
  const admin = await client(broker, "admin");
  const { errorCode } = await admin.ask(unregisterBroker, 0, { brokerId: 1 });
  expect(errorCode).toBe(0);
  const cluster = { includeClusterAuthorizedOperations: false };
  expect((await admin.ask(describeCluster, 0, cluster)).brokers).toEqual([]);

  await broker.stop();
  brokers.pop();
  const again = await client(await start(folder), "admin");

  expect((await again.ask(describeCluster, 0, cluster)).brokers).toHaveLength(1);
  const { entries } = await again.ask(describeClientQuotas, 1, { components: [], strict: false });
  expect(entries).toMatchObject([{ values: [{ key: "producer_byte_rate", value: 1000 }] }]);
});

test("What is made too fast is refused with the error that clients wait for", async () => {
  const broker = await start();
  await limit(broker, "m", "controller_mutation_rate", 1);
  const maker = await client(broker, "m");
  const make = async (name: string, numPartitions: number) => {
    const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
    const { topics } = await maker.ask(createTopics, 7, {
      topics: [topic],
      timeoutMs: 1000,
      validateOnly: false,
    });
    return topics[0]?.errorCode;
  };

  expect(await make("many", 12)).toBe(0);
  expect(await make("more", 1)).toBe(89);
});
