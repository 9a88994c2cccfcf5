import { produce } from "../../../src/protocol/generated/produce.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, settled, warmUp } from "../scenario.ts";
import { askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions about what topics and offsets are after something was done to them. */
export const madeUpChanges: Scenario = {
  name: "made up: changes",
  steps: [prepare, deletedRecords, namedTwice, moreCommits, offsetsOfDeleted, grown],
};

const ZERO_ID = "AAAAAAAAAAAAAAAAAAAAAA";
const MAX_OFFSET = Number.MAX_SAFE_INTEGER;
/** A broker has heard by then what the controller did. */

const made: { batch: Buffer; logId: string; otherId: string } = {
  batch: Buffer.alloc(0),
  logId: ZERO_ID,
  otherId: ZERO_ID,
};

interface ProduceBody {
  readonly topicData: readonly {
    readonly partitionData: readonly { readonly records: Buffer }[];
  }[];
}

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  const { topicData } = replay.recordedRequest("Produce", 9, "ok-acks-all") as ProduceBody;
  made.batch = topicData[0]?.partitionData[0]?.records ?? Buffer.alloc(0);
  made.logId = await makeTopic(replay, "log", { partitions: 2 });
  made.otherId = await makeTopic(replay, "other");
  await makeTopic(replay, "compacted", { configs: { "cleanup.policy": "compact" } });
  await makeTopic(replay, "both", { configs: { "cleanup.policy": "compact,delete" } });
  for (let count = 0; count < 6; count += 1) await append(replay, "log");
}

async function append(replay: Replay, name: string): Promise<void> {
  const partitionData = [{ index: 0, records: made.batch }];
  const topicData = [{ name, topicId: ZERO_ID, partitionData }];
  await replay.call(produce, 9, { transactionalId: null, acks: -1, timeoutMs: 5000, topicData });
}

function before(offsets: readonly number[], name = "log") {
  return { name, partitions: offsets.map((offset) => ({ partitionIndex: 0, offset })) };
}

async function deletedRecords(replay: Replay): Promise<void> {
  const base = { topics: [before([0])], timeoutMs: 3000 };
  await askInEveryVersion(
    replay,
    variants("DeleteRecords", base, {
      "partition twice": { topics: [before([0, 1])] },
      "topic twice": { topics: [before([0]), before([1])] },
      "greatest offset": { topics: [before([MAX_OFFSET])] },
      "timeout 0": { timeoutMs: 0 },
      "timeout -1": { timeoutMs: -1 },
      compacted: { topics: [before([0], "compacted")] },
      "compacted and deleted": { topics: [before([0], "both")] },
      "internal topic": { topics: [before([0], "__consumer_offsets")] },
      "bad name": { topics: [before([0], "a b")] },
      "topic without partitions": { topics: [before([])] },
    }),
  );
  for (const [step, offset] of [2, 1, 2, 4, -1, 6, 7].entries()) {
    const name = `made-up: step ${step}, before ${offset}`;
    const asked = { ...base, topics: [before([offset])] };
    await replay.ask({ api: "DeleteRecords", version: 2, case: name }, asked);
    await replay.ask({ api: "ListOffsets", version: 8, case: name }, ends);
    await replay.ask({ api: "Fetch", version: 12, case: name }, fetchingFrom(3));
  }
}

const ends = {
  replicaId: -1,
  isolationLevel: 0,
  topics: [-2, -4].map((timestamp) => ({
    name: timestamp === -2 ? "log" : "other",
    partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }],
  })),
  timeoutMs: 1000,
};

function fetchingFrom(fetchOffset: number) {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_048_576,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic: "log",
        topicId: made.logId,
        partitions: [
          {
            partition: 0,
            currentLeaderEpoch: -1,
            fetchOffset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: 1_048_576,
          },
        ],
      },
    ],
    forgottenTopicsData: [],
    rackId: "",
  };
}

async function namedTwice(replay: Replay): Promise<void> {
  const offset = (timestamp: number, partitionIndex = 0, currentLeaderEpoch = -1) => ({
    partitionIndex,
    currentLeaderEpoch,
    timestamp,
  });
  const listing = {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: "log", partitions: [offset(-1)] }],
    timeoutMs: 1000,
  };
  const log = (...partitions: ReturnType<typeof offset>[]) => ({ name: "log", partitions });
  await askInEveryVersion(
    replay,
    variants("ListOffsets", listing, {
      "topic twice, other partitions": { topics: [log(offset(-1)), log(offset(-2, 1))] },
      "topic twice, same partition": { topics: [log(offset(-1)), log(offset(-2))] },
      "partition twice": { topics: [log(offset(-1), offset(-2), offset(-1, 1))] },
      "unknown topic twice": {
        topics: [
          { name: "nope", partitions: [offset(-1)] },
          { name: "nope", partitions: [offset(-1)] },
        ],
      },
      "isolation level 7": { isolationLevel: 7 },
      "topic without partitions": { topics: [log()] },
      "epoch behind": { topics: [log(offset(-1, 0, -2))] },
      "epoch ahead": { topics: [log(offset(-1, 0, 9))] },
    }),
  );
  const half = fetchingFrom(5).topics[0];
  const fetching = fetchingFrom(6);
  const limited = {
    ...half,
    partitions: half?.partitions.map((one) => ({ ...one, partitionMaxBytes: -1 })),
  };
  await askInEveryVersion(
    replay,
    variants("Fetch", fetching, {
      "topic twice": { topics: [...fetching.topics, ...fetching.topics] },
      "negative limits at the end": { maxWaitMs: -1, minBytes: -1, maxBytes: -1 },
      "negative limit of a partition": { topics: [limited] as never },
    }),
  );
  const epoch = (leaderEpoch: number) => ({
    topic: "log",
    partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }],
  });
  await askInEveryVersion(
    replay,
    variants(
      "OffsetForLeaderEpoch",
      { replicaId: -1, topics: [epoch(0)] },
      { "topic twice": { topics: [epoch(0), epoch(5)] }, "from a replica": { replicaId: 5 } },
    ),
  );
}

function committing(name: string, topicId: string, changes: object = {}) {
  const partition = { partitionIndex: 0, committedOffset: 3, committedMetadata: "m" };
  return { name, topicId, partitions: [{ ...partition, ...changes }] };
}

async function moreCommits(replay: Replay): Promise<void> {
  const base = {
    groupId: "changing",
    generationIdOrMemberEpoch: -1,
    memberId: "",
    topics: [committing("log", made.logId)],
  };
  await askInEveryVersion(
    replay,
    variants("OffsetCommit", base, {
      "metadata null": { topics: [committing("log", made.logId, { committedMetadata: null })] },
      "greatest offset": {
        topics: [committing("log", made.logId, { committedOffset: MAX_OFFSET })],
      },
      "topic twice": {
        topics: [
          committing("log", made.logId),
          committing("log", made.logId, { partitionIndex: 1 }),
        ],
      },
      "zero id": { topics: [committing("", ZERO_ID)] },
      "unknown before known": {
        topics: [committing("nope", "ERERESIiMzNERFVVVVVVVQ"), committing("log", made.logId)],
      },
      "other topic": { topics: [committing("other", made.otherId)] },
      "two topics": { topics: [committing("other", made.otherId), committing("log", made.logId)] },
    }),
  );
  const epochs = [-1, 0, 7].map((committedLeaderEpoch) => [
    `leader epoch ${committedLeaderEpoch}`,
    { topics: [committing("log", made.logId, { committedLeaderEpoch })] },
  ]);
  await askInEveryVersion(
    replay,
    variants("OffsetCommit", base, Object.fromEntries(epochs), { from: 6 }),
  );
  await committed(replay, "after commits");
}

/** What OffsetFetch says of the group, in words of each version. */
async function committed(replay: Replay, when: string): Promise<void> {
  const topics = [
    { name: "other", topicId: made.otherId, partitionIndexes: [0] },
    { name: "log", topicId: made.logId, partitionIndexes: [0, 1] },
  ];
  const group = { groupId: "changing", memberId: null, memberEpoch: -1, topics };
  await askInEveryVersion(replay, [
    ...variants(
      "OffsetFetch",
      { groupId: "changing", topics: topics as unknown[] | null, requireStable: false },
      { [`named, ${when}`]: {}, [`all, ${when}`]: { topics: null } },
      { from: 2, upTo: 7 },
    ),
    ...variants(
      "OffsetFetch",
      { groups: [group] as unknown[], requireStable: false },
      {
        [`named, ${when}`]: {},
        [`all, ${when}`]: { groups: [{ ...group, topics: null }] },
        [`topic twice, ${when}`]: { groups: [{ ...group, topics: [...topics, ...topics] }] },
        [`zero id, ${when}`]: {
          groups: [{ ...group, topics: [{ name: "", topicId: ZERO_ID, partitionIndexes: [0] }] }],
        },
      },
      { from: 8 },
    ),
  ]);
}

/** Committed offsets go with their topic, and a topic that is made again has none. */
async function offsetsOfDeleted(replay: Replay): Promise<void> {
  const deletion = { topics: [{ name: "other" }], topicNames: [], timeoutMs: 5000 };
  await replay.ask({ api: "DeleteTopics", version: 6, case: "made-up: with offsets" }, deletion);
  await settled(replay);
  await committed(replay, "topic deleted");
  const offsets = { topics: [{ name: "other", partitions: [{ partitionIndex: 0 }] }] };
  const removal = { groupId: "changing", ...offsets };
  const where = { api: "OffsetDelete", version: 0 };
  await replay.ask({ ...where, case: "made-up: topic deleted" }, removal);
  await makeTopic(replay, "other");
  await committed(replay, "topic made again");
}

/** More partitions: seen by everybody, empty, and their records counted. */
async function grown(replay: Replay): Promise<void> {
  const growth = {
    topics: [{ name: "log", count: 4, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] }],
    timeoutMs: 5000,
    validateOnly: false,
  };
  await replay.ask({ api: "CreatePartitions", version: 3, case: "made-up: for good" }, growth);
  await settled(replay);
  const named = { topics: [{ name: "log" }], allowAutoTopicCreation: false };
  const page = (topicName: string, partitionIndex: number) => ({
    topics: [{ name: "log" }, { name: "both" }],
    responsePartitionLimit: 2,
    cursor: topicName === "" ? null : { topicName, partitionIndex },
  });
  const partitions = [0, 1, 2, 3, 4].map((partitionIndex) => ({
    partitionIndex,
    currentLeaderEpoch: -1,
    timestamp: -1,
  }));
  const offsets = { ...ends, topics: [{ name: "log", partitions }] };
  const sizes = { topics: [{ topic: "log", partitions: [3, 0] }] };
  await askInEveryVersion(replay, [
    ...variants("Metadata", named, { "more partitions": {} }, { from: 4 }),
    ...variants("DescribeTopicPartitions", page("", 0), {
      "first page": {},
      "second page": page("log", 1),
      "third page": page("log", 3),
      "behind the last": page("log", 4),
    }),
    ...variants("ListOffsets", offsets, { "more partitions": {} }),
    ...variants("DescribeLogDirs", sizes, { "more partitions": {} }),
  ]);
}
