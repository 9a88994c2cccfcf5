import { beforeEach, describe, expect, test } from "vitest";
import { deleteGroupsHandler } from "../../src/handlers/delete-groups.ts";
import { describeGroupsHandler } from "../../src/handlers/describe-groups.ts";
import { joinGroupHandler } from "../../src/handlers/join-group.ts";
import { leaveGroupHandler } from "../../src/handlers/leave-group.ts";
import { listGroupsHandler } from "../../src/handlers/list-groups.ts";
import { offsetCommitHandler } from "../../src/handlers/offset-commit.ts";
import { offsetDeleteHandler } from "../../src/handlers/offset-delete.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { deleteGroups } from "../../src/protocol/generated/delete-groups.ts";
import { describeGroups } from "../../src/protocol/generated/describe-groups.ts";
import { joinGroup } from "../../src/protocol/generated/join-group.ts";
import { leaveGroup } from "../../src/protocol/generated/leave-group.ts";
import { listGroups } from "../../src/protocol/generated/list-groups.ts";
import { offsetCommit } from "../../src/protocol/generated/offset-commit.ts";
import { offsetDelete } from "../../src/protocol/generated/offset-delete.ts";
import {
  commitOf,
  type GroupBroker,
  groupBroker,
  joinRequest,
  stableMember,
} from "../support/coordinator/group-broker.ts";
import { ask, type May } from "./support.ts";

let broker: GroupBroker;

beforeEach(async () => {
  broker = await groupBroker();
});

describe("DescribeGroups, ListGroups, DeleteGroups, OffsetDelete", () => {
  test("an unknown group is dead: without error before version 6, with one since", async () => {
    await stableMember(broker);
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
    await broker.services.groups.ensureTopic();
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
    await stableMember(broker);
    const nothing: May = () => false;

    const all = await ask(listGroupsHandler, listGroups, {}, { broker });
    const none = await ask(listGroupsHandler, listGroups, {}, { broker, may: nothing });

    expect(all.groups).toEqual([
      { groupId: "g", protocolType: "consumer", groupState: "Stable", groupType: "classic" },
    ]);
    expect(none.groups).toEqual([]);
  });

  test("each group is deleted for itself", async () => {
    const { memberId, generationId } = await stableMember(broker);
    const groupsNames = ["g", "nogroup", "", "g"];
    const before = await ask(deleteGroupsHandler, deleteGroups, { groupsNames }, { broker });
    await ask(leaveGroupHandler, leaveGroup, { groupId: "g", members: [{ memberId }] }, { broker });
    const after = await ask(deleteGroupsHandler, deleteGroups, { groupsNames }, { broker });

    expect(generationId).toBe(1);
    expect(before.results.map(({ errorCode }) => errorCode)).toEqual([68, 69, 69]);
    expect(after.results.map(({ errorCode }) => errorCode)).toEqual([0, 69, 69]);
  });

  test("offsets are deleted for what exists; an unknown group has no partitions in its answer", async () => {
    await broker.services.groups.ensureTopic();
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
    ).toEqual([[3], [3, 0]]);
    expect(unknown).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] });
  });
});
