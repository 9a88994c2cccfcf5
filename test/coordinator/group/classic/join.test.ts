import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../../../src/protocol/errors.ts";
import { GroupWorld, settle } from "../../../support/coordinator/group-world.ts";

/** A stable group of two: the first one leads. */
async function groupOfTwo(world: GroupWorld) {
  const leader = (await (await world.joinTwice({ clientId: "a" })).promise).memberId;
  await world.sync({ memberId: leader, assignments: [] }).promise;
  const second = await world.joinTwice({ clientId: "b" });
  const again = world.join({ memberId: leader });
  const [b, a] = await Promise.all([second.promise, again.promise]);
  const generationId = a.generationId ?? -1;
  const follower = b.memberId;
  const assignments = [leader, follower].map((memberId) => ({
    memberId,
    assignment: Buffer.from(`for ${memberId}`),
  }));
  const followerSync = world.sync({ memberId: follower, generationId });
  await world.sync({ memberId: leader, generationId, assignments }).promise;
  await followerSync.promise;
  return { leader, follower, generationId, assignments };
}

describe("KIP-394: a member id is required", () => {
  test("a new member is sent back with an id that begins with its client id, and joins with it", async () => {
    const world = await GroupWorld.started();

    const first = await world.join({ clientId: "probe" }).promise;
    const second = await world.join({ memberId: first.memberId }).promise;

    expect(first.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    expect(first.memberId).toMatch(
      /^probe-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(second).toMatchObject({ errorCode: 0, generationId: 1, memberId: first.memberId });
    expect(second.leader).toBe(first.memberId);
    expect(second.members).toHaveLength(1);
  });

  test("before version 4 it joins at once", async () => {
    const world = await GroupWorld.started();

    const response = await world.join({ version: 3 }).promise;

    expect(response).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  test("an id that is not used within the session timeout is void", async () => {
    const world = await GroupWorld.started();
    const { memberId } = await world.join().promise;

    await world.clock.advance(10_001);

    const late = await world.join({ memberId }).promise;
    expect(late.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test("a rebalance waits for members that were given an id, until it is void", async () => {
    const world = await GroupWorld.started();
    const { leader } = await groupOfTwo(world);
    const pending = await world.join({ clientId: "c" }).promise;
    const joins = world
      .members()
      .map((memberId) => world.join({ memberId, protocols: [["range", "new"]] }));
    await settle();
    expect(world.state()).toBe("PreparingRebalance");
    expect(joins.every(({ answer }) => answer === undefined)).toBe(true);

    await world.clock.advance(10_001);

    expect(pending.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    expect(joins[0]?.answer).toMatchObject({ errorCode: 0, leader });
  });
});

describe("refused joins", () => {
  test.each([
    [
      "a session timeout below the minimum",
      { sessionTimeoutMs: 5_999 },
      ErrorCode.INVALID_SESSION_TIMEOUT,
    ],
    [
      "a session timeout above the maximum",
      { sessionTimeoutMs: 1_800_001 },
      ErrorCode.INVALID_SESSION_TIMEOUT,
    ],
    ["no group id", { groupId: "" }, ErrorCode.INVALID_GROUP_ID],
    ["a member id nobody gave out", { memberId: "nosuch" }, ErrorCode.UNKNOWN_MEMBER_ID],
    ["no protocols", { protocols: [] }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
    ["no protocol type", { protocolType: "" }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
  ] as const)("%s", async (_, join, errorCode) => {
    const world = await GroupWorld.started();

    const response = await world.join({ version: 3, ...join }).promise;

    expect(response).toMatchObject({
      errorCode,
      generationId: -1,
      protocolName: null,
      members: [],
    });
  });

  test("another protocol type or no common protocol, once the group has members", async () => {
    const world = await GroupWorld.started();
    await world.join({ version: 3 }).promise;

    const other = await world.join({ protocolType: "connect" }).promise;
    const alien = await world.join({ protocols: [["zzz", ""]] }).promise;

    expect(other.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(alien.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  });

  test("a full group takes nobody in, but keeps whom it has (KIP-389)", async () => {
    const world = await GroupWorld.started({ groupMaxSize: 2 });
    const { leader, follower } = await groupOfTwo(world);

    const third = await world.join().promise;
    const known = await world.join({ memberId: follower }).promise;

    expect(third).toMatchObject({ errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, memberId: "" });
    expect(known).toMatchObject({ errorCode: 0, leader });
  });
});

describe("rebalances", () => {
  test("everybody learns the generation, only the leader the members", async () => {
    const world = await GroupWorld.started();
    const { leader, follower, generationId, assignments } = await groupOfTwo(world);

    expect(generationId).toBe(2);
    expect(world.state()).toBe("Stable");
    const described = world.groups.describeGroup("g", 6);
    expect(described.members.map(({ memberId }) => memberId).sort()).toEqual(
      [leader, follower].sort(),
    );
    expect(
      described.members.find(({ memberId }) => memberId === follower)?.memberAssignment,
    ).toEqual(assignments[1]?.assignment);
  });

  test("heartbeats say 27 while members join, and 0 again while they sync", async () => {
    const world = await GroupWorld.started();
    const { leader, follower, generationId } = await groupOfTwo(world);

    world.join({ memberId: leader });
    expect(world.heartbeat({ memberId: follower, generationId })).toBe(
      ErrorCode.REBALANCE_IN_PROGRESS,
    );
    world.join({ memberId: follower });
    await settle();

    expect(world.state()).toBe("CompletingRebalance");
    expect(world.heartbeat({ memberId: follower, generationId: generationId + 1 })).toBe(0);
    expect(world.heartbeat({ memberId: follower, generationId })).toBe(
      ErrorCode.ILLEGAL_GENERATION,
    );
  });

  test("a follower that joins unchanged while stable gets the present generation, no rebalance", async () => {
    const world = await GroupWorld.started();
    const { leader, follower, generationId } = await groupOfTwo(world);

    const response = await world.join({ memberId: follower }).promise;

    expect(response).toMatchObject({ errorCode: 0, generationId, leader, members: [] });
    expect(world.state()).toBe("Stable");
  });

  test("a follower with changed metadata starts one", async () => {
    const world = await GroupWorld.started();
    const { follower } = await groupOfTwo(world);

    const parked = world.join({ memberId: follower, protocols: [["range", "changed"]] });
    await settle();

    expect(parked.answer).toBeUndefined();
    expect(world.state()).toBe("PreparingRebalance");
  });

  test("a member that missed its answer gets it again while the group syncs", async () => {
    const world = await GroupWorld.started();
    const joined = await world.join({ version: 3 }).promise;

    const again = await world.join({ memberId: joined.memberId }).promise;

    expect(again).toMatchObject({ generationId: joined.generationId, leader: joined.memberId });
    expect(again.members).toHaveLength(1);
  });

  test("who does not join again within the rebalance timeout is out, and the next one leads", async () => {
    const world = await GroupWorld.started();
    const { leader, follower, generationId } = await groupOfTwo(world);
    const parked = world.join({ memberId: follower, protocols: [["range", "x"]] });

    for (let second = 0; second < 60; second++) {
      await world.clock.advance(1_000);
      world.heartbeat({ memberId: leader, generationId });
    }

    expect(parked.answer).toMatchObject({ errorCode: 0, leader: follower, generationId: 3 });
    expect(world.members()).toEqual([follower]);
    expect(world.heartbeat({ memberId: leader, generationId })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test("KIP-134: the first rebalance waits for company, and longer while it keeps coming", async () => {
    const world = await GroupWorld.started({ groupInitialRebalanceDelayMs: 3_000 });
    const first = await world.joinTwice();
    await world.clock.advance(2_900);
    const second = await world.joinTwice();
    await world.clock.advance(200);
    expect(first.answer).toBeUndefined();

    await world.clock.advance(3_000);

    expect(first.answer).toMatchObject({ generationId: 1 });
    expect(second.answer).toMatchObject({ generationId: 1 });
    expect(world.members()).toHaveLength(2);
  });

  test("KIP-134: company cannot put it off beyond the rebalance timeout", async () => {
    const world = await GroupWorld.started({ groupInitialRebalanceDelayMs: 3_000 });
    const first = await world.joinTwice({ rebalanceTimeoutMs: 7_000 });
    for (let second = 0; second < 9; second++) {
      await world.joinTwice({ rebalanceTimeoutMs: 7_000 });
      await world.clock.advance(1_000);
    }

    expect(first.answer).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  test("without a delay, who starts together is together: an id given out is waited for, shortly", async () => {
    const world = await GroupWorld.started();
    const given = await Promise.all(Array.from({ length: 5 }, () => world.join().promise));
    const joins = [];
    for (const { memberId } of given) {
      joins.push(world.join({ memberId }));
      await world.clock.advance(10);
    }
    expect(joins[0]?.answer).toBeUndefined();

    await world.clock.advance(30);

    expect(joins.map(({ answer }) => answer?.generationId)).toEqual([1, 1, 1, 1, 1]);
    expect(world.members()).toHaveLength(5);
  });

  test("without a delay one member alone is answered at once, and waits half a second at most for who is gone", async () => {
    const world = await GroupWorld.started();
    expect((await (await world.joinTwice({ groupId: "alone" })).promise).generationId).toBe(1);

    await world.join().promise;
    const joined = await world.joinTwice();
    await world.clock.advance(499);
    expect(joined.answer).toBeUndefined();
    await world.clock.advance(1);

    expect(joined.answer).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  test("a new member that is never answered is forgotten after five minutes, not at its session's end", async () => {
    const world = await GroupWorld.started();
    const { leader, follower, generationId } = await groupOfTwo(world);
    const newcomer = await world.joinTwice({ clientId: "n", rebalanceTimeoutMs: 900_000 });
    const beat = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        await world.clock.advance(1_000);
        for (const memberId of [leader, follower]) world.heartbeat({ memberId, generationId });
      }
    };
    await beat(60);
    expect(world.members()).toContain(leader);
    expect(newcomer.answer).toBeUndefined();

    await beat(250);

    expect(newcomer.answer).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
  });
});

describe("sessions", () => {
  test("a member without heartbeats is out after its session timeout, and the others rebalance", async () => {
    const world = await GroupWorld.started();
    const { leader, follower, generationId } = await groupOfTwo(world);
    for (let second = 0; second < 10; second++) {
      await world.clock.advance(1_000);
      world.heartbeat({ memberId: leader, generationId });
    }
    await world.clock.advance(1);

    expect(world.members()).toEqual([leader]);
    expect(world.heartbeat({ memberId: leader, generationId })).toBe(
      ErrorCode.REBALANCE_IN_PROGRESS,
    );
    expect(world.heartbeat({ memberId: follower, generationId })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test("the last member's end empties the group: one generation more, and durable", async () => {
    const world = await GroupWorld.started();
    const { generationId } = await groupOfTwo(world);

    await world.clock.advance(10_001);

    expect(world.state()).toBe("Empty");
    await world.restart();
    expect(world.state()).toBe("Empty");
    const next = await (await world.joinTwice()).promise;
    expect(next.generationId).toBe(generationId + 2);
  });

  test("commits of offsets keep a session alive as heartbeats do", async () => {
    const world = await GroupWorld.started();
    const { leader, generationId } = await groupOfTwo(world);
    for (let second = 0; second < 30; second++) {
      await world.clock.advance(1_000);
      await world.commit({ memberId: leader, generationIdOrMemberEpoch: generationId });
    }

    expect(world.members()).toEqual([leader]);
  });

  test("200 members share one generation and one leader, and go when their sessions end", async () => {
    const world = await GroupWorld.started({ groupInitialRebalanceDelayMs: 3_000 });
    const joins = await Promise.all(Array.from({ length: 200 }, () => world.joinTwice()));
    await world.clock.advance(6_000);
    const answers = joins.map(({ answer }) => answer);
    const leader = answers[0]?.leader ?? "";
    await world.sync({ memberId: leader }).promise;

    expect(answers.every((answer) => answer?.generationId === 1)).toBe(true);
    expect(answers.filter((answer) => (answer?.members?.length ?? 0) > 0)).toHaveLength(1);
    await world.clock.advance(60_001);
    expect(world.members().length).toBeLessThanOrEqual(1);
  });
});

describe("SyncGroup", () => {
  test("refuses what does not fit, in Kafka's codes", async () => {
    const world = await GroupWorld.started();
    const { memberId, generationId } = await world.join({ version: 3 }).promise;
    const codeOf = async (sync: object) =>
      (
        await world.sync({
          memberId,
          generationId: generationId ?? 0,
          protocolName: "range",
          ...sync,
        }).promise
      ).errorCode;

    expect(await codeOf({ generationId: 99 })).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(await codeOf({ memberId: "zz" })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(await codeOf({ protocolType: "x" })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(await codeOf({ protocolName: "x" })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(await codeOf({ groupId: "" })).toBe(ErrorCode.INVALID_GROUP_ID);
    expect(await codeOf({ groupId: "nogroup" })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test("a repeated one gets the same assignment again", async () => {
    const world = await GroupWorld.started();
    const { follower, generationId, assignments } = await groupOfTwo(world);

    const again = await world.sync({ memberId: follower, generationId }).promise;

    expect(again).toMatchObject({ errorCode: 0, protocolType: "consumer", protocolName: "range" });
    expect(again.assignment).toEqual(assignments[1]?.assignment);
  });

  test("a follower waits for the leader, and joins anew if the leader is gone", async () => {
    const world = await GroupWorld.started();
    const { leader, follower, generationId } = await groupOfTwo(world);
    const joins = [leader, follower].map((memberId) => world.join({ memberId }));
    await Promise.all(joins.map(({ promise }) => promise));
    const waiting = world.sync({ memberId: follower, generationId: generationId + 1 });
    await settle();
    expect(waiting.answer).toBeUndefined();

    await world.leave(leader);

    expect((await waiting.promise).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test("members that never sync are out after the rebalance timeout, so that the others go on", async () => {
    const world = await GroupWorld.started();
    const { leader, follower, generationId } = await groupOfTwo(world);
    const joins = [leader, follower].map((memberId) => world.join({ memberId }));
    await Promise.all(joins.map(({ promise }) => promise));
    await world.sync({ memberId: leader, generationId: generationId + 1 }).promise;

    for (let second = 0; second <= 60; second++) {
      for (const memberId of [leader, follower]) {
        world.heartbeat({ memberId, generationId: generationId + 1 });
      }
      await world.clock.advance(1_000);
    }

    expect(world.members()).toEqual([leader]);
    expect(world.state()).toBe("PreparingRebalance");
  });
});

describe("LeaveGroup", () => {
  test("several members leave at once, each with its own result", async () => {
    const world = await GroupWorld.started();
    const { leader, follower } = await groupOfTwo(world);

    const members = [leader, "zz", follower].map((memberId) => ({
      memberId,
      groupInstanceId: null,
      reason: "done",
    }));
    const response = await world.groups.leaveGroup("g", members);

    expect(response.members?.map(({ errorCode }) => errorCode)).toEqual([
      0,
      ErrorCode.UNKNOWN_MEMBER_ID,
      0,
    ]);
    expect(world.state()).toBe("Empty");
  });

  test("a member that was only given an id may leave, too", async () => {
    const world = await GroupWorld.started();
    const { memberId } = await world.join().promise;

    expect(await world.leave(memberId)).toBe(0);
    expect((await world.join({ memberId }).promise).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test("of an unknown group every member is unknown", async () => {
    const world = await GroupWorld.started();

    expect(await world.leave("zz")).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });
});
