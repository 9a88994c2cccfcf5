import { beforeEach, describe, expect, test } from "vitest";
import { createTopicsHandler } from "../../src/handlers/create-topics.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import {
  type CreatableTopicInput,
  createTopics,
} from "../../src/protocol/generated/create-topics.ts";
import { ZERO_UUID } from "../../src/protocol/uuid.ts";
import { ask, type May, type SmallBroker, smallBroker } from "./support.ts";

let broker: SmallBroker;

beforeEach(async () => {
  broker = await smallBroker();
});

const one = (name: string, rest: Partial<CreatableTopicInput> = {}): CreatableTopicInput => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...rest,
});

const create = (
  topics: readonly CreatableTopicInput[],
  { timeoutMs = 5000, may, version = 7 }: { timeoutMs?: number; may?: May; version?: number } = {},
) =>
  ask(
    createTopicsHandler,
    createTopics,
    { topics, timeoutMs, validateOnly: false },
    { broker, version, ...(may && { may }) },
  );

const madeNames = () => broker.controller.image.topics().map(({ name }) => name);

describe("CreateTopics", () => {
  test("answers keep the order of the request, each name once, and good ones are made", async () => {
    const { topics } = await create([
      one("twice"),
      one("b"),
      one("__cluster_metadata"),
      one("twice"),
      one("a", { numPartitions: 2 }),
      one("bad", { configs: [{ name: "retention.ms", value: "soon" }] }),
    ]);

    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["twice", ErrorCode.INVALID_REQUEST],
      ["b", ErrorCode.NONE],
      ["__cluster_metadata", ErrorCode.INVALID_REQUEST],
      ["a", ErrorCode.NONE],
      ["bad", ErrorCode.INVALID_CONFIG],
    ]);
    expect(madeNames()).toEqual(["a", "b"]);
    expect(topics[3]).toMatchObject({ numPartitions: 2, replicationFactor: 1 });
    expect(topics[3]?.topicId).toBe(broker.controller.image.topic("a")?.id);
  });

  test("the answer tells every config, sorted, with what was set on the topic as it was written", async () => {
    const { topics } = await create([
      one("a", { configs: [{ name: "retention.ms", value: " 01000" }] }),
    ]);

    const configs = topics[0]?.configs ?? [];
    const names = configs.map(({ name }) => name);
    expect(names).toHaveLength(37);
    expect(names).toEqual([...names].sort());
    expect(configs.find(({ name }) => name === "retention.ms")).toMatchObject({
      value: " 01000",
      configSource: 1,
    });
  });

  test("who may not create the cluster's topics may create those that are theirs", async () => {
    const may: May = (operation, resource, name) =>
      operation !== "create" || (resource === "topic" && name.startsWith("mine-"));

    const { topics } = await create([one("mine-a"), one("yours")], { may });

    expect(topics.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.NONE,
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    ]);
    expect(madeNames()).toEqual(["mine-a"]);
  });

  test("who may not read configs is told so beside the topic that was made", async () => {
    const { topics } = await create([one("a")], {
      may: (operation) => operation !== "describe-configs",
    });

    expect(topics[0]).toMatchObject({
      errorCode: ErrorCode.NONE,
      topicConfigErrorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
      numPartitions: -1,
      replicationFactor: -1,
      configs: [],
    });
  });

  test("too many partitions are refused for every topic of the request", async () => {
    const { topics } = await create([one("a", { numPartitions: 10_000 }), one("b")]);

    expect(topics.map(({ errorCode, topicId }) => [errorCode, topicId])).toEqual([
      [ErrorCode.POLICY_VIOLATION, ZERO_UUID],
      [ErrorCode.POLICY_VIOLATION, ZERO_UUID],
    ]);
    expect(madeNames()).toEqual([]);
  });

  test("without time nothing is made", async () => {
    const { topics } = await create([one("a")], { timeoutMs: 0 });

    expect(topics).toMatchObject([
      { errorCode: ErrorCode.REQUEST_TIMED_OUT, errorMessage: null, configs: [] },
    ]);
    expect(madeNames()).toEqual([]);
  });
});
