import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, warmUp } from "../scenario.ts";
import { askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions of administrators to a cluster of one broker. */
export const madeUpAdministration: Scenario = {
  name: "made up: administration",
  steps: [prepare, elections, reassignments, quorum, growth],
};

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  await makeTopic(replay, "gen-a", { partitions: 3 });
  await makeTopic(replay, "gen-b");
}

async function elections(replay: Replay): Promise<void> {
  const of = (topic: string, ...partitions: number[]) => ({ topic, partitions });
  const base = { topicPartitions: [of("gen-a", 0, 1)], timeoutMs: 5000 };
  const asked = {
    "led by the preferred": {},
    "no such partition": { topicPartitions: [of("gen-a", 9, -1)] },
    "no such topic": { topicPartitions: [of("nope", 0), of("", 0)] },
    "no partitions": { topicPartitions: [of("gen-a")] },
    "no topics": { topicPartitions: [] },
    "good, bad, good": { topicPartitions: [of("gen-b", 0), of("nope", 0), of("gen-a", 2)] },
    "no patience": { timeoutMs: 0 },
  };
  await askInEveryVersion(replay, [
    ...variants("ElectLeaders", { ...base, electionType: 0 }, asked),
    ...variants(
      "ElectLeaders",
      { ...base, electionType: 1 },
      { "unclean, where there is a leader": {}, "unclean, no such topic": asked["no such topic"] },
      { from: 1 },
    ),
    ...variants(
      "ElectLeaders",
      base,
      { "type 2": { electionType: 2 }, "type -1": { electionType: -1 } } as never,
      { from: 1 },
    ),
  ]);
}

async function reassignments(replay: Replay): Promise<void> {
  const move = (name: string, ...partitions: [index: number, replicas: number[] | null][]) => ({
    name,
    partitions: partitions.map(([partitionIndex, replicas]) => ({ partitionIndex, replicas })),
  });
  const base = { timeoutMs: 5000, topics: [move("gen-a", [0, [1]])] };
  const asked = {
    "to itself": {},
    nothing: { topics: [] },
    "no partitions": { topics: [move("gen-a")] },
    "no such partition": { topics: [move("gen-a", [9, [1]], [-1, null], [0, [1]])] },
    "no such topic, given up": { topics: [move("nope", [0, null])] },
    "a broker that is not there": { topics: [move("gen-a", [0, [2]])] },
    "a broker that is not there, too": { topics: [move("gen-a", [0, [1, 2]])] },
    "a broker below zero": { topics: [move("gen-a", [0, [-1]])] },
    "the same broker twice": { topics: [move("gen-a", [0, [1, 1]])] },
    "good, bad, given up": { topics: [move("gen-a", [0, [1]], [1, [7]], [2, null])] },
    "no patience": { timeoutMs: 0 },
  };
  const list = { timeoutMs: 5000, topics: null as object[] | null };
  await askInEveryVersion(replay, [
    ...variants("AlterPartitionReassignments", base, asked),
    ...variants(
      "AlterPartitionReassignments",
      { ...base, allowReplicationFactorChange: false },
      {
        "as many, to itself": {},
        "as many, two": { topics: [move("gen-a", [0, [1, 2]])] },
        "as many, twice": { topics: [move("gen-a", [0, [1, 1]])] },
        "as many, none": { topics: [move("gen-a", [0, []])] },
        "as many, another": { topics: [move("gen-a", [0, [2]])] },
      },
      { from: 1 },
    ),
    ...variants("ListPartitionReassignments", list, {
      everything: {},
      "no topics": { topics: [] },
      "one topic": { topics: [{ name: "gen-a", partitionIndexes: [0, 9] }] },
      "no patience": { timeoutMs: 0 },
    }),
  ]);
}

async function quorum(replay: Replay): Promise<void> {
  const of = (topicName: string, ...indexes: number[]) => ({
    topicName,
    partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
  });
  await askInEveryVersion(replay, [
    ...variants(
      "DescribeQuorum",
      { topics: [of("__cluster_metadata", 0)] },
      {
        "the metadata": {},
        nothing: { topics: [] },
        "no partitions": { topics: [of("__cluster_metadata")] },
        "another partition": { topics: [of("__cluster_metadata", 1)] },
        "two partitions": { topics: [of("__cluster_metadata", 0, 1)] },
        "two topics": { topics: [of("__cluster_metadata", 0), of("gen-a", 0)] },
        "no name": { topics: [of("", 0)] },
      },
    ),
    ...variants("UnregisterBroker", { brokerId: 99 }, { unknown: {}, negative: { brokerId: -1 } }),
  ]);
}

/** Where CreatePartitions refuses. */
async function growth(replay: Replay): Promise<void> {
  const grow = (name: string, count: number, assignments: number[][] | null = null) => ({
    name,
    count,
    assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
  });
  const base = { topics: [grow("gen-b", 2)], timeoutMs: 5000, validateOnly: true };
  await askInEveryVersion(
    replay,
    variants("CreatePartitions", base, {
      "no patience": { timeoutMs: 0 },
      "impatient, nothing asked": { timeoutMs: -1, topics: [] },
      "internal topic": { topics: [grow("__consumer_offsets", 3)] },
      "cluster metadata": { topics: [grow("__cluster_metadata", 3)] },
      "bad names": { topics: [grow("", 2), grow("a b", 2), grow("x".repeat(250), 2)] },
      "as many as may be": { topics: [grow("gen-b", 10_001)] },
      "one more than may be": { topics: [grow("gen-b", 10_002)] },
      "more than may be, together": { topics: [grow("gen-a", 9003), grow("gen-b", 1002)] },
      "more than may be, and none": { topics: [grow("gen-b", 10_002), grow("nope", 2)] },
      "largest integer": { topics: [grow("gen-b", 2_147_483_647)] },
      "by hand, unknown broker": { topics: [grow("gen-b", 2, [[7]])] },
      "by hand, below zero": { topics: [grow("gen-b", 2, [[-1]])] },
      "by hand, unknown topic": { topics: [grow("nope", 2, [[7]])] },
      "by hand, too many": { topics: [grow("gen-b", 2, [[1], [1]])] },
      "by hand, fewer": { topics: [grow("gen-a", 2, [[1]])] },
      "by hand, good and bad": { topics: [grow("gen-a", 5, [[1], [1, 7]])] },
    }),
  );
}
