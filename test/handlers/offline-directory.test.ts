import { beforeEach, describe, expect, test } from "vitest";
import { alterReplicaLogDirsHandler } from "../../src/handlers/alter-replica-log-dirs.ts";
import { deleteRecordsHandler } from "../../src/handlers/delete-records.ts";
import { describeLogDirsHandler } from "../../src/handlers/describe-log-dirs.ts";
import { describeTopicPartitionsHandler } from "../../src/handlers/describe-topic-partitions.ts";
import { fetchHandler } from "../../src/handlers/fetch.ts";
import { listOffsetsHandler } from "../../src/handlers/list-offsets.ts";
import { metadataHandler } from "../../src/handlers/metadata.ts";
import { offsetForLeaderEpochHandler } from "../../src/handlers/offset-for-leader-epoch.ts";
import { produceHandler } from "../../src/handlers/produce.ts";
import { FetchBudget } from "../../src/partition/fetch-budget.ts";
import { FetchSessions } from "../../src/partition/fetch-sessions.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { alterReplicaLogDirs } from "../../src/protocol/generated/alter-replica-log-dirs.ts";
import { deleteRecords } from "../../src/protocol/generated/delete-records.ts";
import { describeLogDirs } from "../../src/protocol/generated/describe-log-dirs.ts";
import { describeTopicPartitions } from "../../src/protocol/generated/describe-topic-partitions.ts";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { listOffsets } from "../../src/protocol/generated/list-offsets.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { offsetForLeaderEpoch } from "../../src/protocol/generated/offset-for-leader-epoch.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { wanted } from "../cluster/support.ts";
import { FailingDisk, systemError } from "../support/storage/failing-disk.ts";
import { batchOf } from "../support/storage/logs.ts";
import { ask, fill, type SmallBroker, smallBroker } from "./support.ts";

const { KAFKA_STORAGE_ERROR, LEADER_NOT_AVAILABLE, NONE, NOT_LEADER_OR_FOLLOWER } = ErrorCode;

let broker: SmallBroker;
let disk: FailingDisk;

/** Whether the directory of a partition serves; what broker.ts asks. */
const isOnline = (topic: string, index: number) =>
  broker.services.partitions.get(topic, index)?.isOffline !== true;

/** Two partitions in two directories; the disk of the second fails under a produce. */
beforeEach(async () => {
  disk = new FailingDisk(new MemoryDisk());
  const small = await smallBroker({}, { disk, paths: ["/one", "/two"] });
  const fetchSessions = new FetchSessions({
    maxSessions: 10,
    clock: small.clock,
    random: () => 0.5,
  });
  const fetchBudget = new FetchBudget({ answerBytesMax: 1e6, bytesMax: 1e6 });
  broker = { ...small, services: { ...small.services, fetchSessions, fetchBudget } };
  await broker.controller.createTopics([wanted("a", { numPartitions: 2 })]);
  await fill(broker, "a", 3);
  disk.decide = (_, path) => (path.startsWith("/two") ? systemError("EIO") : undefined);
  expect((await produced()).map(({ errorCode }) => errorCode)).toEqual([NONE, KAFKA_STORAGE_ERROR]);
  await broker.controller.settleLeaders(1, isOnline);
});

async function produced() {
  const partitionData = [0, 1].map((index) => ({ index, records: batchOf(["x"]) }));
  const topicData = [{ name: "a", partitionData }];
  const request = { acks: -1, timeoutMs: 1000, topicData };
  const { responses } = await ask(produceHandler, produce, request, { broker, version: 9 });
  return responses[0]?.partitionResponses ?? [];
}

const codes = (partitions: readonly { errorCode: number }[] | undefined) =>
  partitions?.map(({ errorCode }) => errorCode);

describe("a partition whose directory is offline", () => {
  test("answers KAFKA_STORAGE_ERROR to producers and consumers, while the others serve on", async () => {
    expect(codes(await produced())).toEqual([NONE, KAFKA_STORAGE_ERROR]);

    const listed = await ask(
      listOffsetsHandler,
      listOffsets,
      {
        replicaId: -1,
        topics: [
          {
            name: "a",
            partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
          },
        ],
      },
      { broker, version: 9 },
    );
    expect(codes(listed.topics[0]?.partitions)).toEqual([NONE, KAFKA_STORAGE_ERROR]);

    const epochs = await ask(
      offsetForLeaderEpochHandler,
      offsetForLeaderEpoch,
      {
        replicaId: -1,
        topics: [{ topic: "a", partitions: [{ partition: 1, leaderEpoch: 0 }] }],
      },
      { broker, version: 4 },
    );
    expect(codes(epochs.topics[0]?.partitions)).toEqual([KAFKA_STORAGE_ERROR]);

    const deleted = await ask(
      deleteRecordsHandler,
      deleteRecords,
      { timeoutMs: 1000, topics: [{ name: "a", partitions: [{ partitionIndex: 1, offset: 0 }] }] },
      { broker },
    );
    expect(codes(deleted.topics[0]?.partitions)).toEqual([KAFKA_STORAGE_ERROR]);
  });

  test.each([
    [12, KAFKA_STORAGE_ERROR],
    [6, KAFKA_STORAGE_ERROR],
    [5, NOT_LEADER_OR_FOLLOWER],
  ])("answers Fetch v%i with %i, for older clients know no other word", async (version, code) => {
    const partitions = [0, 1].map((partition) => ({
      partition,
      fetchOffset: 0,
      partitionMaxBytes: 1000,
    }));
    const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: "a", partitions }] };

    const answer = await ask(fetchHandler, fetch, request, { broker, version });

    expect(codes(answer.responses[0]?.partitions)).toEqual([NONE, code]);
  });

  test("has no leader in the metadata, and its replica is offline, until it is back", async () => {
    const told = async () => {
      const request = { topics: [{ name: "a" }] };
      const { topics } = await ask(metadataHandler, metadata, request, { broker });
      return topics[0]?.partitions;
    };

    expect(await told()).toMatchObject([
      { errorCode: NONE, leaderId: 1, isrNodes: [1], offlineReplicas: [] },
      {
        errorCode: LEADER_NOT_AVAILABLE,
        leaderId: -1,
        leaderEpoch: 1,
        replicaNodes: [1],
        isrNodes: [],
        offlineReplicas: [1],
      },
    ]);
    const described = await ask(
      describeTopicPartitionsHandler,
      describeTopicPartitions,
      { topics: [{ name: "a" }], responsePartitionLimit: 10, cursor: null },
      { broker },
    );
    expect(described.topics[0]?.partitions[1]).toMatchObject({
      leaderId: -1,
      eligibleLeaderReplicas: [1],
      offlineReplicas: [1],
    });

    await broker.controller.settleLeaders(1, () => true);
    expect((await told())?.[1]).toMatchObject({
      errorCode: NONE,
      leaderId: 1,
      leaderEpoch: 2,
      isrNodes: [1],
      offlineReplicas: [],
    });
  });

  test("is left out of DescribeLogDirs, which names its directory with the error", async () => {
    const { results } = await ask(
      describeLogDirsHandler,
      describeLogDirs,
      { topics: null },
      { broker },
    );

    expect(results).toMatchObject([
      { logDir: "/one", errorCode: NONE, topics: [{ name: "a", partitions: [{}] }] },
      { logDir: "/two", errorCode: KAFKA_STORAGE_ERROR, topics: [], totalBytes: -1 },
    ]);
  });

  test("cannot be moved, nor can others while nobody knows what lies there", async () => {
    const dirs = [
      { path: "/one", topics: [{ name: "a", partitions: [0, 1] }] },
      { path: "/two", topics: [{ name: "b", partitions: [0] }] },
      { path: "/three", topics: [{ name: "c", partitions: [0] }] },
    ];
    const { results } = await ask(
      alterReplicaLogDirsHandler,
      alterReplicaLogDirs,
      { dirs },
      { broker },
    );

    expect(results.map(({ partitions }) => codes(partitions))).toEqual([
      [NONE, KAFKA_STORAGE_ERROR],
      [KAFKA_STORAGE_ERROR],
      [ErrorCode.LOG_DIR_NOT_FOUND],
    ]);
  });

  test("of a new topic is made where there is a directory still", async () => {
    await broker.controller.createTopics([wanted("later", { numPartitions: 3 })]);

    const offline = [0, 1, 2].filter((index) => !isOnline("later", index));

    expect(offline).toEqual([]);
  });
});
