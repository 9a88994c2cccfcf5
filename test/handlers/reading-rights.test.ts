import { beforeEach, describe, expect, test } from "vitest";
import { fetchHandler } from "../../src/handlers/fetch.ts";
import { listOffsetsHandler } from "../../src/handlers/list-offsets.ts";
import { FetchBudget } from "../../src/partition/fetch-budget.ts";
import { FetchSessions } from "../../src/partition/fetch-sessions.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { listOffsets } from "../../src/protocol/generated/list-offsets.ts";
import { wanted } from "../cluster/support.ts";
import { ask, fill, type May, type SmallBroker, smallBroker } from "./support.ts";

let broker: SmallBroker;

const onlyOrders: May = (_, resource, name) => resource === "topic" && name === "orders";

beforeEach(async () => {
  const small = await smallBroker();
  const { clock } = small;
  const fetchSessions = new FetchSessions({ maxSessions: 10, clock, random: () => 0.5 });
  const fetchBudget = new FetchBudget({ answerBytesMax: 1e6, bytesMax: 1e6 });
  broker = { ...small, services: { ...small.services, fetchSessions, fetchBudget } };
  await broker.controller.createTopics([wanted("orders"), wanted("secret")]);
  for (const topic of ["orders", "secret"]) await fill(broker, topic, 3);
});

function idOf(topic: string): string {
  return broker.services.image().topic(topic)?.id ?? "";
}

async function fetchCodes(version: number, ...places: (readonly [topic: string, index: number])[]) {
  const topics = places.map(([topic, partition]) => ({
    topic,
    topicId: version >= 13 ? idOf(topic) : "AAAAAAAAAAAAAAAAAAAAAA",
    partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1000 }],
  }));
  const request = { maxWaitMs: 0, minBytes: 1, maxBytes: 1000, topics, forgottenTopicsData: [] };
  const options = { broker, version, may: onlyOrders };
  const answer = await ask(fetchHandler, fetch, request, options);
  return answer.responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
}

describe("without the right to read a topic", () => {
  test.each([12, 13])("Fetch v%i does not tell which partitions there are", async (version) => {
    expect(await fetchCodes(version, ["secret", 0])).toEqual([
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    ]);
    expect(await fetchCodes(version, ["secret", 7])).toEqual([
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    ]);
    expect(await fetchCodes(version, ["orders", 7])).toEqual([
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
  });

  test("Fetch does not tell whether there is such a topic, unless it was named by id", async () => {
    expect(await fetchCodes(12, ["nowhere", 0])).toEqual([ErrorCode.TOPIC_AUTHORIZATION_FAILED]);
  });

  test("the topics one may read are read all the same, and come first", async () => {
    expect(await fetchCodes(12, ["secret", 0], ["orders", 0])).toEqual([
      ErrorCode.NONE,
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    ]);
  });

  test("ListOffsets says so before it looks at the question", async () => {
    const partitions = [0, 0, 7].map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    const topics = [
      { name: "secret", partitions },
      { name: "orders", partitions },
    ];
    const request = { replicaId: -1, isolationLevel: 0, topics };

    const answer = await ask(listOffsetsHandler, listOffsets, request, { broker, may: onlyOrders });

    const refused = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    expect(
      answer.topics.map((topic) => topic.partitions.map(({ errorCode }) => errorCode)),
    ).toEqual([
      [refused, refused],
      [ErrorCode.INVALID_REQUEST, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ]);
  });
});
