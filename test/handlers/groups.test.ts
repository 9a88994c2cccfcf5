import { beforeEach, describe, expect, test } from "vitest";
import { GroupCoordinator } from "../../src/coordinator/group/group-coordinator.ts";
import { deleteGroupsHandler } from "../../src/handlers/delete-groups.ts";
import { describeGroupsHandler } from "../../src/handlers/describe-groups.ts";
import { findCoordinatorHandler } from "../../src/handlers/find-coordinator.ts";
import { heartbeatHandler } from "../../src/handlers/heartbeat.ts";
import { joinGroupHandler } from "../../src/handlers/join-group.ts";
import { leaveGroupHandler } from "../../src/handlers/leave-group.ts";
import { listGroupsHandler } from "../../src/handlers/list-groups.ts";
import { offsetCommitHandler } from "../../src/handlers/offset-commit.ts";
import { offsetDeleteHandler } from "../../src/handlers/offset-delete.ts";
import { offsetFetchHandler } from "../../src/handlers/offset-fetch.ts";
import { syncGroupHandler } from "../../src/handlers/sync-group.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { deleteGroups } from "../../src/protocol/generated/delete-groups.ts";
import { describeGroups } from "../../src/protocol/generated/describe-groups.ts";
import { findCoordinator } from "../../src/protocol/generated/find-coordinator.ts";
import { heartbeat } from "../../src/protocol/generated/heartbeat.ts";
import { joinGroup } from "../../src/protocol/generated/join-group.ts";
import { leaveGroup } from "../../src/protocol/generated/leave-group.ts";
import { listGroups } from "../../src/protocol/generated/list-groups.ts";
import { offsetCommit } from "../../src/protocol/generated/offset-commit.ts";
import { offsetDelete } from "../../src/protocol/generated/offset-delete.ts";
import { offsetFetch } from "../../src/protocol/generated/offset-fetch.ts";
import { syncGroup } from "../../src/protocol/generated/sync-group.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { defaultSettings } from "../support/coordinator/group-world.ts";
import { MemoryInternalTopic } from "../support/coordinator/memory-internal-topic.ts";
import { ask, type May, type SmallBroker, smallBroker } from "./support.ts";

const UNKNOWN_ID = "EREREREREREREREREREREQ";
const UNAUTHORIZED: May = (_, type) => type !== "group";

let broker: SmallBroker;
let ordersId: string;

/** The internal topic of the broker's cluster, with its records in memory. */
class ClusterTopic extends MemoryInternalTopic {
  override async ensure(): Promise<void> {
    await broker.controller.autoCreate("__consumer_offsets");
    await super.ensure();
  }
}

beforeEach(async () => {
  broker = await smallBroker();
  const { controller, clock } = broker;
  ordersId = (await controller.autoCreate("orders")).id;
  const groups = new GroupCoordinator({
    offsetsTopic: new ClusterTopic(1),
    topics: {
      topicId: (name) => controller.image.topic(name)?.id,
      topicName: (id) => controller.image.topicById(id)?.name,
      partitionCount: (name) => controller.image.topic(name)?.partitions.length,
    },
    clock,
    random: Math.random,
    logger: silentLogger,
    config: defaultSettings,
  });
  broker.services = { ...broker.services, groups };
});

async function ensured(): Promise<void> {
  await broker.services.groups.ensureTopic();
}

const joinRequest = {
  groupId: "g",
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  memberId: "",
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: Buffer.from("m") }],
};

async function stableMember(): Promise<{ memberId: string; generationId: number }> {
  await ensured();
  const joined = await ask(joinGroupHandler, joinGroup, joinRequest, { broker, version: 3 });
  const { memberId, generationId } = joined;
  const assignments = [{ memberId, assignment: Buffer.from("a") }];
  const sync = { groupId: "g", generationId, memberId, assignments };
  await ask(syncGroupHandler, syncGroup, sync, { broker });
  return { memberId, generationId };
}

const commitOf = (topic: { name?: string; topicId?: string }, partitionIndex = 0, offset = 3) => ({
  ...topic,
  partitions: [{ partitionIndex, committedOffset: offset, committedMetadata: "m" }],
});

describe("FindCoordinator", () => {
  test("creates the internal topic, so that the first answer already names the coordinator", async () => {
    const old = await ask(
      findCoordinatorHandler,
      findCoordinator,
      { key: "g" },
      { broker, version: 1 },
    );
    const keys = { keyType: 0, coordinatorKeys: ["g", ""] };
    const answer = await ask(findCoordinatorHandler, findCoordinator, keys, { broker });

    expect(old).toMatchObject({ errorCode: 0, errorMessage: "NONE", nodeId: 1 });
    expect(
      answer.coordinators.map(({ key, errorCode, nodeId }) => [key, errorCode, nodeId]),
    ).toEqual([
      ["g", 0, 1],
      ["", 0, 1],
    ]);
    expect(answer.coordinators[0]?.errorMessage).toBe("");
    expect(
      (await ask(joinGroupHandler, joinGroup, joinRequest, { broker, version: 3 })).errorCode,
    ).toBe(0);
  });

  test("answers with the endpoint of the listener that was asked, or not at all", async () => {
    const elsewhere = { broker, version: 3, listenerName: "NOWHERE" };
    const answer = await ask(findCoordinatorHandler, findCoordinator, { key: "g" }, elsewhere);

    expect(answer).toMatchObject({
      errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE,
      nodeId: -1,
      port: -1,
    });
  });

  test.each([
    [1, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
    [2, ErrorCode.INVALID_REQUEST],
    [5, ErrorCode.INVALID_REQUEST],
  ])("has no coordinator for keys of type %i", async (keyType, errorCode) => {
    const request = { keyType, key: "x", coordinatorKeys: ["x"] };
    const answer = await ask(findCoordinatorHandler, findCoordinator, request, { broker });
    const old = await ask(findCoordinatorHandler, findCoordinator, request, { broker, version: 3 });

    expect(answer.coordinators[0]).toMatchObject({ errorCode, nodeId: -1, host: "", port: -1 });
    expect(old).toMatchObject({ errorCode, nodeId: -1, host: "", port: -1 });
  });
});

describe("JoinGroup, SyncGroup, Heartbeat, LeaveGroup", () => {
  test("errors name no protocol from version 7 on, and an empty one before", async () => {
    await ensured();
    const request = { ...joinRequest, groupId: "" };
    const v9 = await ask(joinGroupHandler, joinGroup, request, { broker });
    const v6 = await ask(joinGroupHandler, joinGroup, request, { broker, version: 6 });

    expect(v9).toMatchObject({ errorCode: 24, protocolName: null, protocolType: null, leader: "" });
    expect(v6).toMatchObject({ errorCode: 24, protocolName: "", generationId: -1, members: [] });
  });

  test("version 0 takes the session timeout for the rebalance timeout, too", async () => {
    await ensured();
    const { memberId } = await ask(joinGroupHandler, joinGroup, joinRequest, {
      broker,
      version: 0,
    });
    await ask(
      syncGroupHandler,
      syncGroup,
      { groupId: "g", generationId: 1, memberId, assignments: [] },
      { broker },
    );
    const second = await ask(joinGroupHandler, joinGroup, joinRequest, { broker });
    const parked = ask(
      joinGroupHandler,
      joinGroup,
      { ...joinRequest, memberId: second.memberId, rebalanceTimeoutMs: 0 },
      { broker },
    );
    for (let second = 0; second < 9; second++) {
      await broker.clock.advance(1_000);
      await ask(
        heartbeatHandler,
        heartbeat,
        { groupId: "g", generationId: 1, memberId },
        { broker },
      );
    }

    await broker.clock.advance(1_001);

    expect(await parked).toMatchObject({ errorCode: 0, leader: second.memberId });
  });

  test("LeaveGroup answers one member before version 3, each one since", async () => {
    const { memberId } = await stableMember();
    const old = { groupId: "g", memberId: "zz" };
    const members = [{ memberId: "zz" }, { memberId }];

    const v2 = await ask(leaveGroupHandler, leaveGroup, old, { broker, version: 2 });
    const v5 = await ask(leaveGroupHandler, leaveGroup, { groupId: "g", members }, { broker });

    expect(v2.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(v5.errorCode).toBe(0);
    expect(v5.members.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.UNKNOWN_MEMBER_ID, 0]);
  });

  test("without the right to read the group nothing is answered but that", async () => {
    await ensured();
    const options = { broker, may: UNAUTHORIZED };
    const member = { groupId: "g", generationId: 1, memberId: "m" };
    const answers = [
      await ask(joinGroupHandler, joinGroup, joinRequest, options),
      await ask(syncGroupHandler, syncGroup, { ...member, assignments: [] }, options),
      await ask(heartbeatHandler, heartbeat, member, options),
      await ask(leaveGroupHandler, leaveGroup, { groupId: "g", members: [] }, options),
      await ask(offsetDeleteHandler, offsetDelete, { groupId: "g", topics: [] }, options),
    ];

    expect(answers.map(({ errorCode }) => errorCode)).toEqual(
      answers.map(() => ErrorCode.GROUP_AUTHORIZATION_FAILED),
    );
  });
});

describe("OffsetCommit", () => {
  test("commits what exists beside what does not, in the order of the request", async () => {
    const { memberId, generationId } = await stableMember();
    const topics = [
      commitOf({ name: "nope" }),
      { name: "orders", partitions: [77, 0].flatMap((p) => commitOf({}, p).partitions) },
    ];
    const request = { groupId: "g", generationIdOrMemberEpoch: generationId, memberId, topics };

    const answer = await ask(offsetCommitHandler, offsetCommit, request, { broker, version: 9 });

    expect(answer.topics).toMatchObject([
      { name: "nope", partitions: [{ partitionIndex: 0, errorCode: 3 }] },
      {
        name: "orders",
        partitions: [
          { partitionIndex: 77, errorCode: 3 },
          { partitionIndex: 0, errorCode: 0 },
        ],
      },
    ]);
  });

  test("from version 10 on topics go by id", async () => {
    await ensured();
    const topics = [commitOf({ topicId: UNKNOWN_ID }), commitOf({ topicId: ordersId })];

    const answer = await ask(
      offsetCommitHandler,
      offsetCommit,
      { groupId: "g", memberId: "", topics },
      { broker },
    );

    expect(answer.topics).toMatchObject([
      { topicId: UNKNOWN_ID, partitions: [{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }] },
      { topicId: ordersId, partitions: [{ errorCode: 0 }] },
    ]);
  });

  test("a group that is refused is refused for every partition", async () => {
    await ensured();
    const request = { groupId: "g", memberId: "", topics: [commitOf({ name: "orders" })] };
    const mayNotReadTopics: May = (_, type) => type !== "topic";

    const group = await ask(offsetCommitHandler, offsetCommit, request, {
      broker,
      version: 9,
      may: UNAUTHORIZED,
    });
    const topic = await ask(offsetCommitHandler, offsetCommit, request, {
      broker,
      version: 9,
      may: mayNotReadTopics,
    });

    expect(group.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    expect(topic.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  });
});

describe("OffsetFetch", () => {
  beforeEach(async () => {
    await ensured();
    const request = { groupId: "g", memberId: "", topics: [commitOf({ name: "orders" })] };
    await ask(offsetCommitHandler, offsetCommit, request, { broker, version: 9 });
  });

  test("one group by name, before version 8", async () => {
    const topics = [
      { name: "orders", partitionIndexes: [0, 1] },
      { name: "nope", partitionIndexes: [0] },
    ];
    for (const version of [1, 2, 5, 7]) {
      const answer = await ask(
        offsetFetchHandler,
        offsetFetch,
        { groupId: "g", topics },
        { broker, version },
      );

      expect(answer.topics).toMatchObject([
        {
          name: "orders",
          partitions: [{ committedOffset: 3, metadata: "m" }, { committedOffset: -1 }],
        },
        { name: "nope", partitions: [{ committedOffset: -1, errorCode: 0 }] },
      ]);
    }
  });

  test("several groups, unknown ones too; by id from version 10 on", async () => {
    const groups = ["g", "nogroup"].map((groupId) => ({
      groupId,
      topics: [
        { topicId: ordersId, partitionIndexes: [0] },
        { topicId: UNKNOWN_ID, partitionIndexes: [0] },
      ],
    }));

    const answer = await ask(offsetFetchHandler, offsetFetch, { groups }, { broker });

    const unknown = { topicId: UNKNOWN_ID, partitions: [{ committedOffset: -1, errorCode: 100 }] };
    expect(answer.groups).toMatchObject([
      {
        groupId: "g",
        topics: [{ topicId: ordersId, partitions: [{ committedOffset: 3 }] }, unknown],
      },
      {
        groupId: "nogroup",
        topics: [{ partitions: [{ committedOffset: -1, errorCode: 0 }] }, unknown],
      },
    ]);
  });

  test("null topics: everything, under the names of the version", async () => {
    const groups = [
      { groupId: "g", topics: null },
      { groupId: "nogroup", topics: null },
    ];
    const v10 = await ask(offsetFetchHandler, offsetFetch, { groups }, { broker });
    const v8 = await ask(offsetFetchHandler, offsetFetch, { groups }, { broker, version: 8 });
    const v2 = await ask(
      offsetFetchHandler,
      offsetFetch,
      { groupId: "g", topics: null },
      { broker, version: 2 },
    );

    expect(v10.groups[0]?.topics[0]?.topicId).toBe(ordersId);
    expect(v8.groups[0]?.topics[0]?.name).toBe("orders");
    expect(v2.topics[0]?.name).toBe("orders");
    expect(v10.groups[1]).toMatchObject({ errorCode: 0, topics: [] });
  });

  test("what the client may not see is refused or left out", async () => {
    const mayNotSeeTopics: May = (_, type) => type !== "topic";
    const groups = [
      { groupId: "g", topics: null },
      { groupId: "g", topics: [{ name: "orders", partitionIndexes: [0] }] },
    ];
    const topics = await ask(
      offsetFetchHandler,
      offsetFetch,
      { groups },
      { broker, version: 9, may: mayNotSeeTopics },
    );
    const group = await ask(
      offsetFetchHandler,
      offsetFetch,
      { groups },
      { broker, version: 9, may: UNAUTHORIZED },
    );
    const v1 = await ask(
      offsetFetchHandler,
      offsetFetch,
      { groupId: "g", topics: [{ name: "orders", partitionIndexes: [0] }] },
      { broker, version: 1, may: UNAUTHORIZED },
    );

    expect(topics.groups[0]?.topics).toEqual([]);
    expect(topics.groups[1]?.topics[0]?.partitions[0]?.errorCode).toBe(
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    );
    expect(group.groups.map(({ errorCode }) => errorCode)).toEqual([30, 30]);
    expect(v1.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.GROUP_AUTHORIZATION_FAILED);
  });
});

describe("DescribeGroups, ListGroups, DeleteGroups, OffsetDelete", () => {
  test("an unknown group is dead: without error before version 6, with one since", async () => {
    await stableMember();
    const request = { groups: ["g", "nogroup"], includeAuthorizedOperations: true };

    const v5 = await ask(describeGroupsHandler, describeGroups, request, { broker, version: 5 });
    const v6 = await ask(describeGroupsHandler, describeGroups, request, { broker });

    expect(v5.groups[1]).toMatchObject({
      errorCode: 0,
      groupState: "Dead",
      authorizedOperations: 3400,
    });
    expect(v6.groups[1]).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: "Group nogroup not found.",
      groupState: "Dead",
      authorizedOperations: -2147483648,
    });
    expect(v6.groups[0]).toMatchObject({
      errorCode: 0,
      errorMessage: null,
      groupState: "Stable",
      protocolType: "consumer",
      protocolData: "range",
      authorizedOperations: 3400,
      members: [{ clientId: "test", clientHost: "/127.0.0.1", memberMetadata: Buffer.from("m") }],
    });
  });

  test("a group that is not stable says nothing of protocol and subscriptions", async () => {
    await ensured();
    await ask(joinGroupHandler, joinGroup, joinRequest, { broker, version: 3 });

    const { groups } = await ask(
      describeGroupsHandler,
      describeGroups,
      { groups: ["g"] },
      { broker },
    );

    expect(groups[0]).toMatchObject({ groupState: "CompletingRebalance", protocolData: "" });
    expect(groups[0]?.members[0]?.memberMetadata).toHaveLength(0);
    expect(groups[0]?.authorizedOperations).toBe(-2147483648);
  });

  test("only groups that the client may describe are listed", async () => {
    await stableMember();
    const nothing: May = () => false;

    const all = await ask(listGroupsHandler, listGroups, {}, { broker });
    const none = await ask(listGroupsHandler, listGroups, {}, { broker, may: nothing });

    expect(all.groups).toEqual([
      { groupId: "g", protocolType: "consumer", groupState: "Stable", groupType: "classic" },
    ]);
    expect(none.groups).toEqual([]);
  });

  test("each group is deleted for itself", async () => {
    const { memberId, generationId } = await stableMember();
    const groupsNames = ["g", "nogroup", ""];
    const before = await ask(deleteGroupsHandler, deleteGroups, { groupsNames }, { broker });
    await ask(leaveGroupHandler, leaveGroup, { groupId: "g", members: [{ memberId }] }, { broker });
    const after = await ask(deleteGroupsHandler, deleteGroups, { groupsNames }, { broker });

    expect(generationId).toBe(1);
    expect(before.results.map(({ errorCode }) => errorCode)).toEqual([68, 69, 69]);
    expect(after.results.map(({ errorCode }) => errorCode)).toEqual([0, 69, 69]);
  });

  test("offsets are deleted for what exists; an unknown group has no partitions in its answer", async () => {
    await ensured();
    await ask(
      offsetCommitHandler,
      offsetCommit,
      { groupId: "g", memberId: "", topics: [commitOf({ name: "orders" })] },
      { broker, version: 9 },
    );
    const topics = [
      { name: "nope", partitions: [{ partitionIndex: 0 }] },
      { name: "orders", partitions: [{ partitionIndex: 0 }, { partitionIndex: 99 }] },
    ];

    const known = await ask(
      offsetDeleteHandler,
      offsetDelete,
      { groupId: "g", topics },
      { broker },
    );
    const unknown = await ask(
      offsetDeleteHandler,
      offsetDelete,
      { groupId: "nogroup", topics },
      { broker },
    );

    expect(
      known.topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
    ).toEqual([[3], [0, 3]]);
    expect(unknown).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] });
  });
});
