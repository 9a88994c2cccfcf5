import { beforeEach, describe, expect, test } from "vitest";
import { type BrokerImage, MetadataImage, type TopicImage } from "../../src/cluster/image.ts";
import { metadataHandler } from "../../src/handlers/metadata.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { type MetadataRequestInput, metadata } from "../../src/protocol/generated/metadata.ts";
import { wanted } from "../cluster/support.ts";
import { ask, type May, type SmallBroker, showing, smallBroker } from "./support.ts";

const NOT_ASKED = -(2 ** 31);

let broker: SmallBroker;

beforeEach(async () => {
  broker = await smallBroker();
});

const askFor = (request: MetadataRequestInput, rest: { version?: number; may?: May } = {}) =>
  ask(metadataHandler, metadata, request, { broker, ...rest });

const named = (...names: string[]) => ({ topics: names.map((name) => ({ name })) });

describe("auto-creation through Metadata", () => {
  test("the first answer has the topic with its leader", async () => {
    const { topics } = await askFor(named("orders"));

    expect(topics.map(({ errorCode, name }) => [errorCode, name])).toEqual([[0, "orders"]]);
    expect(topics[0]?.partitions.map(({ leaderId }) => leaderId)).toEqual([1]);
    expect(topics[0]?.topicId).toBe(broker.controller.image.topic("orders")?.id);
  });

  test("nothing is made where the client, the broker or its rights say no", async () => {
    const forbids = { ...named("a"), allowAutoTopicCreation: false };
    const mayNot: May = (operation) => operation !== "create";
    const strict = await smallBroker({ "auto.create.topics.enable": "false" });

    const codes = [
      await askFor(forbids),
      await askFor(named("a"), { may: mayNot }),
      await ask(metadataHandler, metadata, named("a"), { broker: strict }),
    ].map(({ topics }) => topics[0]?.errorCode);

    expect(codes).toEqual([
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    expect(broker.controller.image.topicCount + strict.controller.image.topicCount).toBe(0);
  });

  test("a name that cannot be made fails alone", async () => {
    await broker.controller.createTopics([wanted("a.b")]);

    const { topics } = await askFor(named("bad name", "good", "a_b"));

    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["good", ErrorCode.NONE],
      ["bad name", ErrorCode.INVALID_TOPIC_EXCEPTION],
      ["a_b", ErrorCode.INVALID_TOPIC_EXCEPTION],
    ]);
  });

  test("more than 10,000 partitions are not made for one request", async () => {
    const names = Array.from({ length: 10_001 }, (_, n) => `t${n}`);

    const { topics } = await askFor(named(...names));

    expect(new Set(topics.map(({ errorCode }) => errorCode))).toEqual(
      new Set([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]),
    );
    expect(broker.controller.image.topicCount).toBe(0);
  });

  test("asking for all topics, or by id, makes none", async () => {
    await askFor({ topics: null });
    const unknownId = { topics: [{ name: "x", topicId: "ZZZZZZZZZZZZZZZZZZZZZQ" }] };

    const { topics } = await askFor(unknownId);

    expect(topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
    expect(broker.controller.image.topicCount).toBe(0);
  });
});

describe("Metadata requests that make no sense", () => {
  test.each([
    [10, { name: "a", topicId: "ZZZZZZZZZZZZZZZZZZZZZQ" }, ErrorCode.INVALID_REQUEST, 0],
    [11, { name: null }, ErrorCode.INVALID_REQUEST, 0],
    [12, { name: null }, ErrorCode.UNKNOWN_SERVER_ERROR, 0],
    [13, { name: null }, ErrorCode.UNKNOWN_SERVER_ERROR, ErrorCode.UNKNOWN_SERVER_ERROR],
  ])("v%i answers %o with an error on every topic", async (version, bad, code, topLevel) => {
    const answer = await askFor({ topics: [{ name: "fine" }, bad] }, { version });

    expect(answer.topics.map(({ errorCode }) => errorCode)).toEqual([code, code]);
    expect(answer).toMatchObject({ brokers: [], controllerId: -1, errorCode: topLevel });
    expect(broker.controller.image.topicCount).toBe(0);
  });
});

describe("what a client may see in Metadata", () => {
  const maySeeOnly =
    (visible: string): May =>
    (_, resource, name) =>
      resource === "topic" && name === visible;

  test("a topic it may not see is answered as if nobody knew it, and not listed", async () => {
    await broker.controller.createTopics([wanted("secret"), wanted("open")]);
    const may = maySeeOnly("open");

    const byName = await askFor(named("secret", "nowhere", "open"), { may });
    const all = await askFor({ topics: null }, { may });

    const answers = byName.topics.map(({ name, errorCode, topicId }) => [name, errorCode, topicId]);
    const zero = "AAAAAAAAAAAAAAAAAAAAAA";
    expect(answers.slice(1)).toEqual([
      ["secret", ErrorCode.TOPIC_AUTHORIZATION_FAILED, zero],
      ["nowhere", ErrorCode.TOPIC_AUTHORIZATION_FAILED, zero],
    ]);
    expect(all.topics.map(({ name }) => name)).toEqual(["open"]);
  });

  test("operations are told if asked for, bit by bit, and the cluster's only before v11", async () => {
    await broker.controller.createTopics([wanted("a")]);
    const operations = {
      ...named("a"),
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    };
    const mayRead: May = (operation) => operation === "read" || operation === "describe";

    const [v8, v8Reader, v12] = [
      await askFor(operations, { version: 8 }),
      await askFor(operations, { version: 8, may: mayRead }),
      await askFor({ ...named("a"), includeTopicAuthorizedOperations: true }, { version: 12 }),
    ];

    expect([v8.topics[0]?.topicAuthorizedOperations, v8.clusterAuthorizedOperations]).toEqual([
      3576, 8096,
    ]);
    expect(v8Reader.topics[0]?.topicAuthorizedOperations).toBe((1 << 3) | (1 << 8));
    expect([v12.topics[0]?.topicAuthorizedOperations, v12.clusterAuthorizedOperations]).toEqual([
      3576,
      NOT_ASKED,
    ]);
  });
});

describe("Metadata of a cluster with a dead broker", () => {
  /** As in the recording of three brokers: 3 is dead, `one` had its only replica there. */
  function degraded(): SmallBroker {
    const brokers = [1, 2, 3].map((id): BrokerImage => {
      const internal = { host: `b${id}`, port: 9092, securityProtocol: "PLAINTEXT" };
      const external = { host: `x${id}`, port: 9093, securityProtocol: "SSL" };
      const endpoints = new Map([["PLAINTEXT", internal]]);
      if (id === 1) endpoints.set("EXTERNAL", external);
      return { id, epoch: id, rack: `r${id}`, endpoints, fenced: id === 3 };
    });
    const base = { elr: [], lastKnownElr: [], partitionEpoch: 1, revision: 1 };
    const topic = (name: string, partition: object): TopicImage => ({
      name,
      id: "d8ZEVA8YTYm0AfgJzK2KiA",
      revision: 1,
      internal: false,
      configs: new Map(),
      partitions: [
        { index: 0, leader: 1, leaderEpoch: 0, replicas: [], isr: [], ...base, ...partition },
      ],
    });
    const topics = [
      topic("r3", { replicas: [1, 2, 3], isr: [1, 2] }),
      topic("one", { leader: -1, leaderEpoch: 3, replicas: [3] }),
      topic("on2", { leader: 2, replicas: [2], isr: [2] }),
    ];
    const image = MetadataImage.empty("c").derive(1, {
      brokers: new Map(brokers.map((each) => [each.id, each])),
      topics: new Map(topics.map((each) => [each.name, each])),
    });
    return showing(broker, image);
  }

  test("v0 lists live replicas only and marks the partition, later versions tell who is offline", async () => {
    const request = named("r3", "one");
    const [v0, v12] = [
      await ask(metadataHandler, metadata, request, { broker: degraded(), version: 0 }),
      await ask(metadataHandler, metadata, request, { broker: degraded(), version: 12 }),
    ];

    const partitions = [...v0.topics, ...v12.topics].map((topic) => topic.partitions[0]);
    expect(partitions).toMatchObject([
      { errorCode: ErrorCode.REPLICA_NOT_AVAILABLE, leaderId: 1, replicaNodes: [1, 2] },
      { errorCode: ErrorCode.LEADER_NOT_AVAILABLE, leaderId: -1, replicaNodes: [], isrNodes: [] },
      { errorCode: 0, replicaNodes: [1, 2, 3], isrNodes: [1, 2], offlineReplicas: [3] },
      { errorCode: 5, leaderId: -1, leaderEpoch: 3, replicaNodes: [3], offlineReplicas: [3] },
    ]);
    expect(v12.brokers.map(({ nodeId, rack }) => [nodeId, rack])).toEqual([
      [1, "r1"],
      [2, "r2"],
    ]);
  });

  test("endpoints are those of the listener asked on, and a leader without it is told apart", async () => {
    const asked = { broker: degraded(), listenerName: "EXTERNAL" };
    const [v5, v6] = [
      await ask(metadataHandler, metadata, named("on2"), { ...asked, version: 5 }),
      await ask(metadataHandler, metadata, named("on2"), { ...asked, version: 6 }),
    ];

    expect(v6.brokers.map(({ nodeId, host, port }) => [nodeId, host, port])).toEqual([
      [1, "x1", 9093],
    ]);
    expect(v5.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.LEADER_NOT_AVAILABLE);
    expect(v6.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.LISTENER_NOT_FOUND);
  });
});
