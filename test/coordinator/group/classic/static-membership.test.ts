import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../../../src/protocol/errors.ts";
import { GroupWorld, type Join, settle } from "../../../support/coordinator/group-world.ts";

/** A stable group of the static members i1 (who leads) and i2. */
async function staticPair(world: GroupWorld) {
  const [one, two] = [world.join({ groupInstanceId: "i1" }), world.join({ groupInstanceId: "i2" })];
  const first = await one.promise;
  world.join({ memberId: first.memberId, groupInstanceId: "i1" });
  const second = await two.promise;
  const generationId = second.generationId ?? -1;
  const i1 = first.memberId;
  const i2 = second.memberId;
  const followerSync = world.sync({ memberId: i2, groupInstanceId: "i2", generationId });
  await world.sync({
    memberId: i1,
    groupInstanceId: "i1",
    generationId,
    assignments: [
      { memberId: i1, assignment: Buffer.from("one") },
      { memberId: i2, assignment: Buffer.from("two") },
    ],
  }).promise;
  await followerSync.promise;
  return { i1, i2, generationId };
}

describe("KIP-345: static members", () => {
  test("a new one joins at once; its id begins with its instance id", async () => {
    const world = await GroupWorld.started();

    const response = await world.join({ groupInstanceId: "i1" }).promise;

    expect(response).toMatchObject({ errorCode: 0, generationId: 1 });
    expect(response.memberId).toMatch(/^i1-/);
    expect(response.members?.[0]?.groupInstanceId).toBe("i1");
  });

  test("one that returns within its session keeps its assignment, and nobody rebalances", async () => {
    const world = await GroupWorld.started();
    const { i1, i2, generationId } = await staticPair(world);

    const back = await world.join({ groupInstanceId: "i2" }).promise;
    const synced = await world.sync({
      memberId: back.memberId,
      groupInstanceId: "i2",
      generationId,
    }).promise;

    expect(back).toMatchObject({ errorCode: 0, generationId, leader: i1, skipAssignment: false });
    expect(back.memberId).not.toBe(i2);
    expect(synced.assignment?.toString()).toBe("two");
    expect(world.heartbeat({ memberId: i1, groupInstanceId: "i1", generationId })).toBe(0);
  });

  test("the old member id is fenced everywhere", async () => {
    const world = await GroupWorld.started();
    const { i2, generationId } = await staticPair(world);
    await world.join({ groupInstanceId: "i2" }).promise;
    const old = { memberId: i2, groupInstanceId: "i2" };

    expect(world.heartbeat({ ...old, generationId })).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect((await world.join(old).promise).errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect((await world.sync({ ...old, generationId }).promise).errorCode).toBe(
      ErrorCode.FENCED_INSTANCE_ID,
    );
    expect(await world.commit({ ...old, generationIdOrMemberEpoch: generationId })).toBe(
      ErrorCode.FENCED_INSTANCE_ID,
    );
    expect(await world.leave(i2, "i2")).toBe(ErrorCode.FENCED_INSTANCE_ID);
  });

  test("a parked join of the old member is fenced, too", async () => {
    const world = await GroupWorld.started();
    const { i1, i2 } = await staticPair(world);
    const parked = world.join({ memberId: i1, groupInstanceId: "i1" });
    await settle();
    expect(parked.answer).toBeUndefined();

    const successor = world.join({ groupInstanceId: "i1" });
    world.join({ memberId: i2, groupInstanceId: "i2" });

    expect((await parked.promise).errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect((await successor.promise).errorCode).toBe(0);
  });

  test("the swap of member ids survives a restart", async () => {
    const world = await GroupWorld.started();
    const { generationId } = await staticPair(world);
    const back = await world.join({ groupInstanceId: "i2" }).promise;

    await world.restart();

    const member = { memberId: back.memberId, groupInstanceId: "i2" };
    expect(world.heartbeat({ ...member, generationId })).toBe(0);
    const synced = await world.sync({ ...member, generationId }).promise;
    expect(synced.assignment?.toString()).toBe("two");
  });

  test("broker and client restarted, it is still the same member to the others, and leads if it led", async () => {
    const world = await GroupWorld.started();
    const { i1, i2, generationId } = await staticPair(world);
    await world.restart();
    await world.clock.advance(5_000);

    const back = await world.join({ groupInstanceId: "i1" }).promise;

    const { memberId } = back;
    expect(back).toMatchObject({ errorCode: 0, generationId, leader: memberId });
    expect(back).toMatchObject({ skipAssignment: true, protocolName: "range" });
    const synced = await world.sync({ memberId, groupInstanceId: "i1", generationId }).promise;
    expect(synced.assignment?.toString()).toBe("one");
    expect(world.heartbeat({ memberId: i2, groupInstanceId: "i2", generationId })).toBe(0);
    expect(world.heartbeat({ memberId: i1, groupInstanceId: "i1", generationId })).toBe(
      ErrorCode.FENCED_INSTANCE_ID,
    );
    expect(world.state()).toBe("Stable");
  });

  test("one that stays away beyond its session is out, and comes back as a new member", async () => {
    const world = await GroupWorld.started();
    const { i1, i2, generationId } = await staticPair(world);
    for (let second = 0; second < 11; second++) {
      await world.clock.advance(1_000);
      world.heartbeat({ memberId: i1, groupInstanceId: "i1", generationId });
    }
    expect(world.members()).toEqual([i1]);

    const back = world.join({ groupInstanceId: "i2" });
    await world.join({ memberId: i1, groupInstanceId: "i1" }).promise;

    expect((await back.promise).memberId).not.toBe(i2);
    expect(back.answer).toMatchObject({ errorCode: 0, generationId: generationId + 1 });
  });

  test("one that returns while the group syncs makes it rebalance", async () => {
    const world = await GroupWorld.started();
    const { i1, i2 } = await staticPair(world);
    world.join({ memberId: i1, groupInstanceId: "i1" });
    const second = await world.join({ memberId: i2, groupInstanceId: "i2" }).promise;
    const waiting = world.sync({
      memberId: i2,
      groupInstanceId: "i2",
      generationId: second.generationId ?? 0,
    });

    world.join({ groupInstanceId: "i1" });
    await settle();

    expect(world.state()).toBe("PreparingRebalance");
    expect(waiting.answer?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test("one that no longer supports the chosen protocol makes it rebalance", async () => {
    const world = await GroupWorld.started();
    const protocols: Join["protocols"] = [
      ["range", "r"],
      ["sticky", "s"],
    ];
    const first = await world.join({ groupInstanceId: "i1", protocols }).promise;
    await world.sync({ memberId: first.memberId, groupInstanceId: "i1" }).promise;
    const chosen = first.protocolName === "range" ? "sticky" : "range";

    const back = await world.join({ groupInstanceId: "i1", protocols: [[chosen, "x"]] }).promise;

    expect(back).toMatchObject({ errorCode: 0, generationId: 2, protocolName: chosen });
  });

  test("it is not thrown out of a rebalance it missed, only when its session ends", async () => {
    const world = await GroupWorld.started();
    const { i1, i2 } = await staticPair(world);
    const sessions = { sessionTimeoutMs: 120_000, rebalanceTimeoutMs: 10_000 };
    const i1join = { memberId: i1, groupInstanceId: "i1", ...sessions };
    world.join({ memberId: i2, groupInstanceId: "i2", ...sessions, protocols: [["range", "x"]] });
    const both = await world.join(i1join).promise;
    await world.sync({
      memberId: i2,
      groupInstanceId: "i2",
      generationId: both.generationId ?? 0,
    });
    await world.sync({
      memberId: i1,
      groupInstanceId: "i1",
      generationId: both.generationId ?? 0,
    }).promise;

    const alone = world.join(i1join);
    await world.clock.advance(10_001);

    expect(alone.answer?.members?.map(({ memberId }) => memberId).sort()).toEqual([i1, i2].sort());
  });

  test("an administrator takes one out by its instance id", async () => {
    const world = await GroupWorld.started();
    const { i1 } = await staticPair(world);

    expect(await world.leave("", "i2")).toBe(0);
    expect(await world.leave("", "nobody")).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(world.members()).toEqual([i1]);
    expect(world.state()).toBe("PreparingRebalance");
  });
});

describe("KIP-814: a static leader that returns", () => {
  test("from version 9 on it is told that it leads and need not assign, and who the members are", async () => {
    const world = await GroupWorld.started();
    const { generationId } = await staticPair(world);

    const back = await world.join({ groupInstanceId: "i1", version: 9 }).promise;

    expect(back).toMatchObject({ generationId, skipAssignment: true, leader: back.memberId });
    expect(back.members).toHaveLength(2);
  });

  test("before it is told of its old id, so that it syncs as a follower", async () => {
    const world = await GroupWorld.started();
    const { i1, generationId } = await staticPair(world);

    const back = await world.join({ groupInstanceId: "i1", version: 8 }).promise;

    expect(back).toMatchObject({ generationId, skipAssignment: false, leader: i1, members: [] });
  });

  test("with its member id it asks for a rebalance, as any leader does", async () => {
    const world = await GroupWorld.started();
    const { i1 } = await staticPair(world);

    world.join({ memberId: i1, groupInstanceId: "i1" });
    await settle();

    expect(world.state()).toBe("PreparingRebalance");
  });
});
