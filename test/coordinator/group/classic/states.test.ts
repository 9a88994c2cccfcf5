import { beforeEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../../../../src/protocol/errors.ts";
import { GroupWorld, settle } from "../../../support/coordinator/group-world.ts";

type State = "none" | "Empty" | "PreparingRebalance" | "CompletingRebalance" | "Stable";

interface Known {
  readonly memberId: string;
  readonly generationId: number;
}

const NO_MEMBER: Known = { memberId: "nobody", generationId: 1 };

/** Brings group "g" into a state. What it gives is its one member, or a member it had. */
async function bring(world: GroupWorld, state: State): Promise<Known> {
  if (state === "none") return NO_MEMBER;
  const joined = await world.join({ version: 3 }).promise;
  const member = { memberId: joined.memberId, generationId: joined.generationId ?? 0 };
  if (state === "CompletingRebalance") return member;
  const assignments = [{ memberId: member.memberId, assignment: Buffer.from("a") }];
  await world.sync({ ...member, assignments }).promise;
  if (state === "PreparingRebalance") world.join({ version: 3, clientId: "newcomer" });
  if (state === "Empty") await world.leave(member.memberId);
  await settle();
  expect(world.state()).toBe(state);
  return member;
}

const OK = ErrorCode.NONE;
const UNKNOWN = ErrorCode.UNKNOWN_MEMBER_ID;
const GENERATION = ErrorCode.ILLEGAL_GENERATION;
const REBALANCE = ErrorCode.REBALANCE_IN_PROGRESS;

let world: GroupWorld;

beforeEach(async () => {
  world = await GroupWorld.started();
});

describe("Heartbeat", () => {
  test.each([
    ["none", UNKNOWN, UNKNOWN],
    ["Empty", UNKNOWN, UNKNOWN],
    ["PreparingRebalance", REBALANCE, GENERATION],
    ["CompletingRebalance", OK, GENERATION],
    ["Stable", OK, GENERATION],
  ] as const)(
    "in state %s: %i to a member, %i to one of an old generation",
    async (state, now, old) => {
      const { memberId, generationId } = await bring(world, state);

      expect(world.heartbeat({ memberId, generationId })).toBe(now);
      expect(world.heartbeat({ memberId, generationId: generationId - 1 })).toBe(old);
      expect(world.heartbeat({ memberId: "stranger", generationId })).toBe(UNKNOWN);
      expect(world.heartbeat({ memberId, generationId, groupInstanceId: "i9" })).toBe(UNKNOWN);
    },
  );
});

describe("SyncGroup", () => {
  test.each([
    ["none", UNKNOWN],
    ["Empty", UNKNOWN],
    ["PreparingRebalance", REBALANCE],
    ["CompletingRebalance", OK],
    ["Stable", OK],
  ] as const)("in state %s: %i to a member", async (state, code) => {
    const member = await bring(world, state);

    expect((await world.sync(member).promise).errorCode).toBe(code);
  });
});

describe("OffsetCommit", () => {
  test.each([
    ["none", ErrorCode.GROUP_ID_NOT_FOUND, OK],
    ["Empty", UNKNOWN, OK],
    ["PreparingRebalance", OK, UNKNOWN],
    ["CompletingRebalance", REBALANCE, UNKNOWN],
    ["Stable", OK, UNKNOWN],
  ] as const)(
    "in state %s: %i to a member, %i to a simple consumer",
    async (state, member, simple) => {
      const { memberId, generationId: generationIdOrMemberEpoch } = await bring(world, state);

      expect(await world.commit({ memberId, generationIdOrMemberEpoch })).toBe(member);
      expect(await world.commit({})).toBe(simple);
    },
  );

  test("a member that gives no generation is taken at its word only in an empty group", async () => {
    const { memberId } = await bring(world, "Stable");

    expect(await world.commit({ memberId })).toBe(GENERATION);
    await world.leave(memberId);
    expect(await world.commit({ memberId })).toBe(OK);
  });

  test("a static member's old self is fenced, its new self is not", async () => {
    const first = await world.join({ groupInstanceId: "i1" }).promise;
    await world.sync({ memberId: first.memberId, groupInstanceId: "i1" }).promise;
    const back = await world.join({ groupInstanceId: "i1" }).promise;
    const commit = { groupInstanceId: "i1", generationIdOrMemberEpoch: back.generationId ?? 0 };

    expect(await world.commit({ ...commit, memberId: first.memberId })).toBe(
      ErrorCode.FENCED_INSTANCE_ID,
    );
    expect(await world.commit({ ...commit, memberId: back.memberId })).toBe(OK);
    expect(await world.commit({ ...commit, memberId: back.memberId, groupInstanceId: "i2" })).toBe(
      UNKNOWN,
    );
  });
});

describe("DeleteGroups and OffsetDelete", () => {
  const everywhere = { groupId: "g", topics: [] };

  test.each([
    ["none", ErrorCode.GROUP_ID_NOT_FOUND],
    ["Empty", OK],
    ["PreparingRebalance", ErrorCode.NON_EMPTY_GROUP],
    ["CompletingRebalance", ErrorCode.NON_EMPTY_GROUP],
    ["Stable", ErrorCode.NON_EMPTY_GROUP],
  ] as const)("a group in state %s is deleted with %i", async (state, code) => {
    await bring(world, state);
    expect(await world.groups.deleteGroup("g")).toBe(code);
  });

  test.each([
    ["none", ErrorCode.GROUP_ID_NOT_FOUND],
    ["Empty", OK],
    ["PreparingRebalance", OK],
    ["CompletingRebalance", OK],
    ["Stable", OK],
  ] as const)("offsets of consumers in state %s: %i", async (state, code) => {
    await bring(world, state);
    expect((await world.groups.deleteOffsets(everywhere)).errorCode).toBe(code);
  });
});

describe("DescribeGroups", () => {
  test.each([
    ["Empty", 0, ""],
    ["PreparingRebalance", 2, ""],
    ["CompletingRebalance", 1, ""],
    ["Stable", 1, "range"],
  ] as const)("in state %s: %i members, protocol %j", async (state, members, protocolData) => {
    await bring(world, state);

    const described = world.groups.describeGroup("g", 6);

    expect(described).toMatchObject({
      errorCode: OK,
      groupState: state,
      protocolType: "consumer",
      protocolData,
    });
    expect(described.members).toHaveLength(members);
  });

  test("an unknown group is Dead: with GROUP_ID_NOT_FOUND from version 6 on, without error before", () => {
    expect(world.groups.describeGroup("g", 6)).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: "Group g not found.",
      groupState: "Dead",
    });
    expect(world.groups.describeGroup("g", 5)).toMatchObject({
      errorCode: OK,
      errorMessage: null,
      groupState: "Dead",
    });
  });
});

describe("LeaveGroup", () => {
  const leaving = (memberId: string, groupInstanceId: string | null = null) => ({
    memberId,
    groupInstanceId,
    reason: null,
  });

  test("each member of a batch has its own result, and the others rebalance once", async () => {
    const [a, b] = [await world.join({ groupInstanceId: "i1" }).promise, "i2"];
    const joined = world.join({ groupInstanceId: b });
    await world.join({ memberId: a.memberId, groupInstanceId: "i1" }).promise;
    const { generationId = 0 } = await joined.promise;
    const pending = await world.join().promise;

    const { errorCode, members } = await world.groups.leaveGroup("g", [
      leaving("", b),
      leaving("", "i9"),
      leaving("stranger", "i1"),
      leaving("stranger"),
      leaving(pending.memberId),
      leaving(""),
    ]);

    expect(errorCode).toBe(OK);
    expect(members?.map((each) => each.errorCode)).toEqual([
      OK,
      UNKNOWN,
      ErrorCode.FENCED_INSTANCE_ID,
      UNKNOWN,
      OK,
      UNKNOWN,
    ]);
    expect(world.members()).toEqual([a.memberId]);
    const again = await world.join({ memberId: a.memberId, groupInstanceId: "i1" }).promise;
    expect(again.generationId).toBe(generationId + 1);
  });

  test("a rebalance ends when the last one it waits for leaves", async () => {
    const { memberId } = await bring(world, "Stable");
    const newcomer = await world.joinTwice();
    await settle();
    expect(newcomer.answer).toBeUndefined();

    await world.leave(memberId);

    expect((await newcomer.promise).generationId).toBe(2);
  });

  test("who leaves while its JoinGroup or SyncGroup is parked is told that it is no member", async () => {
    const { memberId } = await bring(world, "Stable");
    const parked = await world.joinTwice();
    await world.leave((await world.members()).find((id) => id !== memberId) ?? "");
    expect((await parked.promise).errorCode).toBe(UNKNOWN);

    const follower = await world.joinTwice();
    await world.join({ memberId }).promise;
    const { memberId: id, generationId = 0 } = await follower.promise;
    const waiting = world.sync({ memberId: id, generationId });
    await world.leave(id);
    expect((await waiting.promise).errorCode).toBe(UNKNOWN);
  });
});
