import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Broker, type BrokerOptions, startBroker } from "../../src/index.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { consumerGroupHeartbeat } from "../../src/protocol/generated/consumer-group-heartbeat.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { describeConfigs } from "../../src/protocol/generated/describe-configs.ts";
import { findCoordinator } from "../../src/protocol/generated/find-coordinator.ts";
import { incrementalAlterConfigs } from "../../src/protocol/generated/incremental-alter-configs.ts";
import { listConfigResources } from "../../src/protocol/generated/list-config-resources.ts";
import { listOffsets } from "../../src/protocol/generated/list-offsets.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { buildBatch } from "../../src/records/records.ts";
import { KeptLog, RawClient } from "./client.ts";

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;

const SET = 0;
const DELETE = 1;
const EARLIEST = -2;

let broker: Broker;
let client: RawClient;

async function start(options: BrokerOptions = {}): Promise<void> {
  broker = await startBroker(options);
  client = await RawClient.open(broker.port);
}

async function stop(): Promise<void> {
  client.close();
  await broker.stop();
}

/** @param value null: what was set is taken away */
async function set(
  [resourceType, resourceName]: readonly [number, string],
  name: string,
  value: string | null,
): Promise<number | undefined> {
  const configs = [{ name, configOperation: value === null ? DELETE : SET, value }];
  const { responses } = await client.ask(incrementalAlterConfigs, 1, {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly: false,
  });
  return responses[0]?.errorCode;
}

async function told(
  [resourceType, resourceName]: readonly [number, string],
  name: string,
): Promise<string | null | undefined> {
  const { results } = await client.ask(describeConfigs, 4, {
    resources: [{ resourceType, resourceName, configurationKeys: [name] }],
    includeSynonyms: false,
    includeDocumentation: false,
  });
  return results[0]?.configs[0]?.value;
}

async function create(name: string, configs: Readonly<Record<string, string>> = {}): Promise<void> {
  await client.ask(createTopics, 7, {
    topics: [
      {
        name,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 5000,
    validateOnly: false,
  });
}

/** The error code of a record with a value of so many bytes. */
async function write(topic: string, bytes = 150): Promise<number | undefined> {
  const value = Buffer.alloc(bytes, 1);
  const records = buildBatch({ timestamp: Date.now(), records: [{ key: null, value }] });
  const answer = await client.ask(produce, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  });
  return answer.responses[0]?.partitionResponses[0]?.errorCode;
}

async function earliest(topic: string): Promise<number | undefined> {
  const found = await client.ask(listOffsets, 7, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: EARLIEST }] }],
  });
  return found.topics[0]?.partitions[0]?.offset;
}

describe("a setting changed while the broker runs", () => {
  afterEach(stop);

  test("of retention lets old records go, of all topics without a word of their own", async () => {
    await start({ config: { "log.retention.check.interval.ms": "20" } });
    await create("plain", { "internal.segment.bytes": "300" });
    await create("keeping", { "internal.segment.bytes": "300", "retention.bytes": "-1" });
    for (let count = 0; count < 6; count++) {
      await write("plain");
      await write("keeping");
    }

    await set([BROKER, ""], "log.retention.bytes", "1");

    await vi.waitFor(async () => expect(await earliest("plain")).toBe(5));
    expect(await earliest("keeping")).toBe(0);

    await set([TOPIC, "keeping"], "retention.bytes", null);

    await vi.waitFor(async () => expect(await earliest("keeping")).toBe(5));
  });

  test("of the size of records refuses the next one that is larger, and takes it again", async () => {
    await start();
    await create("t");
    expect(await write("t", 5000)).toBe(ErrorCode.NONE);

    await set([BROKER, "1"], "message.max.bytes", "2000");
    expect(await write("t", 5000)).toBe(ErrorCode.MESSAGE_TOO_LARGE);

    await set([TOPIC, "t"], "max.message.bytes", "10000");
    expect(await write("t", 5000)).toBe(ErrorCode.NONE);

    await set([TOPIC, "t"], "max.message.bytes", null);
    expect(await write("t", 5000)).toBe(ErrorCode.MESSAGE_TOO_LARGE);

    await set([BROKER, "1"], "message.max.bytes", null);
    expect(await write("t", 5000)).toBe(ErrorCode.NONE);
  });

  test("of the number of connections holds for the next one, by address too", async () => {
    await start();
    const isServed = async (): Promise<boolean> => {
      const other = await RawClient.open(broker.port);
      const answer = other.ask(listConfigResources, 1, { resourceTypes: [] });
      const served = await answer.then(
        () => true,
        () => false,
      );
      other.close();
      return served;
    };
    expect(await isServed()).toBe(true);

    await set([BROKER, "1"], "max.connections", "1");
    expect(await isServed()).toBe(false);
    await set([BROKER, "1"], "max.connections", null);

    await set([BROKER, ""], "max.connections.per.ip.overrides", "127.0.0.1:1");
    expect(await isServed()).toBe(false);
    await set([BROKER, ""], "max.connections.per.ip.overrides", null);
    expect(await isServed()).toBe(true);
  });

  test("of replicas in sync is told of topics, the nearest word first", async () => {
    await start();
    await create("t");

    await set([BROKER, ""], "min.insync.replicas", "2");
    expect(await told([TOPIC, "t"], "min.insync.replicas")).toBe("2");

    await set([TOPIC, "t"], "min.insync.replicas", "3");
    expect(await told([TOPIC, "t"], "min.insync.replicas")).toBe("3");
    // As in Kafka a partition cannot ask for more replicas than it has.
    expect(await write("t")).toBe(ErrorCode.NONE);
  });

  test("of a group is what its members hear next, within the broker's bounds", async () => {
    await start({ config: { "group.consumer.max.heartbeat.interval.ms": "8000" } });
    await create("t");
    await client.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ["g"] });
    const beat = async (): Promise<number> => {
      const answer = await client.ask(consumerGroupHeartbeat, 1, {
        groupId: "g",
        memberId: "m",
        memberEpoch: 0,
        rebalanceTimeoutMs: 60_000,
        subscribedTopicNames: ["t"],
        topicPartitions: [],
      });
      return answer.heartbeatIntervalMs;
    };
    expect(await beat()).toBe(5000);

    expect(await set([GROUP, "g"], "consumer.heartbeat.interval.ms", "8001")).toBe(
      ErrorCode.INVALID_CONFIG,
    );
    await set([GROUP, "g"], "consumer.heartbeat.interval.ms", "7000");

    expect(await beat()).toBe(7000);
  });

  test("of a logger decides on the next line", async () => {
    const logger = new KeptLog();
    await start({ logger });
    const ask = async (name: string) =>
      client.ask(findCoordinator, 4, { keyType: 1, coordinatorKeys: [name] });
    await ask("first");
    const before = logger.warnings.length;
    expect(before).toBeGreaterThan(0);

    await set([LOGGER, "1"], "root", "ERROR");
    await ask("second");
    expect(logger.warnings).toHaveLength(before);
    expect(await told([LOGGER, "1"], "kafka.server.KafkaApis")).toBe("ERROR");

    await set([LOGGER, "1"], "kafka.server.KafkaApis", "WARN");
    await ask("third");
    expect(logger.warnings).toHaveLength(before + 1);
  });
});

test("what was set is as it was after a restart, and what was taken away stays away", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "odradek-settings-"));
  const made: readonly (readonly [readonly [number, string], string, string])[] = [
    [[TOPIC, "t"], "retention.ms", "1234"],
    [[BROKER, ""], "log.segment.bytes", "2000000"],
    [[BROKER, "1"], "message.max.bytes", "2000"],
    [[GROUP, "g"], "consumer.session.timeout.ms", "50000"],
    [[CLIENT_METRICS, "m"], "match", "client_id=a.*"],
  ];
  await start({ dataDir });
  await create("t");
  for (const [resource, name, value] of made) {
    expect(await set(resource, name, value)).toBe(ErrorCode.NONE);
  }
  await set([BROKER, "1"], "log.retention.ms", "99");
  await set([BROKER, "1"], "log.retention.ms", null);
  await stop();

  await start({ dataDir });
  for (const [resource, name, value] of made) expect(await told(resource, name)).toBe(value);
  expect(await told([TOPIC, "t"], "segment.bytes")).toBe("2000000");
  expect(await told([BROKER, "1"], "log.retention.ms")).toBeNull();
  expect(await write("t", 5000)).toBe(ErrorCode.MESSAGE_TOO_LARGE);
  await stop();
  await rm(dataDir, { recursive: true });
});
