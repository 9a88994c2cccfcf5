import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { describeConfigs } from "../../src/protocol/generated/describe-configs.ts";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { findCoordinator } from "../../src/protocol/generated/find-coordinator.ts";
import { listOffsets } from "../../src/protocol/generated/list-offsets.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { unregisterBroker } from "../../src/protocol/generated/unregister-broker.ts";
import { buildBatch } from "../../src/records/records.ts";
import { mayUnregister, mutate, randomFrom } from "../support/frame-mutations.ts";
import { goldenCases } from "../support/golden-frames.ts";
import { framed, KeptLog, outcomeOf, RawClient, requestFrame } from "./client.ts";

const log = new KeptLog();
let broker: Broker;

beforeAll(async () => {
  broker = await startBroker({ topics: { known: 1 }, logger: log });
});

afterEach(() => {
  log.warnings.length = 0;
});

afterAll(() => broker.stop());

/** The broker lives, and nothing of its own went wrong. */
async function expectUnharmed(): Promise<void> {
  const client = await RawClient.open(broker.port);
  const { topics } = await client.ask(metadata, 9, { topics: [{ name: "known" }] });
  client.close();
  expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([["known", 0]]);
  expect(log.errors).toEqual([]);
}

function header(key: number, version: number, clientId: string | null): Buffer {
  const id = Buffer.from(clientId ?? "");
  const bytes = Buffer.alloc(10);
  bytes.writeInt16BE(key, 0);
  bytes.writeInt16BE(version, 2);
  bytes.writeInt32BE(7, 4);
  bytes.writeInt16BE(clientId === null ? -1 : id.length, 8);
  return Buffer.concat([bytes, id]);
}

test("a client without a client id is served", async () => {
  const records = buildBatch({ records: [{ key: null, value: null }], timestamp: Date.now() });
  const partitionData = [{ index: 0, records }];
  const body = { acks: 1, timeoutMs: 1000, topicData: [{ name: "known", partitionData }] };
  const bytes = requestFrame(produce, 3, body, { clientId: null });

  expect(await outcomeOf(broker.port, bytes)).toBe("answered");
});

test.each([
  ["a header without a body", header(0, 3, "")],
  ["an API that does not exist", header(-1, 0, "")],
  ["a version that does not exist", header(0, 32_767, "")],
  ["a header that is cut", Buffer.from([0, 0, 0, 3])],
  ["a client id longer than the frame", header(3, 1, "x").fill(0x7f, 8, 10)],
])("%s closes the connection with one line in the log", async (_, bytes) => {
  expect(await outcomeOf(broker.port, framed(bytes))).toBe("closed");
  expect(log.warnings).toHaveLength(1);
  await expectUnharmed();
});

test.each([
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "HTTP"],
  ["TLS", Buffer.from("16030102000100", "hex"), "TLS"],
  ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.7\r\n"), "SSH"],
  ["a length of -1", Buffer.from("ffffffff", "hex"), "-1 bytes"],
  ["a length of 0", Buffer.from("00000000", "hex"), "0 bytes"],
  ["a length of 2^31-1", Buffer.from("7fffffff", "hex"), "socket.request.max.bytes"],
])("%s on the port is told from a client's mistake", async (_, bytes, told) => {
  expect(await outcomeOf(broker.port, bytes)).toBe("closed");
  expect(log.warnings).toEqual([expect.stringContaining(told)]);
});

test("ten million names in one frame are refused before they take memory", async () => {
  const count = 10_000_000;
  const bytes = Buffer.alloc(14 + 2 * count);
  header(3, 1, null).copy(bytes);
  bytes.writeInt32BE(count, 10);

  expect(await outcomeOf(broker.port, framed(bytes), 5000)).toBe("closed");
  expect(log.warnings).toEqual([expect.stringContaining("elements")]);
  await expectUnharmed();
});

test("a partition that is named a hundred thousand times is looked at in no time", async () => {
  const client = await RawClient.open(broker.port);
  const wanted = { partitionIndex: 0, timestamp: -1, currentLeaderEpoch: -1 };
  const partitions = new Array(100_000).fill(wanted);
  const topics = [{ name: "known", partitions }];
  const answer = await client.ask(listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics });
  client.close();

  expect(answer.topics[0]?.partitions).toMatchObject([{ partitionIndex: 0, errorCode: 42 }]);
});

test("a broker that is named five hundred times is described as often, and the same", async () => {
  const client = await RawClient.open(broker.port);
  const one = { resourceType: 4, resourceName: "1", configurationKeys: null };
  const resources = new Array(500).fill(one);
  const { results } = await client.ask(describeConfigs, 4, { resources });
  client.close();

  expect(results).toHaveLength(500);
  expect(results[499]).toEqual(results[0]);
  expect(results[0]?.errorCode).toBe(0);
});

test("names that cannot be are answered one by one, and are not worth a line in the log", async () => {
  const client = await RawClient.open(broker.port);
  const topics = Array.from({ length: 2000 }, (_, i) => ({ name: `no name ${i}` }));
  const answer = await client.ask(metadata, 9, { topics, allowAutoTopicCreation: true });
  client.close();

  expect(new Set(answer.topics.map(({ errorCode }) => errorCode))).toEqual(new Set([17]));
  expect(answer.topics).toHaveLength(2000);
  expect(log.warnings).toEqual([]);
});

test("a value too long to be repeated is refused with a shorter message", async () => {
  const client = await RawClient.open(broker.port);
  const configs = [{ name: "cleanup.policy", value: "x".repeat(32_767) }];
  const topic = { name: "new", numPartitions: 1, replicationFactor: 1, assignments: [], configs };
  const answer = await client.ask(createTopics, 7, { topics: [topic], timeoutMs: 1000 });
  client.close();

  expect(answer.topics[0]).toMatchObject({ name: "new", errorCode: 40 });
});

test.each(["__proto__", "constructor", "toString"])("%s is a name like any other", async (name) => {
  const client = await RawClient.open(broker.port);
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const made = await client.ask(createTopics, 7, { topics: [topic], timeoutMs: 1000 });
  const records = buildBatch({ records: [{ key: null, value: null }], timestamp: Date.now() });
  const topicData = [{ name, partitionData: [{ index: 0, records }] }];
  const { responses } = await client.ask(produce, 9, { acks: 1, timeoutMs: 1000, topicData });
  client.close();

  expect(made.topics[0]?.errorCode).toBe(0);
  expect(responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 });
});

test("mutated requests are answered or close their connection, and nothing else happens", async () => {
  // The same each time; test:simulation sends others in every run.
  const random = randomFrom(2026);
  const requests = goldenCases().flatMap(({ request }) =>
    request === null ? [] : [Buffer.from(request, "hex").subarray(4)],
  );
  const pick = () => requests[random(requests.length)] as Buffer;
  let left = 2000;
  const worker = async () => {
    while (left-- > 0) {
      const frame = mutate(pick(), pick(), random);
      // A silent one waits for something: a long poll, or others of its group.
      if (frame.length === 0 || mayUnregister(frame)) continue;
      await outcomeOf(broker.port, framed(frame), 100);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));

  expect(log.errors).toEqual([]);
  await expectUnharmed();
}, 30_000);

/** The request with the first 8 bytes that hold `marker` turned into the largest int64. */
function withLargest(bytes: Buffer, marker: number): Buffer {
  const held = Buffer.alloc(8);
  held.writeBigInt64BE(BigInt(marker));
  bytes.writeBigInt64BE(2n ** 63n - 1n, bytes.indexOf(held));
  return bytes;
}

const MARKER = 0x1234567890;

test("an offset that a number cannot hold is refused in words where the answer has room for them", async () => {
  const partitions = [{ partition: 0, fetchOffset: MARKER, partitionMaxBytes: 1 }];
  const topics = [{ topic: "known", partitions }];
  const body = { maxWaitMs: 0, minBytes: 0, topics, sessionId: 0, sessionEpoch: -1 };
  const client = await RawClient.open(broker.port);
  client.connection.send(withLargest(requestFrame(fetch, 11, body), MARKER));
  const answer = await client.connection.receive(2000);
  client.close();
  const asked = [{ partitionIndex: 0, timestamp: MARKER }];
  const old = { replicaId: -1, topics: [{ name: "known", partitions: asked }] };

  // Length, correlation id, throttle time, error code.
  expect((answer as Buffer).readInt16BE(12)).toBe(42);
  const unspeakable = withLargest(requestFrame(listOffsets, 7, old), MARKER);
  expect(await outcomeOf(broker.port, unspeakable)).toBe("closed");
  expect(log.warnings).toEqual([expect.stringContaining("2^53-1")]);
});

test("a group's coordinator cannot be found where no broker is left, which is one line in the log", async () => {
  const kept = new KeptLog();
  await using alone = await startBroker({ logger: kept });
  const client = await RawClient.open(alone.port);
  const gone = await client.ask(unregisterBroker, 0, { brokerId: 1 });
  const { coordinators } = await client.ask(findCoordinator, 4, { coordinatorKeys: ["app"] });
  client.close();

  expect(gone.errorCode).toBe(0);
  expect(coordinators?.[0]?.errorCode).toBe(15);
  expect(kept.errors).toEqual([]);
  expect(kept.warnings).toEqual([expect.stringMatching(/__consumer_offsets: .* 0 broker/)]);
});
