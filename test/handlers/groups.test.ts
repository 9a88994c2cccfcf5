import { beforeEach, describe, expect, test } from "vitest";
import { findCoordinatorHandler } from "../../src/handlers/find-coordinator.ts";
import { heartbeatHandler } from "../../src/handlers/heartbeat.ts";
import { joinGroupHandler } from "../../src/handlers/join-group.ts";
import { leaveGroupHandler } from "../../src/handlers/leave-group.ts";
import { offsetCommitHandler } from "../../src/handlers/offset-commit.ts";
import { offsetDeleteHandler } from "../../src/handlers/offset-delete.ts";
import { offsetFetchHandler } from "../../src/handlers/offset-fetch.ts";
import { syncGroupHandler } from "../../src/handlers/sync-group.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { findCoordinator } from "../../src/protocol/generated/find-coordinator.ts";
import { heartbeat } from "../../src/protocol/generated/heartbeat.ts";
import { joinGroup } from "../../src/protocol/generated/join-group.ts";
import { leaveGroup } from "../../src/protocol/generated/leave-group.ts";
import { offsetCommit } from "../../src/protocol/generated/offset-commit.ts";
import { offsetDelete } from "../../src/protocol/generated/offset-delete.ts";
import { offsetFetch } from "../../src/protocol/generated/offset-fetch.ts";
import { syncGroup } from "../../src/protocol/generated/sync-group.ts";
import {
  commitOf,
  type GroupBroker,
  groupBroker,
  joinRequest,
  NO_GROUPS,
  stableMember,
} from "../support/coordinator/group-broker.ts";
import { ask, type May } from "./support.ts";

const UNKNOWN_ID = "EREREREREREREREREREREQ";

let broker: GroupBroker;

beforeEach(async () => {
  broker = await groupBroker();
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
    await broker.services.groups.ensureTopic();
    const request = { ...joinRequest, groupId: "" };
    const v9 = await ask(joinGroupHandler, joinGroup, request, { broker });
    const v6 = await ask(joinGroupHandler, joinGroup, request, { broker, version: 6 });

    expect(v9).toMatchObject({ errorCode: 24, protocolName: null, protocolType: null, leader: "" });
    expect(v6).toMatchObject({ errorCode: 24, protocolName: "", generationId: -1, members: [] });
  });

  test("version 0 takes the session timeout for the rebalance timeout, too", async () => {
    await broker.services.groups.ensureTopic();
    const { memberId } = await ask(joinGroupHandler, joinGroup, joinRequest, {
      broker,
      version: 0,
    });
    await ask(
      syncGroupHandler,
      syncGroup,
      { groupId: "g", generationId: 1, memberId, assignments: [] },
      { broker, version: 4 },
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

  test("SyncGroup has to name type and protocol from version 5 on", async () => {
    const { memberId, generationId } = await stableMember(broker);
    const request = { groupId: "g", generationId, memberId, assignments: [] };
    const named = { ...request, protocolType: "consumer", protocolName: "range" };

    const codes = [
      await ask(syncGroupHandler, syncGroup, request, { broker, version: 4 }),
      await ask(syncGroupHandler, syncGroup, request, { broker }),
      await ask(syncGroupHandler, syncGroup, named, { broker }),
    ].map(({ errorCode }) => errorCode);

    expect(codes).toEqual([0, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, 0]);
  });

  test("LeaveGroup answers one member before version 3, each one since", async () => {
    const { memberId } = await stableMember(broker);
    const old = { groupId: "g", memberId: "zz" };
    const members = [{ memberId: "zz" }, { memberId }];

    const v2 = await ask(leaveGroupHandler, leaveGroup, old, { broker, version: 2 });
    const v5 = await ask(leaveGroupHandler, leaveGroup, { groupId: "g", members }, { broker });

    expect(v2.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(v5.errorCode).toBe(0);
    expect(v5.members.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.UNKNOWN_MEMBER_ID, 0]);
  });

  test("without the right to read the group nothing is answered but that", async () => {
    await broker.services.groups.ensureTopic();
    const options = { broker, may: NO_GROUPS };
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
  test("commits what exists beside what does not; refusals come first, as Kafka has them", async () => {
    const { memberId, generationId } = await stableMember(broker);
    const topics = [
      commitOf({ name: "nope" }),
      { name: "orders", partitions: [] },
      { name: "orders", partitions: [0, 77].flatMap((p) => commitOf({}, p).partitions) },
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
    await broker.services.groups.ensureTopic();
    const topics = [commitOf({ topicId: UNKNOWN_ID }), commitOf({ topicId: broker.ordersId })];

    const answer = await ask(
      offsetCommitHandler,
      offsetCommit,
      { groupId: "g", memberId: "", topics },
      { broker },
    );

    expect(answer.topics).toMatchObject([
      { topicId: UNKNOWN_ID, partitions: [{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }] },
      { topicId: broker.ordersId, partitions: [{ errorCode: 0 }] },
    ]);
  });

  test("a group that is refused is refused for every partition", async () => {
    await broker.services.groups.ensureTopic();
    const request = { groupId: "g", memberId: "", topics: [commitOf({ name: "orders" })] };
    const mayNotReadTopics: May = (_, type) => type !== "topic";

    const group = await ask(offsetCommitHandler, offsetCommit, request, {
      broker,
      version: 9,
      may: NO_GROUPS,
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
    await broker.services.groups.ensureTopic();
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
        { topicId: broker.ordersId, partitionIndexes: [0] },
        { topicId: UNKNOWN_ID, partitionIndexes: [0] },
      ],
    }));

    const answer = await ask(offsetFetchHandler, offsetFetch, { groups }, { broker });

    const unknown = { topicId: UNKNOWN_ID, partitions: [{ committedOffset: -1, errorCode: 100 }] };
    expect(answer.groups).toMatchObject([
      {
        groupId: "g",
        topics: [{ topicId: broker.ordersId, partitions: [{ committedOffset: 3 }] }, unknown],
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

    expect(v10.groups[0]?.topics[0]?.topicId).toBe(broker.ordersId);
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
      { broker, version: 9, may: NO_GROUPS },
    );
    const v1 = await ask(
      offsetFetchHandler,
      offsetFetch,
      { groupId: "g", topics: [{ name: "orders", partitionIndexes: [0] }] },
      { broker, version: 1, may: NO_GROUPS },
    );

    expect(topics.groups[0]?.topics).toEqual([]);
    expect(topics.groups[1]?.topics[0]?.partitions[0]?.errorCode).toBe(
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    );
    expect(group.groups.map(({ errorCode }) => errorCode)).toEqual([30, 30]);
    expect(v1.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.GROUP_AUTHORIZATION_FAILED);
  });
});
