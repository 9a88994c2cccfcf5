import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startBroker } from "../../src/index.ts";
import { createPartitions } from "../../src/protocol/generated/create-partitions.ts";
import { deleteTopics } from "../../src/protocol/generated/delete-topics.ts";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { findCoordinator } from "../../src/protocol/generated/find-coordinator.ts";
import { joinGroup } from "../../src/protocol/generated/join-group.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { ZERO_UUID } from "../../src/protocol/uuid.ts";
import { RawClient, requestFrame } from "./client.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "odradek-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const NO_SESSION = { sessionId: 0, sessionEpoch: -1 };

function fetchOf(topic: string, indexes: readonly number[], maxWaitMs: number) {
  const partitions = indexes.map((partition) => ({
    partition,
    fetchOffset: 0,
    partitionMaxBytes: 1_000_000,
  }));
  const topics = indexes.length === 0 ? [] : [{ topic, partitions }];
  return { maxWaitMs, minBytes: 1, maxBytes: 1_000_000, topics, ...NO_SESSION };
}

const JOIN = {
  groupId: "g",
  sessionTimeoutMs: 60_000,
  rebalanceTimeoutMs: 300_000,
  memberId: "",
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: Buffer.alloc(8) }],
};

describe("a broker that cannot start", () => {
  test("leaves no port behind, and can be started again", async () => {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    const wrong = { port, dataDir: directory, topics: { "not a name": 1 } };

    await expect(startBroker(wrong)).rejects.toThrow("not a name");
    await using again = await startBroker({ port, dataDir: directory });
    expect(again.port).toBe(port);
  });

  test("because one of its ports is taken frees the others", async () => {
    await using first = await startBroker();
    const listeners = `A://127.0.0.1:0,B://127.0.0.1:${first.port}`;
    const protocols = "A:PLAINTEXT,B:PLAINTEXT";
    const bound = () => process.getActiveResourcesInfo().filter((one) => one === "TCPServerWrap");
    const before = bound().length;
    const config = { listeners, "listener.security.protocol.map": protocols };

    await expect(startBroker({ config })).rejects.toThrow(
      `port ${first.port} on 127.0.0.1 is in use`,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bound()).toHaveLength(before);
  });
});

describe("a broker in this process", () => {
  test("keeps what it is given in a directory, by whichever name", async () => {
    const config = { "log.dirs": directory };
    const first = await startBroker({ config, topics: { kept: 2 } });
    const { clusterId } = first;
    await first.stop();

    await using again = await startBroker({ dataDir: directory });
    expect(again.clusterId).toBe(clusterId);
  });

  test.each([
    [{ ephemeral: true, dataDir: "/nowhere" }, "ephemeral keeps nothing on disk"],
    [{ ephemeral: true, config: { "log.dirs": "/nowhere" } }, "ephemeral keeps nothing on disk"],
    [{ dataDirectory: "/nowhere" } as object, "startBroker has no option dataDirectory"],
    [{ topics: ["orders"] } as object, "topics is an object"],
    [{ config: { "num.partitions": "three" } }, "num.partitions takes a whole number"],
  ])("is not started with %j", async (options, why) => {
    await expect(startBroker(options)).rejects.toThrow(why);
  });

  test("takes settings as numbers and truths, and warns of those that it does not know", async () => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));

    await using broker = await startBroker({
      config: { "num.partitions": 6, "auto.create.topics.enable": false, "num.partition": 6 },
    });

    expect(broker.port).toBeGreaterThan(0);
    expect(await warned).toMatchObject({
      name: "Odradek",
      message: expect.stringContaining("num.partition"),
    });
  });
});

describe("stop", () => {
  test("ends long polls and joins at once, and marks the shutdown as clean", async () => {
    const config = { "group.initial.rebalance.delay.ms": "60000" };
    const broker = await startBroker({ dataDir: directory, topics: { t: 1 }, config });
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.open(broker.port)));
    const [polling, joining, half] = clients as [RawClient, RawClient, RawClient];
    await joining.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ["g"] });
    polling.connection.send(requestFrame(fetch, 11, fetchOf("t", [0], 60_000)));
    joining.connection.send(requestFrame(joinGroup, 3, JOIN));
    half.connection.send(Buffer.from("0000ffff00", "hex"));
    await half.connection.receive(50);

    const began = performance.now();
    await broker.stop();
    expect(performance.now() - began).toBeLessThan(5000);
    expect(existsSync(join(directory, ".kafka_cleanshutdown"))).toBe(true);
    expect(existsSync(join(directory, ".lock"))).toBe(false);
    for (const client of clients) client.close();
  });

  test("leaves a process as it was, however often", async () => {
    const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const handles = () => process.getActiveResourcesInfo().filter((one) => one.startsWith("TCP"));
    const [listenersBefore, handlesBefore] = [listeners(), handles().length];
    for (let i = 0; i < 20; i++) {
      const broker = await startBroker({ topics: { t: 1 } });
      const client = await RawClient.open(broker.port);
      client.connection.send(requestFrame(fetch, 11, fetchOf("t", [0], 60_000)));
      await broker.stop();
      client.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));

    expect(listeners()).toEqual(listenersBefore);
    expect(handles()).toHaveLength(handlesBefore);
  });
});

describe("two brokers", () => {
  test("do not share a data directory, and the second says who has it", async () => {
    await using _first = await startBroker({ dataDir: directory });

    await expect(startBroker({ dataDir: directory })).rejects.toThrow("in use by another broker");
  });

  test("in one process know nothing of each other", async () => {
    await using one = await startBroker({ topics: { one: 1 } });
    await using _other = await startBroker({ topics: { other: 1 } });
    const client = await RawClient.open(one.port);
    const { topics } = await client.ask(metadata, 9, { topics: null });
    client.close();

    expect(topics.map(({ name }) => name)).toEqual(["one"]);
  });
});

describe("a client that leaves", () => {
  test("while it waits is noticed: nothing of it is kept until its wait would have ended", async () => {
    const config = { "max.connections.per.ip": "1" };
    await using broker = await startBroker({ topics: { t: 1 }, config });
    const waiting = await RawClient.open(broker.port);
    waiting.connection.send(requestFrame(fetch, 11, fetchOf("t", [0], 600_000)));
    await waiting.connection.receive(50);
    waiting.close();

    // Refused for as long as the first one counts.
    let topics: readonly unknown[] | undefined;
    for (let attempt = 0; topics === undefined && attempt < 50; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const next = await RawClient.open(broker.port);
      topics = await next.ask(metadata, 9, { topics: [] }).then(
        (answer) => answer.topics,
        () => undefined,
      );
      next.close();
    }
    expect(topics).toEqual([]);
  });
});

describe("a topic that changes while it is read", () => {
  test("ends long polls when it is deleted, and a session learns of it and of new partitions", async () => {
    await using broker = await startBroker({ topics: { t: 1 } });
    const reader = await RawClient.open(broker.port);
    const admin = await RawClient.open(broker.port);
    const first = { ...fetchOf("t", [0], 0), sessionEpoch: 0 };
    const { sessionId } = await reader.ask(fetch, 11, first);
    const more = { topics: [{ name: "t", count: 2, assignments: null }], timeoutMs: 1000 };
    await admin.ask(createPartitions, 3, { ...more, validateOnly: false });
    const grown = { ...fetchOf("t", [1], 0), sessionId, sessionEpoch: 1 };
    const both = await reader.ask(fetch, 11, grown);

    const parked = reader.ask(fetch, 11, {
      ...fetchOf("t", [], 60_000),
      sessionId,
      sessionEpoch: 2,
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const gone = { topics: [{ name: "t", topicId: ZERO_UUID }], timeoutMs: 1000 };
    await admin.ask(deleteTopics, 5, { ...gone, topicNames: ["t"] });
    const told = (await parked).responses.flatMap(({ partitions }) => partitions);
    reader.close();
    admin.close();

    expect(both.errorCode).toBe(0);
    expect(told.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])).toEqual([
      [0, 3],
      [1, 3],
    ]);
  });
});
