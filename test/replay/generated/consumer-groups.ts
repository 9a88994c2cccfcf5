import { incrementalAlterConfigs } from "../../../src/protocol/generated/incremental-alter-configs.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, sleep, warmUp } from "../scenario.ts";
import { askInEveryVersion, variants } from "./asked.ts";
import { ClassicMember, Member, subscription } from "./consumer-group-members.ts";

/** Made-up questions about consumer groups, and stories of their members (KIP-848). */
export const madeUpConsumerGroups: Scenario = {
  name: "made up: consumer groups",
  steps: [
    prepare,
    errors,
    threeMembers,
    ranges,
    differentTopics,
    staticMembers,
    growingTopic,
    committing,
    patterns,
    upgradeAndDowngrade,
    classicInConsumerGroup,
  ],
};

const GROUP_RESOURCE = 32;
const SET = 0;

const GROUPS = [
  "cg-errors",
  "cg-three",
  "cg-range",
  "cg-topics",
  "cg-static",
  "cg-grow",
  "cg-commit",
  "cg-regex",
  "cg-up",
  "cg-mixed",
];

/** The topics' ids in this run. */
const ids = { orders: "", bills: "" };

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  ids.orders = await makeTopic(replay, "cg-orders", { partitions: 7 });
  ids.bills = await makeTopic(replay, "cg-bills", { partitions: 3 });
  // Nobody waits for the next assignment.
  const configs = [
    { name: "consumer.assignment.interval.ms", configOperation: SET, value: "0" },
    { name: "consumer.heartbeat.interval.ms", configOperation: SET, value: "6000" },
  ];
  await replay.call(incrementalAlterConfigs, 1, {
    resources: GROUPS.map((resourceName) => ({
      resourceType: GROUP_RESOURCE,
      resourceName,
      configs,
    })),
    validateOnly: false,
  });
}

/** Lets all take turns: what one gives up another gets. */
async function rounds(members: readonly Member[], count: number): Promise<void> {
  for (let round = 0; round < count; round++) for (const member of members) await member.beat();
}

async function describeGroup(replay: Replay, groupId: string, when: string): Promise<void> {
  const request = { groupIds: [groupId], includeAuthorizedOperations: true };
  const name = `made-up: ${groupId} ${when}`;
  await replay.ask({ api: "ConsumerGroupDescribe", version: 1, case: name }, request);
}

async function errors(replay: Replay): Promise<void> {
  const base = {
    groupId: "cg-errors",
    memberId: "E".repeat(22),
    memberEpoch: 0,
    instanceId: null as string | null,
    rackId: null as string | null,
    rebalanceTimeoutMs: 5000,
    subscribedTopicNames: ["cg-orders"] as string[] | null,
    serverAssignor: null as string | null,
    topicPartitions: [] as { topicId: string; partitions: number[] }[] | null,
  };
  await askInEveryVersion(
    replay,
    variants("ConsumerGroupHeartbeat", base, {
      "empty instance": { instanceId: "" },
      "blank instance": { instanceId: " " },
      "empty rack": { rackId: "" },
      "empty group": { groupId: "" },
      "blank group": { groupId: " " },
      "owned partitions when joining": {
        topicPartitions: [{ topicId: ids.orders, partitions: [0] }],
      },
      "empty assignor": { serverAssignor: "" },
      "assignor in capitals": { serverAssignor: "UNIFORM" },
      "unknown group, epoch 1": { memberEpoch: 1 },
      "unknown group, leaves": { memberEpoch: -1 },
      "unknown group, static leaves": { memberEpoch: -2, instanceId: "i" },
      "static leaves without an instance": { memberEpoch: -2 },
      "epoch -3": { memberEpoch: -3 },
      "no member id, epoch 1": { memberId: "", memberEpoch: 1 },
      "no member id, leaves": { memberId: "", memberEpoch: -1 },
      "rebalance timeout -2": { rebalanceTimeoutMs: -2 },
      "no topics": { subscribedTopicNames: [] },
      "a topic twice": { subscribedTopicNames: ["cg-orders", "cg-orders"] },
      "unknown topic": { subscribedTopicNames: ["no-such-topic"] },
    }),
  );
  const regex = { ...base, subscribedTopicNames: null, subscribedTopicRegex: "" };
  const bad = [
    "[",
    "a{2,1}",
    "(?<=a)b",
    "\\",
    "a**",
    "(?P<n>a)(?P<n>b)",
    "\\8",
    "(?i)(",
    "x{1001}",
  ];
  await askInEveryVersion(
    replay,
    variants(
      "ConsumerGroupHeartbeat",
      regex,
      Object.fromEntries(bad.map((text) => [`regex ${text}`, { subscribedTopicRegex: text }])),
      { from: 1 },
    ),
  );
  await askInEveryVersion(
    replay,
    variants(
      "ConsumerGroupDescribe",
      { groupIds: ["cg-nobody"], includeAuthorizedOperations: false },
      { unknown: {}, none: { groupIds: [] }, "empty name": { groupIds: [""] } },
    ),
  );
}

async function threeMembers(replay: Replay): Promise<void> {
  const group = "cg-three";
  const [a, b, c] = ["A", "B", "C"].map((letter) => new Member(replay, group, letter)) as [
    Member,
    Member,
    Member,
  ];
  await a.join();
  await b.join();
  await describeGroup(replay, group, "with two");
  await rounds([a, b], 2);
  await c.join();
  await a.beat({ topicPartitions: null });
  await b.beat();
  await describeGroup(replay, group, "on its way to three");
  await rounds([c, a, b], 3);
  await describeGroup(replay, group, "with three");
  await b.beat({ memberEpoch: b.epoch - 1 });
  await b.beat({ memberEpoch: b.epoch + 1 });
  // Who joins again under its id has what it had.
  await b.join();
  await rounds([a, b, c], 2);
  await a.leave();
  await a.leave();
  await rounds([b, c], 3);
  await describeGroup(replay, group, "after one left");
  await b.leave();
  await c.leave();
  await describeGroup(replay, group, "after all left");
  await a.join();
  await describeGroup(replay, group, "with one again");
}

async function ranges(replay: Replay): Promise<void> {
  const joining = { serverAssignor: "range", subscribedTopicNames: ["cg-orders", "cg-bills"] };
  const [a, b] = ["B", "A"].map((letter) => new Member(replay, "cg-range", letter, joining)) as [
    Member,
    Member,
  ];
  await a.join();
  await b.join();
  await rounds([a, b], 3);
  const uniform = new Member(replay, "cg-range", "C", { serverAssignor: "uniform" });
  await uniform.join();
  await rounds([a, b, uniform], 3);
  await describeGroup(replay, "cg-range", "with an assignor of the minority");
  await b.beat({ serverAssignor: "uniform" });
  await describeGroup(replay, "cg-range", "with another assignor");
}

async function differentTopics(replay: Replay): Promise<void> {
  const group = "cg-topics";
  const a = new Member(replay, group, "A");
  const b = new Member(replay, group, "B", { subscribedTopicNames: ["cg-bills"] });
  const c = new Member(replay, group, "C", { subscribedTopicNames: ["cg-bills", "cg-orders"] });
  await a.join();
  await b.join();
  await c.join();
  await rounds([a, b, c], 3);
  await describeGroup(replay, group, "with different topics");
  await a.beat({ subscribedTopicNames: ["cg-bills", "no-such-topic"] });
  await rounds([a, b, c], 3);
  await c.beat({ subscribedTopicNames: [] });
  await rounds([c, a, b], 3);
  await describeGroup(replay, group, "with one that reads nothing");
}

async function staticMembers(replay: Replay): Promise<void> {
  const group = "cg-static";
  const a = new Member(replay, group, "A", { instanceId: "one" });
  const b = new Member(replay, group, "B", { instanceId: "two", rackId: "r1" });
  const successor = new Member(replay, group, "C", { instanceId: "two" });
  await a.join();
  await b.join();
  await rounds([a, b], 2);
  await successor.join();
  await b.leave(-2);
  await describeGroup(replay, group, "while one is away");
  await a.beat();
  await successor.join();
  await b.beat();
  await a.beat();
  await describeGroup(replay, group, "after a static member is back");
  await successor.beat({ instanceId: "other" });
  await successor.beat({ instanceId: null });
  await successor.leave();
  await rounds([a], 2);
}

async function growingTopic(replay: Replay): Promise<void> {
  const group = "cg-grow";
  const joining = { subscribedTopicNames: ["cg-growing"] };
  const a = new Member(replay, group, "A", joining);
  await a.join();
  await makeTopic(replay, "cg-growing", { partitions: 2 });
  await a.beat();
  await describeGroup(replay, group, "once its topic is there");
}

async function committing(replay: Replay): Promise<void> {
  const group = "cg-commit";
  const [a, b] = ["A", "B"].map((letter) => new Member(replay, group, letter)) as [Member, Member];
  await a.join();
  await b.join();
  await rounds([a, b], 3);
  const commit = (generationIdOrMemberEpoch: number, memberId: string, partitionIndex: number) => ({
    groupId: group,
    generationIdOrMemberEpoch,
    memberId,
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [
      {
        name: "cg-orders",
        topicId: ids.orders,
        partitions: [
          {
            partitionIndex,
            committedOffset: 5,
            committedLeaderEpoch: -1,
            committedMetadata: "m".repeat(partitionIndex),
          },
        ],
      },
    ],
  });
  const cases = Object.fromEntries(
    [0, 1, 2, 3, 4].flatMap((epoch) =>
      [0, 6].flatMap((partition) => [
        [`a at ${epoch}, ${partition}`, commit(epoch, a.memberId, partition)],
        [`b at ${epoch}, ${partition}`, commit(epoch, b.memberId, partition)],
      ]),
    ),
  );
  const base = commit(3, a.memberId, 0);
  await askInEveryVersion(replay, variants("OffsetCommit", base, cases, { from: 8 }));
  const read = (memberId: string | null, memberEpoch: number) => ({
    groups: [
      {
        groupId: group,
        memberId,
        memberEpoch,
        topics: [{ name: "cg-orders", topicId: ids.orders, partitionIndexes: [0, 6] }],
      },
      { groupId: group, memberId, memberEpoch, topics: null },
    ],
    requireStable: false,
  });
  await askInEveryVersion(
    replay,
    variants(
      "OffsetFetch",
      read(a.memberId, 3),
      {
        "a member": {},
        "a member at another epoch": read(a.memberId, 2),
        "a member without an epoch": read(a.memberId, -1),
        "an epoch without a member": read(null, 3),
        "nobody's id": read("", -1),
        "a stranger": read("x", 3),
      },
      { from: 9 },
    ),
  );
}

async function patterns(replay: Replay): Promise<void> {
  const joining = { subscribedTopicNames: null, subscribedTopicRegex: "cg-(orders|bills)" };
  const a = new Member(replay, "cg-regex", "A", joining);
  await a.join();
  // Topics are looked for in the background, which nobody can watch.
  await sleep(1000);
  await rounds([a], 2);
  await describeGroup(replay, "cg-regex", "with a pattern");
  const b = new Member(replay, "cg-regex", "B", {
    ...joining,
    subscribedTopicNames: ["cg-orders"],
  });
  await b.join();
  await rounds([a, b], 3);
  await describeGroup(replay, "cg-regex", "with a pattern and a name");
  await a.beat({ subscribedTopicRegex: "" });
  await rounds([b, a], 2);
  await describeGroup(replay, "cg-regex", "with one that gave its pattern up");
}

async function upgradeAndDowngrade(replay: Replay): Promise<void> {
  const group = "cg-up";
  const classic = new ClassicMember(replay, group, "one");
  await classic.join();
  await classic.sync();
  const consumer = new Member(replay, group, "A", { instanceId: "two", serverAssignor: "range" });
  await consumer.join();
  await classic.beat();
  await classic.join();
  await classic.sync();
  await consumer.beat();
  await classic.beat();
  await consumer.beat();
  await classic.sync({ protocolName: "roundrobin" });
  await classic.sync({ generationId: 77 });
  await classic.beat({ generationId: 77 });
  await classic.beat({ memberId: "x" });
  await classic.join({ protocols: [{ name: "other", metadata: subscription(["cg-orders"]) }] });
  await classic.join({ protocolType: "connect" });
  await classic.join({ protocols: [{ name: "range", metadata: Buffer.from([0, 1, 9]) }] });
  await consumer.leave();
  await describeGroup(replay, group, "after the downgrade");
  const request = { groups: [group], includeAuthorizedOperations: false };
  const where = { api: "DescribeGroups", version: 6, case: "made-up: after the downgrade" };
  await replay.ask(where, request);
  await classic.beat();
  await classic.leave();
}

async function classicInConsumerGroup(replay: Replay): Promise<void> {
  const group = "cg-mixed";
  const consumer = new Member(replay, group, "A", { instanceId: "one", serverAssignor: "range" });
  await consumer.join();
  const classic = new ClassicMember(replay, group, "two");
  await classic.join();
  await classic.sync();
  await classic.beat();
  await consumer.beat();
  await consumer.beat();
  await classic.beat();
  await classic.join();
  await classic.sync();
  await classic.beat();
  await describeMixed(replay, group);
  await classic.leave();
  await consumer.beat();
  await describeGroup(replay, group, "after the classic member left");
}

async function describeMixed(replay: Replay, group: string): Promise<void> {
  await describeGroup(replay, group, "with members of both protocols");
  const request = { statesFilter: [], typesFilter: ["Consumer"] };
  const part = (answer: unknown) =>
    (answer as { readonly groups: readonly { readonly groupId: string }[] }).groups.filter(
      ({ groupId }) => groupId === group,
    );
  const where = { api: "ListGroups", version: 5, case: "made-up: consumer groups" };
  await replay.ask(where, request, { part });
}
