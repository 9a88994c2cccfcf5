import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { describeConfigs } from "../../src/protocol/generated/describe-configs.ts";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { initProducerId } from "../../src/protocol/generated/init-producer-id.ts";
import { listGroups } from "../../src/protocol/generated/list-groups.ts";
import { listOffsets } from "../../src/protocol/generated/list-offsets.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { offsetFetch } from "../../src/protocol/generated/offset-fetch.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { batchesIn, buildBatch, recordsOf } from "../../src/records/records.ts";
import { RawClient } from "./client.ts";

const GOLDEN = fileURLToPath(new URL("../golden/log-dir", import.meta.url));
const ORDERS_ID = "j4TTpccWQMGoxdSUVUQCiQ";
const TOPIC = 2;
/** DescribeConfigs: set on the topic itself. */
const TOPIC_CONFIG = 1;
const BROKER_CONFIG_OF_ALL = 3;
const BROKER = 4;
const EARLIEST = -2;
const LATEST = -1;

let dataDir: string;
let broker: Broker;
let client: RawClient;

async function start(): Promise<void> {
  const config = { "node.id": "1", "log.retention.ms": "-1" };
  broker = await startBroker({ dataDir, config });
  client = await RawClient.open(broker.port);
}

async function stop(): Promise<void> {
  client.close();
  await broker.stop();
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "odradek-kafka-"));
  await cp(GOLDEN, dataDir, { recursive: true });
});

afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

async function offsetsOf(name: string): Promise<readonly (number | undefined)[]> {
  const offsets: (number | undefined)[] = [];
  for (const timestamp of [EARLIEST, LATEST]) {
    const { topics } = await client.ask(listOffsets, 7, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }] }],
    });
    offsets.push(topics[0]?.partitions[0]?.offset);
  }
  return offsets;
}

/** All batches of a topic, as they come over the wire. */
async function fetched(topicId: string, endOffset: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let fetchOffset = 0; fetchOffset < endOffset; ) {
    const { responses } = await client.ask(fetch, 16, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1_000_000,
      topics: [
        {
          topicId,
          partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }],
        },
      ],
    });
    const records = responses[0]?.partitions?.[0]?.records;
    const last = Buffer.isBuffer(records) ? [...batchesIn(records)].at(-1) : undefined;
    if (!Buffer.isBuffer(records) || last === undefined)
      throw new Error(`nothing at ${fetchOffset}`);
    parts.push(records);
    fetchOffset = Number(records.readBigInt64BE(last)) + records.readInt32BE(last + 23) + 1;
  }
  return Buffer.concat(parts);
}

async function goldenBytes(folder: string): Promise<Buffer> {
  const names = (await readdir(join(GOLDEN, folder))).filter((name) => name.endsWith(".log"));
  return Buffer.concat(
    await Promise.all(names.sort().map((name) => readFile(join(GOLDEN, folder, name)))),
  );
}

async function setOn(
  resourceType: number,
  resourceName: string,
  source: number,
): Promise<Readonly<Record<string, string | null>>> {
  const { results } = await client.ask(describeConfigs, 4, {
    resources: [{ resourceType, resourceName, configurationKeys: null }],
  });
  const set = results[0]?.configs.filter(({ configSource }) => configSource === source) ?? [];
  return Object.fromEntries(set.map(({ name, value }) => [name, value]));
}

async function committed(groupId: string): Promise<readonly unknown[]> {
  const { groups } = await client.ask(offsetFetch, 8, {
    groups: [{ groupId, topics: null }],
    requireStable: false,
  });
  return (groups?.[0]?.topics ?? []).flatMap(({ name, partitions = [] }) =>
    partitions.map(({ partitionIndex, committedOffset, metadata: text }) => [
      name,
      partitionIndex,
      committedOffset,
      text,
    ]),
  );
}

/** @returns the error code and the offset. */
async function send(
  name: string,
  { producerId, producerEpoch, baseSequence }: Readonly<Record<string, number>>,
): Promise<readonly unknown[]> {
  const records = buildBatch({
    records: [{ key: null, value: Buffer.from("from here on") }],
    timestamp: Date.now(),
    producerId: producerId ?? -1,
    producerEpoch: producerEpoch ?? -1,
    baseSequence: baseSequence ?? -1,
  });
  const { responses } = await client.ask(produce, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  });
  const partition = responses[0]?.partitionResponses[0];
  return [partition?.errorCode, partition?.baseOffset];
}

describe("a broker that is started on the directory of Apache Kafka", () => {
  test("serves the same bytes, offsets, ids, settings and groups", async () => {
    await start();

    const { topics, clusterId } = await client.ask(metadata, 12, { topics: null });
    const orders = topics.find(({ name }) => name === "orders");
    expect(clusterId).toBe("MkU3OEVBNTcwNTJENDM2Qk");
    expect(orders).toMatchObject({ topicId: ORDERS_ID, partitions: [{ leaderId: 1 }] });
    expect(await offsetsOf("orders")).toEqual([0, 217]);
    expect(await offsetsOf("compacted")).toEqual([0, 3]);
    expect(await offsetsOf("empty")).toEqual([0, 0]);
    expect((await fetched(ORDERS_ID, 217)).equals(await goldenBytes("orders-0"))).toBe(true);
    expect(await setOn(TOPIC, "orders", TOPIC_CONFIG)).toEqual({
      "index.interval.bytes": "512",
      "internal.segment.bytes": "6000",
    });
    expect(await setOn(BROKER, "1", BROKER_CONFIG_OF_ALL)).toEqual({ "min.insync.replicas": "1" });
    const { groups } = await client.ask(listGroups, 5, {});
    expect(groups?.map(({ groupId, groupType }) => [groupId, groupType]).sort()).toEqual([
      ["classic-group", "classic"],
      ["consumer-group", "consumer"],
      ["txn-group", "classic"],
    ]);
    expect(await committed("classic-group")).toEqual([["orders", 0, 217, ""]]);
    expect(await committed("consumer-group")).toEqual([["orders", 0, 217, ""]]);
    expect(await committed("txn-group")).toEqual([["orders", 0, 42, "in txn"]]);
    await stop();
  });

  test.each([
    ["stopped in order", true],
    ["killed", false],
  ])(
    "goes on where Kafka, %s, has ended: offsets, producers, and at the next start too",
    async (_how, clean) => {
      if (!clean) await rm(join(dataDir, ".kafka_cleanshutdown"));
      await start();
      const fresh = await client.ask(initProducerId, 4, {
        transactionalId: null,
        transactionTimeoutMs: 0,
      });
      const producer = { producerId: fresh.producerId ?? -1, producerEpoch: 0 };

      expect(fresh.producerId).toBe(1000);
      expect(await send("orders", { ...producer, baseSequence: 0 })).toEqual([0, 217]);
      expect(await send("compacted", {})).toEqual([ErrorCode.INVALID_RECORD, -1]);
      await stop();
      await start();

      expect(await send("orders", { ...producer, baseSequence: 0 })).toEqual([0, 217]);
      expect(await send("orders", { ...producer, baseSequence: 1 })).toEqual([0, 218]);
      const all = await fetched(ORDERS_ID, 219);
      const golden = await goldenBytes("orders-0");
      expect(all.subarray(0, golden.length).equals(golden)).toBe(true);
      const [mine] = recordsOf(all, golden.length);
      expect([mine?.offset, mine?.value?.toString()]).toEqual([217, "from here on"]);
      // A new leader's batches can be told from Kafka's.
      expect(all.readInt32BE(golden.length + 12)).toBeGreaterThanOrEqual(2);
      expect(golden.readInt32BE(12)).toBe(0);
      await stop();
    },
  );

  test("leaves alone what belongs to another node", async () => {
    await expect(startBroker({ dataDir, config: { "node.id": "2" } })).rejects.toThrow(
      /belongs to node 1, this is node 2/,
    );
    expect(await readdir(dataDir)).not.toContain("odradek-metadata.log");
  });

  test("serves topics that have folders but no metadata anywhere", async () => {
    await rm(join(dataDir, "__cluster_metadata-0"), { recursive: true });
    await start();

    expect(await offsetsOf("orders")).toEqual([0, 217]);
    expect(await committed("classic-group")).toEqual([["orders", 0, 217, ""]]);
    await stop();
  });
});
