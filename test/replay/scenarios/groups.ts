import { findCoordinator as coordinatorApi } from "../../../src/protocol/generated/find-coordinator.ts";
import { joinGroup } from "../../../src/protocol/generated/join-group.ts";
import { leaveGroup } from "../../../src/protocol/generated/leave-group.ts";
import { syncGroup } from "../../../src/protocol/generated/sync-group.ts";
import type { Connection } from "../connection.ts";
import type { Replay } from "../replay.ts";
import {
  eventually,
  joining,
  makeTopic,
  range,
  type Scenario,
  sleep,
  warmUp,
} from "../scenario.ts";

/** Classic groups: coordinators, joins, static members, committed offsets, administration. */
export const groups: Scenario = {
  name: "classic groups",

  steps: [
    warmUp,
    prepare,
    earlierRun,
    findCoordinator,
    membersOfOne,
    fetchOffsets,
    joinErrors,
    syncErrors,
    membersOfTwo,
    administration,
    leave,
    staticMember,
    twoMembersInSync,
  ],
};

interface Joined {
  readonly memberId: string;
  readonly generationId: number;
}

interface Member {
  readonly group: string;
  readonly memberId?: string;
  readonly instanceId?: string;
  readonly protocols?: readonly (readonly [name: string, metadata: string])[];
}

function join(replay: Replay, version: number, member: Member, connection?: Connection) {
  const protocols = member.protocols ?? [["range", "\0\u0001meta"]];
  const request = {
    groupId: member.group,
    sessionTimeoutMs: 120_000,
    rebalanceTimeoutMs: 10_000,
    memberId: member.memberId ?? "",
    groupInstanceId: member.instanceId ?? null,
    protocolType: "consumer",
    protocols: protocols.map(([name, metadata]) => ({ name, metadata: Buffer.from(metadata) })),
    reason: null,
  };
  return replay.call(joinGroup, version, request, connection);
}

function sync(
  replay: Replay,
  member: Member & Joined,
  assignments: Readonly<Record<string, string>>,
  connection?: Connection,
) {
  const request = {
    groupId: member.group,
    generationId: member.generationId,
    memberId: member.memberId,
    groupInstanceId: member.instanceId ?? null,
    protocolType: "consumer",
    protocolName: "range",
    assignments: Object.entries(assignments).map(([memberId, assignment]) => ({
      memberId,
      assignment: Buffer.from(assignment),
    })),
  };
  return replay.call(syncGroup, 5, request, connection);
}

function leaveAs(replay: Replay, groupId: string, memberId: string, instanceId: string | null) {
  const members = [{ memberId, groupInstanceId: instanceId, reason: null }];
  return replay.call(leaveGroup, 5, { groupId, members });
}

function recordedTopicId(replay: Replay): string {
  const request = replay.recordedRequest("OffsetCommit", 10, "ok");
  return (request as { topics: { topicId: string }[] }).topics[0]?.topicId ?? "";
}

async function prepare(replay: Replay): Promise<void> {
  const topicId = await makeTopic(replay, "grp", { partitions: 4 });
  replay.adopt("topic", recordedTopicId(replay), topicId);
}

/** The recording ran twice on one broker: some groups had been used, and were empty again. */
async function earlierRun(replay: Replay): Promise<void> {
  for (const group of ["g-v0", "g-v2", "g-v4", "g-v6", "g-v8", "gs"]) {
    const { memberId } = await join(replay, 3, { group });
    await leaveAs(replay, group, memberId, null);
  }
  const group = "gst";
  const instanceId = "i1";
  const first = await join(replay, 9, { group, instanceId });
  await sync(replay, { group, instanceId, ...first }, { [first.memberId]: "q" });
  const again = await join(replay, 9, { group, instanceId });
  const changed: Member = {
    group,
    instanceId,
    memberId: again.memberId,
    protocols: [["range", "changed"]],
  };
  await join(replay, 8, changed);
  await leaveAs(replay, group, "", instanceId);
}

async function findCoordinator(replay: Replay): Promise<void> {
  for (const version of range(0, 6)) {
    await replay.replay("FindCoordinator", version, "group");
    if (version > 0) await replay.replay("FindCoordinator", version, "transaction");
  }
  await replay.replayAll("FindCoordinator", 3, ["empty-key", "bad-key-type"]);
  await replay.replay("FindCoordinator", 4, "no-keys");
  await replay.replay("FindCoordinator", 6, "share-bad-key");
  await replay.replay("FindCoordinator", 5, "share-in-v5");
  await settledShareCoordinator(replay);
  await replay.replay("FindCoordinator", 6, "share");
}

/** Kafka makes the topic of the share coordinator at its first use. */
async function settledShareCoordinator(replay: Replay): Promise<void> {
  const request = replay.recordedRequest("FindCoordinator", 6, "share") as {
    keyType: number;
    coordinatorKeys: string[];
  };
  await eventually(
    () => replay.call(coordinatorApi, 6, request),
    (answer) => answer.coordinators.every(({ errorCode }) => errorCode !== 15),
  );
}

async function membersOfOne(replay: Replay): Promise<void> {
  for (const version of range(0, 9)) {
    const group = `g-v${version}`;
    const needsId = version >= 4;
    let joined = (await replay.replay("JoinGroup", version, "first-no-member-id")) as Joined;
    if (needsId) {
      joined = (await replay.replay("JoinGroup", version, "second-with-member-id")) as Joined;
    }
    if (version <= 5) await replay.replay("SyncGroup", version, "leader");
    else await sync(replay, { group, ...joined }, { [joined.memberId]: "\0\u0001assign" });
    if (version <= 4) {
      await replay.replayAll("Heartbeat", version, [
        "ok",
        "wrong-generation",
        "unknown-member",
        "unknown-group",
      ]);
    }
    if (version >= 2) {
      await replay.replayAll("OffsetCommit", version, ["ok", "wrong-generation", "unknown-member"]);
    }
  }
  await replay.replayAll("OffsetCommit", 10, ["ok", "unknown-topic-id"]);
  await replay.replayAll("OffsetCommit", 9, [
    "metadata-4096",
    "metadata-4097",
    "unknown-topic",
    "unknown-partition",
    "offset-minus-1",
    "null-metadata",
    "simple-consumer-new-group",
    "member-of-unknown-group",
    "simple-commit-to-active-group",
    "empty-group-id",
  ]);
  await replay.replay("OffsetCommit", 2, "simple-consumer");
}

async function fetchOffsets(replay: Replay): Promise<void> {
  for (const version of range(1, 10)) {
    await replay.replay("OffsetFetch", version, "some");
    if (version >= 2) await replay.replay("OffsetFetch", version, "all-topics");
    if (version < 8) await replay.replay("OffsetFetch", version, "unknown-group");
  }
  await replay.replay("OffsetFetch", 9, "member-epoch-on-classic-group");
  await replay.replay("OffsetFetch", 8, "empty-group-id");
}

async function joinErrors(replay: Replay): Promise<void> {
  await replay.replayAll("JoinGroup", 9, [
    "session-timeout-5999",
    "session-timeout-1800001",
    "empty-group-id",
    "unknown-member-id-new-group",
    "unknown-member-id",
    "no-protocols",
    "empty-protocol-type",
  ]);
  await replay.replay("JoinGroup", 5, "no-protocols");
  await replay.replayAll("JoinGroup", 9, [
    "other-protocol-type-active-group",
    "no-common-protocol",
  ]);
  await replay.replay("JoinGroup", 3, "no-common-protocol");
  await replay.replay("JoinGroup", 9, "rebalance-timeout-minus-1");
}

async function syncErrors(replay: Replay): Promise<void> {
  const { memberId } = await join(replay, 3, { group: "gs" });
  adoptMember(replay, ["Heartbeat", 4, "while-awaiting-sync"], memberId);
  await replay.replay("Heartbeat", 4, "while-awaiting-sync");
  await replay.replay("DescribeGroups", 6, "completing-rebalance");
  await replay.replayAll("SyncGroup", 5, [
    "wrong-generation",
    "unknown-member",
    "wrong-protocol-type",
    "wrong-protocol-name",
    "empty-group",
    "unknown-group",
    "leader-empty-assignments",
    "repeat-when-stable",
  ]);
}

/** The member that a recorded request speaks for is, in this run, `memberId`. */
function adoptMember(
  replay: Replay,
  [api, version, name]: readonly [string, number, string],
  memberId: string,
): void {
  const request = replay.recordedRequest(api, version, name) as { memberId: string };
  replay.adopt("member", request.memberId, memberId);
}

async function membersOfTwo(replay: Replay): Promise<void> {
  const group = "g2";
  const leaderConnection = await replay.connect();
  const followerConnection = await replay.connect();
  const protocols = [
    ["range", "A"],
    ["rr", "A2"],
  ] as const;
  const { memberId } = await join(replay, 9, { group }, leaderConnection);
  const leader = { group, memberId, protocols };
  const joined = await join(replay, 9, leader, leaderConnection);
  await sync(replay, { ...leader, ...joined }, { [memberId]: "x" }, leaderConnection);
  const follower = await join(replay, 9, { group }, followerConnection);
  adoptMember(replay, ["JoinGroup", 9, "leader-two-members"], memberId);
  adoptMember(replay, ["JoinGroup", 9, "follower-two-members"], follower.memberId);

  const rejoined = replay.replay("JoinGroup", 9, "follower-two-members", {
    on: followerConnection,
  });
  await joining(replay, group);
  await replay.replay("Heartbeat", 4, "rebalance-in-progress");
  await replay.replay("OffsetCommit", 9, "during-preparing-rebalance");
  await replay.replay("SyncGroup", 5, "during-rebalance");
  await replay.replay("DescribeGroups", 6, "preparing-rebalance");
  await replay.replay("JoinGroup", 9, "leader-two-members", { on: leaderConnection });
  await rejoined;
  await replay.replay("OffsetCommit", 9, "during-completing-rebalance");
}

async function administration(replay: Replay): Promise<void> {
  await replay.replayAll("DescribeGroups", range(0, 6), "stable-unknown-empty");
  await replay.replayAll("ListGroups", range(0, 5), "stable");
  await replay.replayAll("ListGroups", 5, ["bad-state", "type-classic", "bad-type"]);
  await replay.replayAll("DeleteGroups", range(0, 3), "not-empty-and-unknown");
  await replay.replayAll("OffsetDelete", 0, [
    "subscribed-topic-active-group",
    "ok",
    "unknown-group",
  ]);
}

async function leave(replay: Replay): Promise<void> {
  await replay.replayAll("LeaveGroup", range(0, 5), "unknown-member");
  await replay.replayAll("LeaveGroup", [5, 2], "unknown-group");
  await replay.replayAll("LeaveGroup", [5, 2], "ok");
  await replay.replay("LeaveGroup", 5, "no-members");
  await replay.replay("DescribeGroups", 6, "after-all-left");
  await replay.replayAll("DeleteGroups", range(0, 3), "ok");
}

async function staticMember(replay: Replay): Promise<void> {
  await replay.replay("JoinGroup", 9, "static-first");
  await replay.replay("SyncGroup", 5, "static");
  await replay.replay("JoinGroup", 9, "static-rejoin-no-member-id");
  for (const [api, version] of [
    ["Heartbeat", 4],
    ["JoinGroup", 9],
    ["SyncGroup", 5],
    ["OffsetCommit", 9],
  ] as const) {
    await replay.replay(api, version, "static-old-member-fenced");
  }
  await replay.replay("JoinGroup", 8, "static-rejoin-v8");
  await replay.replay("LeaveGroup", 5, "static-by-instance-id");
}

/** Two members through a whole rebalance, the follower asking for its assignment first. */
async function twoMembersInSync(replay: Replay): Promise<void> {
  const group = "g3";
  const protocols = [["range", "A"]] as const;
  const leaderConnection = await replay.connect();
  const followerConnection = await replay.connect();
  const { memberId } = await join(replay, 9, { group, protocols }, leaderConnection);
  const leader = { group, memberId, protocols };
  const first = await join(replay, 9, leader, leaderConnection);
  await sync(replay, { ...leader, ...first }, { [memberId]: "x" }, leaderConnection);
  const follower = await join(replay, 9, { group, protocols }, followerConnection);
  const followerJoins = join(
    replay,
    9,
    { group, memberId: follower.memberId, protocols },
    followerConnection,
  );
  await joining(replay, group);
  await join(replay, 9, leader, leaderConnection);
  await followerJoins;
  adoptMember(replay, ["SyncGroup", 5, "leader-two-members"], memberId);
  adoptMember(replay, ["SyncGroup", 5, "follower-waits-for-leader"], follower.memberId);

  const followerSyncs = replay.replay("SyncGroup", 5, "follower-waits-for-leader", {
    on: followerConnection,
  });
  await sleep(200);
  await replay.replay("SyncGroup", 5, "leader-two-members", { on: leaderConnection });
  await followerSyncs;
  await replay.replay("JoinGroup", 9, "follower-rejoin-unchanged-stable", { on: leaderConnection });
  await replay.replay("DescribeGroups", 6, "two-members-stable");
  await replay.replay("LeaveGroup", 5, "two-members");
}
