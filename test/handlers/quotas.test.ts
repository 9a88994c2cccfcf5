import { beforeEach, describe, expect, test } from "vitest";
import { createPartitionsHandler } from "../../src/handlers/create-partitions.ts";
import { createTopicsHandler } from "../../src/handlers/create-topics.ts";
import { deleteTopicsHandler } from "../../src/handlers/delete-topics.ts";
import { describeQuorumHandler } from "../../src/handlers/describe-quorum.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { createPartitions } from "../../src/protocol/generated/create-partitions.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { deleteTopics } from "../../src/protocol/generated/delete-topics.ts";
import { describeQuorum } from "../../src/protocol/generated/describe-quorum.ts";
import { ClientQuotas } from "../../src/quotas/client-quotas.ts";
import { brokerCalled, wanted } from "../cluster/support.ts";
import { ask, type SmallBroker, smallBroker } from "./support.ts";

let broker: SmallBroker;

beforeEach(async () => {
  broker = await smallBroker();
});

const OVER = ErrorCode.THROTTLING_QUOTA_EXCEEDED;

describe("With a quota of one mutation per second, whose burst is eleven", () => {
  let quotas: ClientQuotas;
  const client = { user: "ANONYMOUS", clientId: "test" };

  beforeEach(() => {
    const windows = { count: 11, lengthMs: 1000 };
    quotas = new ClientQuotas({ clock: broker.clock, windows, mutationWindows: windows });
    const entity = new Map([["user", null]]);
    const values = new Map([["controller_mutation_rate", 1]]);
    quotas.update([{ entity, values, revision: 1 }]);
  });

  const options = (version?: number) => ({
    broker,
    usage: quotas.begin(client, 0),
    ...(version === undefined ? {} : { version }),
  });

  const create = async (names: readonly string[], numPartitions: number, version?: number) => {
    const topics = names.map((name) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    }));
    const request = { topics, timeoutMs: 1000, validateOnly: false };
    const answer = await ask(createTopicsHandler, createTopics, request, options(version));
    return {
      codes: answer.topics.map(({ errorCode }) => errorCode),
      throttleMs: answer.throttleTimeMs,
    };
  };

  test("topics are made until nothing is left, then refused one by one", async () => {
    const { codes, throttleMs } = await create(["a", "b", "c"], 10);

    expect(codes).toEqual([0, 0, OVER]);
    expect(throttleMs).toBe(9000);
    expect(broker.controller.image.topic("c")).toBeUndefined();
  });

  test("what would be refused anyway costs nothing", async () => {
    await create(["a b", ""], 1_000);

    expect((await create(["a"], 11)).codes).toEqual([0]);
  });

  test("an old client gets what it asks for, and waits for it afterwards", async () => {
    const { codes, throttleMs } = await create(["a", "b", "c"], 10, 5);

    expect(codes).toEqual([0, 0, 0]);
    expect(throttleMs).toBe(19_000);
  });

  test("only partitions that are added count", async () => {
    await broker.controller.createTopics([wanted("a", { numPartitions: 50 }), wanted("b")]);
    const grow = async (name: string, count: number) => {
      const request = {
        topics: [{ name, count, assignments: null }],
        timeoutMs: 1000,
        validateOnly: false,
      };
      const answer = await ask(createPartitionsHandler, createPartitions, request, options());
      return answer.results[0]?.errorCode;
    };

    expect(await grow("a", 62)).toBe(0);
    expect(await grow("b", 2)).toBe(OVER);
    expect(await grow("b", 1)).toBe(ErrorCode.INVALID_PARTITIONS);
    await broker.clock.advance(1000);
    expect(await grow("b", 2)).toBe(0);
  });

  test("partitions that are deleted count too", async () => {
    await broker.controller.createTopics([wanted("a", { numPartitions: 12 }), wanted("b")]);
    const topics = ["a", "b"].map((name) => ({ name, topicId: "AAAAAAAAAAAAAAAAAAAAAA" }));

    const answer = await ask(
      deleteTopicsHandler,
      deleteTopics,
      { topics, timeoutMs: 1000 },
      options(),
    );

    expect(answer.responses.map(({ errorCode }) => errorCode)).toEqual([0, OVER]);
    expect(broker.controller.image.topic("b")).toBeDefined();
  });
});

describe("DescribeQuorum", () => {
  const request = {
    topics: [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }],
  };

  test("tells the controller as the one voter, other brokers as observers", async () => {
    await broker.controller.registerBroker(brokerCalled(2));

    const answer = await ask(describeQuorumHandler, describeQuorum, request, { broker });

    const partition = answer.topics[0]?.partitions[0];
    expect(partition).toMatchObject({
      leaderId: 1,
      highWatermark: broker.controller.image.revision,
      currentVoters: [{ replicaId: 1 }],
      observers: [{ replicaId: 2 }],
    });
    expect(answer.nodes).toEqual([
      { nodeId: 1, listeners: [{ name: "PLAINTEXT", host: "localhost", port: 9093 }] },
    ]);
  });

  test("is refused to who may not look at the cluster", async () => {
    const may = () => false;

    const answer = await ask(describeQuorumHandler, describeQuorum, request, { broker, may });

    expect(answer).toMatchObject({ errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, topics: [] });
  });
});
