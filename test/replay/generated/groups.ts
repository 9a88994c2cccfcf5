import { joinGroup } from "../../../src/protocol/generated/join-group.ts";
import { syncGroup } from "../../../src/protocol/generated/sync-group.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, warmUp } from "../scenario.ts";
import { askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions about classic groups and committed offsets. */
export const madeUpGroups: Scenario = {
  name: "made up: groups",
  steps: [prepare, coordinators, joins, stable, commits, fetches, administration],
};

const UNKNOWN_ID = "ERERESIiMzNERFVVVVVVVQ";

/** The group with one member that most questions are about. */
const member = { groupId: "gen-group", memberId: "", generationId: 0, topicId: "" };

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  member.topicId = await makeTopic(replay, "gen-topic", { partitions: 2 });
  const joined = await replay.call(joinGroup, 3, joining({ groupId: member.groupId }));
  member.memberId = joined.memberId;
  member.generationId = joined.generationId;
  await replay.call(syncGroup, 3, {
    ...synced(),
    assignments: [{ memberId: joined.memberId, assignment: Buffer.from("all") }],
  });
}

function joining(changes: { groupId?: string }) {
  return {
    groupId: "gen-errors",
    // Long enough for a member that never sends a heartbeat.
    sessionTimeoutMs: 120_000,
    rebalanceTimeoutMs: 5000,
    memberId: "",
    groupInstanceId: null as string | null,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: Buffer.from("m") }],
    reason: null,
    ...changes,
  };
}

function synced() {
  return {
    groupId: member.groupId,
    generationId: member.generationId,
    memberId: member.memberId,
    groupInstanceId: null as string | null,
    protocolType: "consumer" as string | null,
    protocolName: "range" as string | null,
    assignments: [] as { memberId: string; assignment: Buffer }[],
  };
}

async function coordinators(replay: Replay): Promise<void> {
  const many = { keyType: 0, coordinatorKeys: ["a"] };
  await askInEveryVersion(replay, [
    ...variants(
      "FindCoordinator",
      { key: "a", keyType: 0 },
      { plain: {}, empty: { key: "" } },
      {
        upTo: 3,
      },
    ),
    ...variants(
      "FindCoordinator",
      { key: "a", keyType: 0 },
      { "key type 3": { keyType: 3 }, "key type -1": { keyType: -1 } },
      { from: 1, upTo: 3 },
    ),
    ...variants(
      "FindCoordinator",
      many,
      {
        several: { coordinatorKeys: ["a", "", "b", "a"] },
        "key type 3": { keyType: 3 },
        "key type -1": { keyType: -1 },
      },
      { from: 4 },
    ),
  ]);
}

async function joins(replay: Replay): Promise<void> {
  const protocol = (name: string) => ({ name, metadata: Buffer.from("m") });
  await askInEveryVersion(
    replay,
    variants("JoinGroup", joining({}), {
      "empty group": { groupId: "" },
      "session timeout 0": { sessionTimeoutMs: 0 },
      "session timeout -1": { sessionTimeoutMs: -1 },
      "session timeout 5999": { sessionTimeoutMs: 5999 },
      "session timeout 1800001": { sessionTimeoutMs: 1_800_001 },
      "unknown member": { memberId: "who" },
      "no protocols": { protocols: [] },
      "empty protocol type": { protocolType: "" },
      "unknown member of a stable group": { groupId: member.groupId, memberId: "who" },
      "other type in a stable group": { groupId: member.groupId, protocolType: "connect" },
      "no common protocol": { groupId: member.groupId, protocols: [protocol("other")] },
      "empty group before bad timeout": { groupId: "", sessionTimeoutMs: 0 },
    }),
  );
  await askInEveryVersion(
    replay,
    variants(
      "JoinGroup",
      joining({}),
      {
        "unknown static member with an id": { memberId: "who", groupInstanceId: "i" },
        "static, no protocols": { groupInstanceId: "i", protocols: [] },
      },
      { from: 5 },
    ),
  );
}

/** A stable group of one: what a member, a stranger and an old generation hear. */
async function stable(replay: Replay): Promise<void> {
  const { groupId, memberId, generationId } = member;
  const alive = { groupId, generationId, memberId };
  const fromStatic = { from: 3 };
  await askInEveryVersion(replay, [
    ...variants("Heartbeat", alive, {
      plain: {},
      "generation -1": { generationId: -1 },
      "older generation": { generationId: generationId - 1 },
      "empty member": { memberId: "" },
      "empty group": { groupId: "" },
      "empty group, unknown member": { groupId: "", memberId: "who" },
    }),
    ...variants(
      "Heartbeat",
      { ...alive, groupInstanceId: "i" },
      { "unknown instance": {}, "unknown instance and member": { memberId: "who" } },
      fromStatic,
    ),
    ...variants("SyncGroup", synced(), {
      "again when stable": {},
      "older generation": { generationId: generationId - 1 },
      "generation -1": { generationId: -1 },
      "empty member": { memberId: "" },
      "empty group": { groupId: "" },
      "unknown group": { groupId: "nope" },
    }),
    ...variants(
      "SyncGroup",
      synced(),
      {
        "other type": { protocolType: "connect" },
        "other protocol": { protocolName: "other" },
        "no type, no protocol": { protocolType: null, protocolName: null },
        "unknown member, other type": { memberId: "who", protocolType: "connect" },
      },
      { from: 5 },
    ),
    ...variants(
      "SyncGroup",
      { ...synced(), groupInstanceId: "i" },
      { "unknown instance": {} },
      fromStatic,
    ),
    ...variants(
      "LeaveGroup",
      { groupId, memberId: "who" },
      {
        "unknown member": {},
        "empty member": { memberId: "" },
        "unknown group": { groupId: "nope" },
        "empty group": { groupId: "" },
      },
      { upTo: 2 },
    ),
    ...variants(
      "LeaveGroup",
      { groupId, members: [] as unknown[] },
      {
        nobody: {},
        "nobody, unknown group": { groupId: "nope" },
        "several strangers": {
          members: [
            { memberId: "who" },
            { memberId: "", groupInstanceId: "i" },
            { memberId: "who", groupInstanceId: "i" },
            { memberId: "" },
          ],
        },
        "empty group": { groupId: "", members: [{ memberId: "who" }] },
      },
      fromStatic,
    ),
  ]);
}

function commit(partitions: readonly object[], name = "gen-topic") {
  const topicId = name === "gen-topic" ? member.topicId : UNKNOWN_ID;
  const base = { partitionIndex: 0, committedOffset: 5, committedMetadata: "m" };
  return { name, topicId, partitions: partitions.map((changes) => ({ ...base, ...changes })) };
}

async function commits(replay: Replay): Promise<void> {
  const { groupId, memberId, generationId } = member;
  const base = {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    topics: [commit([{}])],
  };
  await askInEveryVersion(
    replay,
    variants("OffsetCommit", base, {
      plain: {},
      "generation -1": { generationIdOrMemberEpoch: -1 },
      "no member, generation -1": { generationIdOrMemberEpoch: -1, memberId: "" },
      "generation 0": { generationIdOrMemberEpoch: 0 },
      "empty member": { memberId: "" },
      "unknown group, a generation": { groupId: "nope-1" },
      "unknown group, no generation": {
        groupId: "gen-simple",
        generationIdOrMemberEpoch: -1,
        memberId: "",
      },
      nothing: { topics: [] },
      "some bad": {
        topics: [commit([{}, { partitionIndex: 9 }, { partitionIndex: -1 }]), commit([{}], "nope")],
      },
      "same partition twice": { topics: [commit([{}, { committedOffset: 6 }])] },
      "negative offset": { topics: [commit([{ committedOffset: -5 }])] },
      "long metadata beside a good one": {
        topics: [commit([{}, { partitionIndex: 1, committedMetadata: "x".repeat(5000) }])],
      },
      "topic without partitions": { topics: [commit([])] },
    }),
  );
}

async function fetches(replay: Replay): Promise<void> {
  const { groupId, topicId } = member;
  const topics = (name = "gen-topic", partitionIndexes = [1, 0, 9, -1]) => [
    { name, topicId: name === "gen-topic" ? topicId : UNKNOWN_ID, partitionIndexes },
  ];
  const one = { groupId, topics: topics(), requireStable: false };
  const group = { groupId, memberId: null as string | null, memberEpoch: -1, topics: topics() };
  await askInEveryVersion(replay, [
    ...variants(
      "OffsetFetch",
      one as { groupId: string; topics: unknown[]; requireStable: boolean },
      {
        "partitions in any order": {},
        "unknown topic": { topics: topics("nope") },
        "topic without partitions": { topics: topics("gen-topic", []) },
        "same partition twice": { topics: topics("gen-topic", [0, 0]) },
        "no topics": { topics: [] },
        "empty group": { groupId: "" },
      },
      { upTo: 7 },
    ),
    ...variants(
      "OffsetFetch",
      { groups: [group] as unknown[], requireStable: false },
      {
        "partitions in any order": {},
        "require stable": { requireStable: true },
        "no groups": { groups: [] },
        "same group twice": { groups: [group, group] },
        "some unknown": {
          groups: [
            { ...group, groupId: "nope" },
            { ...group, topics: topics("nope") },
            { ...group, topics: [] },
          ],
        },
        "topic without partitions": { groups: [{ ...group, topics: topics("gen-topic", []) }] },
      },
      { from: 8 },
    ),
    ...variants(
      "OffsetFetch",
      { groups: [] as unknown[], requireStable: false },
      {
        "empty member, epoch 0": { groups: [{ ...group, memberId: "", memberEpoch: 0 }] },
        "unknown member, unknown group": {
          groups: [{ ...group, groupId: "nope", memberId: "who", memberEpoch: 1 }],
        },
      },
      { from: 9 },
    ),
  ]);
}

async function administration(replay: Replay): Promise<void> {
  const deletion = (name: string, ...partitions: number[]) => ({
    name,
    partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
  });
  const filters = { statesFilter: [] as string[], typesFilter: [] as string[] };
  await askInEveryVersion(replay, [
    ...variants(
      "DescribeGroups",
      { groups: ["gen-group"], includeAuthorizedOperations: false },
      {
        stable: {},
        "same twice": { groups: ["gen-group", "gen-group"] },
        nothing: { groups: [] },
        "empty name": { groups: [""] },
        "empty group with commits": { groups: ["gen-simple"] },
        operations: { groups: ["gen-group", "nope"], includeAuthorizedOperations: true },
      },
    ),
    ...variants(
      "ListGroups",
      filters,
      {
        "lower case state": { statesFilter: ["stable"] },
        "two states": { statesFilter: ["PreparingRebalance", "Stable"] },
        "bad beside good state": { statesFilter: ["Stable", "nonsense"] },
      },
      { from: 4 },
    ),
    ...variants(
      "ListGroups",
      filters,
      {
        "classic and stable": { statesFilter: ["Stable"], typesFilter: ["Classic"] },
        "upper case type": { statesFilter: ["Stable"], typesFilter: ["CLASSIC"] },
        "consumer type": { typesFilter: ["consumer"] },
        "bad beside good type": { statesFilter: ["Stable"], typesFilter: ["classic", "nonsense"] },
      },
      { from: 5 },
    ),
    ...variants(
      "DeleteGroups",
      { groupsNames: ["gen-group"] },
      {
        active: {},
        nothing: { groupsNames: [] },
        "unknown twice": { groupsNames: ["nope", "nope"] },
      },
    ),
    ...variants(
      "OffsetDelete",
      { groupId: "gen-simple", topics: [deletion("gen-topic", 9)] },
      {
        "unknown partition": {},
        "never committed": { topics: [deletion("gen-topic", 1)] },
        committed: { topics: [deletion("gen-topic", 0)] },
        "same twice": { topics: [deletion("gen-topic", 0, 0)] },
        nothing: { topics: [] },
        "active group": { groupId: "gen-group", topics: [deletion("gen-topic", 0)] },
        "empty group name": { groupId: "", topics: [deletion("gen-topic", 0)] },
      },
    ),
  ]);
}
