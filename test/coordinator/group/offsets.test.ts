import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../../src/protocol/errors.ts";
import { ZERO_UUID } from "../../../src/protocol/uuid.ts";
import { GroupWorld, settle } from "../../support/coordinator/group-world.ts";

const DAY_MS = 86_400_000;

/** A consumer subscription to `topics`, as the consumer protocol writes it. */
function subscription(...topics: string[]): string {
  const parts = topics.map((topic) => `\0${String.fromCharCode(topic.length)}${topic}`);
  return `\0\0\0\0\0${String.fromCharCode(topics.length)}${parts.join("")}`;
}

async function stableMember(world: GroupWorld, protocolType = "consumer", ...topics: string[]) {
  const metadata = subscription(...topics);
  const joined = await world.join({ version: 3, protocolType, protocols: [["range", metadata]] })
    .promise;
  const generationId = joined.generationId ?? 0;
  await world.sync({ memberId: joined.memberId, generationId, protocolType: null }).promise;
  return { memberId: joined.memberId, generationIdOrMemberEpoch: generationId };
}

describe("who may commit", () => {
  test("a simple consumer, for a group without members; it makes the group", async () => {
    const world = await GroupWorld.started();

    expect(await world.commit({ offset: 3 })).toBe(0);

    expect(await world.committed()).toBe(3);
    expect(world.groups.describeGroup("g", 6)).toMatchObject({
      groupState: "Empty",
      protocolType: "",
    });
  });

  test("nobody without member id, once there are members", async () => {
    const world = await GroupWorld.started();
    await stableMember(world);

    expect(await world.commit({})).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test("a member of the present generation only", async () => {
    const world = await GroupWorld.started();
    const member = await stableMember(world);

    expect(await world.commit(member)).toBe(0);
    expect(await world.commit({ ...member, generationIdOrMemberEpoch: 6 })).toBe(
      ErrorCode.ILLEGAL_GENERATION,
    );
    expect(await world.commit({ ...member, memberId: "zz" })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test("members may commit while the group prepares to rebalance, not while it waits for the assignment", async () => {
    const world = await GroupWorld.started();
    const member = await stableMember(world);
    await world.joinTwice();
    await settle();
    expect(world.state()).toBe("PreparingRebalance");
    expect(await world.commit(member)).toBe(0);

    const again = await world.join({ memberId: member.memberId }).promise;

    const generationIdOrMemberEpoch = again.generationId ?? 0;
    expect(await world.commit({ ...member, generationIdOrMemberEpoch })).toBe(
      ErrorCode.REBALANCE_IN_PROGRESS,
    );
  });

  test("a generation of a group that is not there is told apart from version 9 on", async () => {
    const world = await GroupWorld.started();
    const commit = { memberId: "m", generationIdOrMemberEpoch: 5 };

    expect(await world.commit({ ...commit, version: 9 })).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    expect(await world.commit({ ...commit, version: 8 })).toBe(ErrorCode.ILLEGAL_GENERATION);
  });
});

describe("what is stored", () => {
  test("metadata up to offset.metadata.max.bytes, null as empty, offset -1 as any other", async () => {
    const world = await GroupWorld.started();

    expect(await world.commit({ metadata: "x".repeat(4096) })).toBe(0);
    expect(await world.commit({ metadata: "x".repeat(4097) })).toBe(
      ErrorCode.OFFSET_METADATA_TOO_LARGE,
    );
    expect(await world.commit({ metadata: null, offset: -1 })).toBe(0);

    const { topics } = await world.groups.fetchOffsets("g", null);
    expect(topics[0]?.partitions).toEqual([
      {
        partitionIndex: 0,
        committedOffset: -1,
        committedLeaderEpoch: 0,
        metadata: "",
        errorCode: 0,
      },
    ]);
  });

  test("what was never committed is offset -1 without error, also of an unknown group", async () => {
    const world = await GroupWorld.started();

    const wanted = [{ name: "nope", topicId: ZERO_UUID, partitionIndexes: [7] }];
    const { errorCode, topics } = await world.groups.fetchOffsets("nogroup", wanted);

    expect(errorCode).toBe(0);
    expect(topics[0]?.partitions).toEqual([
      {
        partitionIndex: 7,
        committedOffset: -1,
        committedLeaderEpoch: -1,
        metadata: "",
        errorCode: 0,
      },
    ]);
  });

  test("an offset of a deleted topic is none of the new topic of that name", async () => {
    const world = await GroupWorld.started();
    await world.commit({ offset: 9 });

    world.topics.delete("orders");
    world.topics.set("orders", 12);

    expect(await world.committed()).toBe(-1);
    expect((await world.groups.fetchOffsets("g", null)).topics).toEqual([]);
  });

  test("deleting a topic removes its offsets for good", async () => {
    const world = await GroupWorld.started();
    world.topics.set("bills", 12);
    await world.commit({ offset: 9 });
    await world.commit({ offset: 8, topic: "bills" });

    await world.groups.onTopicDeleted("orders");
    await world.restart();

    expect(await world.committed()).toBe(-1);
    expect(await world.committed(0, "g", "bills")).toBe(8);
  });
});

describe("OffsetDelete", () => {
  const request = (name: string) => ({
    groupId: "g",
    topics: [{ name, partitions: [{ partitionIndex: 0 }, { partitionIndex: 3 }] }],
  });

  test("removes offsets of topics that no member reads", async () => {
    const world = await GroupWorld.started();
    const member = await stableMember(world, "consumer", "bills");
    await world.commit({ ...member, offset: 5 });

    const response = await world.groups.deleteOffsets(request("orders"));

    expect(response.topics?.[0]?.partitions?.map(({ errorCode }) => errorCode)).toEqual([0, 0]);
    expect(await world.committed()).toBe(-1);
  });

  test("keeps those of topics that are read", async () => {
    const world = await GroupWorld.started();
    const member = await stableMember(world, "consumer", "orders");
    await world.commit({ ...member, offset: 5 });

    const response = await world.groups.deleteOffsets(request("orders"));

    expect(response.topics?.[0]?.partitions?.[0]?.errorCode).toBe(
      ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
    );
    expect(await world.committed()).toBe(5);
  });

  test("refuses groups that are not there, or whose members are no consumers", async () => {
    const world = await GroupWorld.started();

    expect((await world.groups.deleteOffsets(request("orders"))).errorCode).toBe(
      ErrorCode.GROUP_ID_NOT_FOUND,
    );
    await stableMember(world, "connect");
    expect((await world.groups.deleteOffsets(request("orders"))).errorCode).toBe(
      ErrorCode.NON_EMPTY_GROUP,
    );
    expect(
      (await world.groups.deleteOffsets({ ...request("orders"), groupId: "" })).errorCode,
    ).toBe(ErrorCode.INVALID_GROUP_ID);
  });
});

describe("DeleteGroups", () => {
  test("removes an empty group with its offsets, for good", async () => {
    const world = await GroupWorld.started();
    await world.commit({ offset: 5 });

    expect(await world.groups.deleteGroup("g")).toBe(0);
    await world.restart();

    expect(await world.committed()).toBe(-1);
    expect(await world.groups.deleteGroup("g")).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    expect(world.groups.listGroups({ statesFilter: [], typesFilter: [] }).groups).toEqual([]);
  });

  test("leaves a group with members alone", async () => {
    const world = await GroupWorld.started();
    await stableMember(world);

    expect(await world.groups.deleteGroup("g")).toBe(ErrorCode.NON_EMPTY_GROUP);
  });
});

describe("KIP-211: how long offsets are kept", () => {
  test("those of a simple consumer until the retention after their commit", async () => {
    const world = await GroupWorld.started();
    await world.commit({ partition: 0 });
    await world.clock.advance(4 * DAY_MS);
    await world.commit({ partition: 1 });

    await world.clock.advance(4 * DAY_MS);

    expect(await world.committed(0)).toBe(-1);
    expect(await world.committed(1)).toBe(7);
  });

  test("those of a group with members until the retention after it got empty; then the group goes, too", async () => {
    const world = await GroupWorld.started();
    const member = await stableMember(world, "consumer", "orders");
    await world.commit(member);
    for (let hour = 0; hour < 24 * 8; hour++) {
      for (let beat = 0; beat < 360; beat += 359) {
        await world.clock.advance(9_000);
        world.heartbeat({
          memberId: member.memberId,
          generationId: member.generationIdOrMemberEpoch,
        });
      }
    }
    expect(await world.committed()).toBe(7);

    await world.leave(member.memberId);
    await world.clock.advance(6 * DAY_MS);
    expect(await world.committed()).toBe(7);
    await world.clock.advance(2 * DAY_MS);

    expect(await world.committed()).toBe(-1);
    expect(world.groups.describeGroup("g", 6).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
  });

  test("the retention that a client of version 2 to 4 names overrules it", async () => {
    const world = await GroupWorld.started();
    await world.commit({ partition: 0, retentionTimeMs: 20 * DAY_MS });
    await world.commit({ partition: 1, retentionTimeMs: 1_000 });

    await world.clock.advance(8 * DAY_MS);
    await world.restart();

    expect(await world.committed(0)).toBe(7);
    expect(await world.committed(1)).toBe(-1);
  });
});

describe("ListGroups", () => {
  test("filters by state and type, in any case; what is unknown matches nothing", async () => {
    const world = await GroupWorld.started();
    await stableMember(world);
    await world.commit({ groupId: "simple" });
    const list = (statesFilter: string[], typesFilter: string[]) =>
      world.groups.listGroups({ statesFilter, typesFilter }).groups.map(({ groupId }) => groupId);

    expect(list([], [])).toEqual(["g", "simple"]);
    expect(list(["stable"], [])).toEqual(["g"]);
    expect(list([], ["Classic"])).toEqual(["g", "simple"]);
    expect(list(["nonsense"], [])).toEqual([]);
    expect(list([], ["nonsense"])).toEqual([]);
  });
});
