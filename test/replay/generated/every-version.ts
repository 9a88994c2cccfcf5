import { consumerGroupHeartbeat } from "../../../src/protocol/generated/consumer-group-heartbeat.ts";
import { offsetCommit } from "../../../src/protocol/generated/offset-commit.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, range, type Scenario, settled, warmUp } from "../scenario.ts";
import { askInEveryVersion, variants } from "./asked.ts";

/** What groups of both protocols, and of none, are to those who ask in any version. */
export const madeUpEveryVersion: Scenario = {
  name: "made up: every version",
  steps: [prepare, groups, offsets, deletions, replicas],
};

const MODERN = "ev-modern";
const EMPTY = "ev-offsets";
const everyGroup = [MODERN, EMPTY, "ev-nobody"];

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  await makeTopic(replay, "ev-topic", { partitions: 2 });
  await replay.call(consumerGroupHeartbeat, 1, {
    groupId: MODERN,
    memberId: "M".repeat(22),
    memberEpoch: 0,
    instanceId: null,
    rackId: "a rack",
    rebalanceTimeoutMs: 60_000,
    subscribedTopicNames: ["ev-topic"],
    subscribedTopicRegex: null,
    serverAssignor: null,
    topicPartitions: [],
  });
  const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: "" }];
  await replay.call(offsetCommit, 8, {
    groupId: EMPTY,
    generationIdOrMemberEpoch: -1,
    memberId: "",
    groupInstanceId: null,
    topics: [{ name: "ev-topic", partitions }],
  });
}

async function groups(replay: Replay): Promise<void> {
  const described = { groups: everyGroup, includeAuthorizedOperations: false };
  const modern = { groupIds: everyGroup, includeAuthorizedOperations: false };
  const listed = { statesFilter: [] as string[], typesFilter: [] as string[] };
  await askInEveryVersion(replay, [
    ...variants("DescribeGroups", described, {
      "groups of all kinds": {},
      "a group twice": { groups: [MODERN, MODERN] },
    }),
    ...variants(
      "DescribeGroups",
      described,
      { "what may be done with groups": { includeAuthorizedOperations: true } },
      { from: 3 },
    ),
    ...variants("ConsumerGroupDescribe", modern, {
      "groups of all kinds": {},
      "a group twice": { groupIds: [MODERN, MODERN] },
      "what may be done with groups": { includeAuthorizedOperations: true },
    }),
    ...variants("ListGroups", listed, { "groups of all kinds": {} }),
    ...variants(
      "ListGroups",
      listed,
      {
        "those without members": { statesFilter: ["Empty"] },
        "those that assign": { statesFilter: ["assigning", "RECONCILING"] },
        "a state that is empty": { statesFilter: [""] },
      },
      { from: 4 },
    ),
    ...variants(
      "ListGroups",
      listed,
      {
        "types of all kinds": { typesFilter: ["classic", "consumer"] },
        "a type that is empty": { typesFilter: [""] },
        "of another type without members": { statesFilter: ["Empty"], typesFilter: ["consumer"] },
      },
      { from: 5 },
    ),
    ...variants("DeleteGroups", { groupsNames: [MODERN] }, { "with a modern member": {} }),
  ]);
}

/** A classic client in a group of the consumer protocol, and commits beside its members. */
async function offsets(replay: Replay): Promise<void> {
  const member = { groupId: MODERN, generationId: 1, memberId: "", groupInstanceId: null };
  const stranger = "a member that nobody knows";
  const nobody = null as string | null;
  const leaving = { memberId: stranger, groupInstanceId: nobody, reason: nobody };
  const topics = [{ name: "ev-topic", partitions: [{ partitionIndex: 0 }] }];
  await askInEveryVersion(replay, [
    ...variants("Heartbeat", member, {
      "in a modern group": {},
      "in a modern group, a stranger": { memberId: stranger },
      "in a group of offsets": { groupId: EMPTY, memberId: stranger },
    }),
    ...variants(
      "SyncGroup",
      { ...member, protocolType: "consumer", protocolName: "range", assignments: [] },
      {
        "in a modern group": {},
        "in a modern group, a stranger": { memberId: stranger },
        "in a group of offsets": { groupId: EMPTY, memberId: stranger },
      },
    ),
    ...variants(
      "LeaveGroup",
      { groupId: MODERN, memberId: stranger },
      {
        "a modern group, a stranger": {},
        "a group of offsets, a stranger": { groupId: EMPTY },
      },
      { upTo: 2 },
    ),
    ...variants(
      "LeaveGroup",
      { groupId: MODERN, members: [leaving] },
      {
        "a modern group, a stranger": {},
        "a modern group, nobody": { members: [] },
        "a modern group, an instance": {
          members: [{ ...leaving, memberId: "", groupInstanceId: "i" }],
        },
      },
      { from: 3 },
    ),
    ...variants(
      "OffsetDelete",
      { groupId: MODERN, topics },
      { "of a modern group": {}, "of a modern group, nothing": { topics: [] } },
    ),
  ]);
}

/** Topics that are there, in each version: once they are gone they are not. */
async function deletions(replay: Replay): Promise<void> {
  for (const version of range(1, 6)) {
    for (const name of [`ev-${version}-a`, `ev-${version}-b`]) await makeTopic(replay, name);
    await settled(replay);
    const names = [`ev-${version}-a`, "ev-none", `ev-${version}-b`];
    const request = {
      topicNames: names,
      topics: names.map((name) => ({ name })),
      timeoutMs: version === 3 ? 0 : 5000,
    };
    const where = { api: "DeleteTopics", version };
    await replay.ask({ ...where, case: "made-up: two, and none between" }, request);
    await settled(replay);
    await replay.ask({ ...where, case: "made-up: those that are gone" }, request);
  }
}

async function replicas(replay: Replay): Promise<void> {
  const listing = { timeoutMs: 5000, topics: [{ name: "ev-topic", partitionIndexes: [0, 1] }] };
  await askInEveryVersion(replay, [
    ...variants("ListPartitionReassignments", listing, {
      "of a topic": {},
      "no partitions": { topics: [{ name: "ev-topic", partitionIndexes: [] }] },
      "a partition twice": { topics: [{ name: "ev-topic", partitionIndexes: [1, 1] }] },
      "a partition below zero": { topics: [{ name: "ev-topic", partitionIndexes: [-1] }] },
      "of no topic": { topics: [{ name: "ev-none", partitionIndexes: [0] }] },
      "a topic without a name": { topics: [{ name: "", partitionIndexes: [0] }] },
    }),
  ]);
  for (const version of [0, 1, 2]) {
    for (const electionType of version === 0 ? [0] : [0, 1]) {
      const where = { api: "ElectLeaders", version, case: `made-up: everything, ${electionType}` };
      const everything = { electionType, topicPartitions: null, timeoutMs: 5000 };
      await replay.ask(where, everything, { part: ofOwnTopics });
    }
  }
}

/** Kafka names all topics in the order of a hash table, those of transactions among them. */
function ofOwnTopics(answer: unknown): unknown {
  const { replicaElectionResults, ...rest } = answer as {
    readonly replicaElectionResults: readonly { readonly topic: string }[];
  };
  const own = replicaElectionResults.filter(({ topic }) => topic.startsWith("ev-"));
  return { ...rest, replicaElectionResults: own.toSorted((a, b) => (a.topic < b.topic ? -1 : 1)) };
}
