import { consumerGroupHeartbeat } from "../../../src/protocol/generated/consumer-group-heartbeat.ts";
import { joinGroup } from "../../../src/protocol/generated/join-group.ts";
import { leaveGroup } from "../../../src/protocol/generated/leave-group.ts";
import { Writer } from "../../../src/protocol/writer.ts";
import type { Replay } from "../replay.ts";
import { eventually, makeTopic, type Scenario, sleep, warmUp } from "../scenario.ts";

/** Consumer groups (KIP-848): one member's life, errors, static members, regular expressions. */
export const consumerGroups: Scenario = {
  name: "consumer groups",
  isTimed: true,
  steps: [
    warmUp,
    prepare,
    joinErrors,
    oneMember,
    administration,
    offsets,
    leaving,
    staticMembers,
    regularExpressions,
    upgrades,
  ],
};

/** The same, two members through a rebalance: more than an assignment interval between the steps. */
export const consumerGroupRebalance: Scenario = {
  name: "consumer groups: a rebalance",
  isTimed: true,
  steps: [warmUp, prepare, twoMembers, anotherSubscription],
};

/** A little more than `group.consumer.assignment.interval.ms`. */
const INTERVAL_MS = 1100;

const FIRST = "A".repeat(22);
const SECOND = "B".repeat(22);

async function prepare(replay: Replay): Promise<void> {
  const kip848 = await makeTopic(replay, "kip848", { partitions: 6 });
  const kip848b = await makeTopic(replay, "kip848b", { partitions: 2 });
  replay.adopt("topic", topicOf(recorded(replay, "owns-all-partitions").topicPartitions), kip848);
  const answer = replay.recordedAnswer("ConsumerGroupHeartbeat", 1, "static-join") as {
    readonly assignment: { readonly topicPartitions: readonly { readonly topicId: string }[] };
  };
  replay.adopt("topic", topicOf(answer.assignment.topicPartitions), kip848b);
}

function recorded(replay: Replay, name: string) {
  return replay.recordedRequest("ConsumerGroupHeartbeat", 1, name) as {
    readonly topicPartitions: readonly { readonly topicId: string }[];
  };
}

function topicOf(topics: readonly { readonly topicId: string }[]): string {
  return topics[0]?.topicId ?? "";
}

function heartbeats(replay: Replay, names: readonly string[]): Promise<void> {
  return replay.replayAll("ConsumerGroupHeartbeat", 1, names);
}

function join(replay: Replay, groupId: string, memberId: string) {
  return replay.call(consumerGroupHeartbeat, 1, {
    groupId,
    memberId,
    memberEpoch: 0,
    rebalanceTimeoutMs: 5000,
    subscribedTopicNames: ["kip848"],
    topicPartitions: [],
  });
}

/** The recorded groups were there from other probes: used once, and empty again. */
async function usedClassicGroup(replay: Replay, groupId: string): Promise<void> {
  const request = {
    groupId,
    sessionTimeoutMs: 120_000,
    rebalanceTimeoutMs: 10_000,
    memberId: "",
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: Buffer.from("m") }],
  };
  const { memberId } = await replay.call(joinGroup, 3, request);
  await replay.call(leaveGroup, 2, { groupId, memberId });
}

async function joinErrors(replay: Replay): Promise<void> {
  await replay.replay("ConsumerGroupHeartbeat", 0, "v0-join-no-member-id");
  await heartbeats(replay, [
    "v1-join-no-member-id",
    "join-no-rebalance-timeout",
    "join-no-subscription",
    "join-null-owned",
    "join-unknown-assignor",
    "empty-group-id",
    "unknown-group-epoch-5",
    "bad-regex",
  ]);
}

async function oneMember(replay: Replay): Promise<void> {
  await join(replay, "c1", FIRST);
  await heartbeats(replay, [
    "delta-nothing-changed",
    "owns-all-partitions",
    "epoch-too-new",
    "unknown-member",
    "full-heartbeat-same",
  ]);
  // Within the assignment interval: the second has nothing yet, and the first does not notice.
  await join(replay, "c1", SECOND);
  await heartbeats(replay, ["steady"]);
}

/** Of a list of groups those that this scenario made. */
function ownGroups(answer: unknown): unknown {
  const { groups, ...rest } = answer as {
    readonly groups: readonly { readonly groupId: string }[];
  };
  return { ...rest, groups: groups.filter(({ groupId }) => /^c[01]$/.test(groupId)) };
}

async function administration(replay: Replay): Promise<void> {
  await usedClassicGroup(replay, "g3");
  await replay.replay("ConsumerGroupDescribe", 0, "stable-and-unknown");
  await replay.replay("ConsumerGroupDescribe", 1, "consumer-and-classic");
  await replay.replay("DescribeGroups", 6, "consumer-group-asked-as-classic");
  await replay.replay("ListGroups", 5, "type-consumer", { part: ownGroups });
  await replay.replay("ListGroups", 3, "includes-consumer-type", { part: ownGroups });
}

async function offsets(replay: Replay): Promise<void> {
  const inV9 = ["ok", "stale-epoch", "future-epoch"].map((name) => `consumer-group-${name}`);
  await replay.replayAll("OffsetCommit", 9, inV9);
  const inV8 = ["consumer-group-stale-epoch", "consumer-group-ok-old-version"];
  await replay.replayAll("OffsetCommit", 8, inV8);
  const strangers = ["no-member", "unknown-member"].map((name) => `consumer-group-${name}`);
  await replay.replayAll("OffsetCommit", 9, strangers);
  const fetches = ["ok", "stale-epoch", "unknown-member", "no-member"];
  await replay.replayAll(
    "OffsetFetch",
    9,
    fetches.map((name) => `consumer-group-${name}`),
  );
  await replay.replay("OffsetFetch", 10, "consumer-group-ok");
}

async function leaving(replay: Replay): Promise<void> {
  await replay.call(consumerGroupHeartbeat, 1, {
    groupId: "c1",
    memberId: FIRST,
    memberEpoch: 2,
    subscribedTopicNames: ["kip848", "kip848b", "nope"],
  });
  await heartbeats(replay, ["add-regex"]);
  await replay.replay("JoinGroup", 9, "classic-join-to-consumer-group");
  await replay.replay("DeleteGroups", 3, "consumer-group-not-empty");
  await replay.call(consumerGroupHeartbeat, 1, {
    groupId: "c1",
    memberId: SECOND,
    memberEpoch: -1,
  });
  await heartbeats(replay, [
    "leave-again",
    "static-leave-of-dynamic-member",
    "epoch-minus-3",
    "last-leaves",
  ]);
  await replay.replay("ConsumerGroupDescribe", 1, "empty");
}

async function staticMembers(replay: Replay): Promise<void> {
  await heartbeats(replay, [
    "static-join",
    "static-instance-in-use",
    "static-leave",
    "static-rejoin-other-member-id",
    "static-old-member",
  ]);
}

async function regularExpressions(replay: Replay): Promise<void> {
  await heartbeats(replay, ["regex-join"]);
  await sleep(INTERVAL_MS);
  await heartbeats(replay, ["regex-next-heartbeat"]);
}

async function upgrades(replay: Replay): Promise<void> {
  await usedClassicGroup(replay, "g-v9");
  await heartbeats(replay, ["join-classic-group-not-empty"]);
  const subscription = new Writer();
  subscription.int16(1);
  subscription.int32(1);
  subscription.string("kip848");
  subscription.int32(-1);
  subscription.int32(0);
  await eventually(
    () =>
      replay.call(joinGroup, 2, {
        groupId: "gclassic",
        sessionTimeoutMs: 120_000,
        rebalanceTimeoutMs: 10_000,
        memberId: "",
        protocolType: "consumer",
        protocols: [{ name: "range", metadata: subscription.toBuffer() }],
      }),
    ({ errorCode }) => errorCode === 0,
  );
  // The classic member's id is another in each run, and with it which half of the partitions it has.
  await replay.replay("ConsumerGroupHeartbeat", 1, "join-active-classic-group-online-upgrade", {
    part: howMany,
  });
}

/** An answer with the number of partitions in the place of each list of them. */
function howMany(answer: unknown): unknown {
  const { assignment, ...rest } = answer as {
    readonly assignment: {
      readonly topicPartitions: readonly { readonly partitions: readonly number[] }[];
    };
  };
  return {
    ...rest,
    partitions: assignment.topicPartitions.map(({ partitions }) => partitions.length),
  };
}

async function twoMembers(replay: Replay): Promise<void> {
  await heartbeats(replay, ["join"]);
  await sleep(INTERVAL_MS);
  await heartbeats(replay, ["steady-after-join", "second-joins"]);
  await replay.replay("ConsumerGroupDescribe", 1, "reconciling");
  await heartbeats(replay, ["first-told-to-revoke", "second-waits"]);
  await replay.replay("ConsumerGroupDescribe", 1, "first-is-revoking");
  await heartbeats(replay, [
    "first-still-owns-all",
    "first-revoked",
    "second-gets-rest",
    "second-owns-rest",
    "previous-epoch-and-subset",
    "previous-epoch-not-subset",
    "previous-epoch-null-owned",
  ]);
  await replay.replay("ConsumerGroupDescribe", 1, "stable-two-members");
}

async function anotherSubscription(replay: Replay): Promise<void> {
  await sleep(INTERVAL_MS);
  await heartbeats(replay, ["change-subscription"]);
  await sleep(INTERVAL_MS);
  await heartbeats(replay, ["change-subscription-next", "leave"]);
  await sleep(INTERVAL_MS);
  await heartbeats(replay, ["after-other-left"]);
}
