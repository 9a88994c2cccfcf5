import { beforeEach, describe, expect, test } from "vitest";
import { createPartitionsHandler } from "../../src/handlers/create-partitions.ts";
import { deleteTopicsHandler } from "../../src/handlers/delete-topics.ts";
import { describeTopicPartitionsHandler } from "../../src/handlers/describe-topic-partitions.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { createPartitions } from "../../src/protocol/generated/create-partitions.ts";
import { deleteTopics } from "../../src/protocol/generated/delete-topics.ts";
import {
  type DescribeTopicPartitionsRequestInput,
  describeTopicPartitions,
} from "../../src/protocol/generated/describe-topic-partitions.ts";
import { ZERO_UUID } from "../../src/protocol/uuid.ts";
import { wanted } from "../cluster/support.ts";
import { ask, type May, type SmallBroker, smallBroker } from "./support.ts";

let broker: SmallBroker;

beforeEach(async () => {
  broker = await smallBroker();
});

const idOf = (name: string) => broker.controller.image.topic(name)?.id ?? ZERO_UUID;

describe("DeleteTopics", () => {
  const named = (...names: string[]) => names.map((name) => ({ name, topicId: ZERO_UUID }));

  const remove = (topics: readonly { name: string | null; topicId: string }[], may?: May) =>
    ask(
      deleteTopicsHandler,
      deleteTopics,
      { topics, timeoutMs: 5000 },
      { broker, ...(may && { may }) },
    );

  beforeEach(async () => {
    await broker.controller.createTopics([wanted("a"), wanted("b"), wanted("c")]);
  });

  test("answers keep the order of the request, and a bad entry does not stop the others", async () => {
    const a = idOf("a");
    const b = idOf("b");

    const { responses } = await remove([
      ...named("c", "nowhere"),
      { name: null, topicId: a },
      { name: "b", topicId: b },
    ]);

    expect(responses.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["c", ErrorCode.NONE],
      ["nowhere", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ["a", ErrorCode.NONE],
      ["b", ErrorCode.INVALID_REQUEST],
    ]);
    expect(broker.controller.image.topics().map(({ name }) => name)).toEqual(["b"]);
  });

  test("a topic named by name and again by its id is refused once, and stays", async () => {
    const { responses } = await remove([...named("a"), { name: null, topicId: idOf("a") }]);

    expect(responses.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["a", ErrorCode.INVALID_REQUEST],
    ]);
    expect(broker.controller.image.topicCount).toBe(3);
  });

  test("who may not see a topic learns nothing of it, who may not delete it cannot", async () => {
    const may: May = (operation, _, name) => operation === "describe" && name !== "b";

    const { responses } = await remove(
      [
        ...named("a", "b", "nowhere"),
        { name: null, topicId: idOf("b") },
        { name: null, topicId: idOf("c") },
      ],
      may,
    );

    const denied = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    expect(responses.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["a", denied],
      ["b", denied],
      ["nowhere", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [null, denied],
      ["c", denied],
    ]);
    expect(broker.controller.image.topicCount).toBe(3);
  });

  test("a broker that does not delete topics says so in the words its version has", async () => {
    const strict = await smallBroker({ "delete.topic.enable": "false" });
    const request = { topicNames: ["a"], timeoutMs: 5000 };

    const codes = [2, 3].map(async (version) => {
      const answer = await ask(deleteTopicsHandler, deleteTopics, request, {
        broker: strict,
        version,
      });
      return answer.responses.map(({ name, errorCode }) => [name, errorCode]);
    });

    expect(await Promise.all(codes)).toEqual([
      [["a", ErrorCode.INVALID_REQUEST]],
      [["a", ErrorCode.TOPIC_DELETION_DISABLED]],
    ]);
  });

  test("without time nothing is deleted", async () => {
    const request = { topicNames: ["a"], timeoutMs: 0 };

    const answer = await ask(deleteTopicsHandler, deleteTopics, request, { broker, version: 5 });

    expect(answer.responses).toMatchObject([
      { name: "a", errorCode: ErrorCode.REQUEST_TIMED_OUT, errorMessage: null },
    ]);
    expect(broker.controller.image.topicCount).toBe(3);
  });
});

describe("CreatePartitions", () => {
  const grow = (
    name: string,
    count: number,
    assignments: { brokerIds: number[] }[] | null = null,
  ) => ({
    name,
    count,
    assignments,
  });

  const add = (topics: ReturnType<typeof grow>[], may?: May) =>
    ask(
      createPartitionsHandler,
      createPartitions,
      { topics, timeoutMs: 5000, validateOnly: false },
      { broker, ...(may && { may }) },
    );

  test("topics grow each or not, in the order of the request", async () => {
    await broker.controller.createTopics([wanted("a"), wanted("b"), wanted("c")]);

    const { results } = await add([
      grow("c", 2, [{ brokerIds: [1] }]),
      grow("nowhere", 2),
      grow("a", 3),
      grow("b", 2, [{ brokerIds: [9] }]),
    ]);

    expect(results.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["c", ErrorCode.NONE],
      ["nowhere", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ["a", ErrorCode.NONE],
      ["b", ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ]);
    const counts = broker.controller.image.topics().map(({ partitions }) => partitions.length);
    expect(counts).toEqual([3, 1, 2]);
  });

  test("the right to alter is asked for per topic", async () => {
    await broker.controller.createTopics([wanted("a"), wanted("b")]);

    const { results } = await add(
      [grow("a", 2), grow("b", 2)],
      (operation, _, name) => operation === "alter" && name === "b",
    );

    expect(results.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
      ErrorCode.NONE,
    ]);
  });
});

describe("DescribeTopicPartitions", () => {
  const describeTopics = (
    request: Partial<DescribeTopicPartitionsRequestInput>,
    rest: { may?: May; broker?: SmallBroker } = {},
  ) =>
    ask(
      describeTopicPartitionsHandler,
      describeTopicPartitions,
      { topics: [], ...request },
      { broker, ...rest },
    );

  beforeEach(async () => {
    await broker.controller.createTopics([
      wanted("b", { numPartitions: 3 }),
      wanted("a", { numPartitions: 2 }),
      wanted("c"),
    ]);
  });

  test("page by page, every partition comes once, in order", async () => {
    for (const limit of [1, 2, 3, 4, 5, 6, 7]) {
      const seen: string[] = [];
      let cursor: DescribeTopicPartitionsRequestInput["cursor"] = null;
      do {
        const answer = await describeTopics({ responsePartitionLimit: limit, cursor });
        const page = answer.topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`),
        );
        expect(page.length).toBeLessThanOrEqual(limit);
        seen.push(...page);
        cursor = answer.nextCursor;
      } while (cursor !== null);
      expect(seen).toEqual(["a-0", "a-1", "b-0", "b-1", "b-2", "c-0"]);
    }
  });

  test("the broker's own limit holds where the client asks for more, and 1 where it asks for none", async () => {
    const small = await smallBroker({ "max.request.partition.size.limit": "2" });
    await small.controller.createTopics([wanted("a", { numPartitions: 5 })]);

    const [many, none] = [
      await describeTopics({ responsePartitionLimit: 100 }, { broker: small }),
      await describeTopics({ responsePartitionLimit: -7 }, { broker: small }),
    ];

    expect(many.nextCursor).toEqual({ topicName: "a", partitionIndex: 2 });
    expect(none.nextCursor).toEqual({ topicName: "a", partitionIndex: 1 });
  });

  test("a cursor that is not among the topics asked for is refused", async () => {
    const answer = await describeTopics({
      topics: [{ name: "a" }],
      cursor: { topicName: "b", partitionIndex: 0 },
    });

    expect(answer.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["a", ErrorCode.INVALID_REQUEST],
    ]);
  });

  test("hidden topics are refused by name and left out of the list of all", async () => {
    const may: May = (_, __, name) => name !== "b";

    const byName = await describeTopics({ topics: [{ name: "b" }, { name: "a" }] }, { may });
    const all = await describeTopics({}, { may });

    expect(byName.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["a", ErrorCode.NONE],
      ["b", ErrorCode.TOPIC_AUTHORIZATION_FAILED],
    ]);
    expect(all.topics.map(({ name }) => name)).toEqual(["a", "c"]);
  });
});
