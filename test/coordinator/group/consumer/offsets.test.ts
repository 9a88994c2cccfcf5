import { describe, expect, test } from "vitest";
import { ZERO_UUID } from "../../../../src/protocol/uuid.ts";
import { ClassicSpeaker } from "../../../support/coordinator/classic-speaker.ts";
import { Member, untilSettled } from "../../../support/coordinator/consumer-member.ts";
import { GroupWorld, settle } from "../../../support/coordinator/group-world.ts";

/** Two members that share the partitions, both at epoch 3. */
async function twoMembers() {
  const world = await GroupWorld.started();
  const first = await new Member(world, "a").join();
  const second = await new Member(world, "b").join();
  await untilSettled([first, second]);
  const partitionOf = (member: Member) => Number(member.owned[0]?.split("/")[1]);
  return { world, first, second, partitionOf };
}

function commit(world: GroupWorld, memberId: string, epoch: number, more: object = {}) {
  return world.commit({ memberId, generationIdOrMemberEpoch: epoch, offset: 5, ...more });
}

describe("a member of a consumer group commits", () => {
  test("with its epoch, whatever the partition", async () => {
    const { world } = await twoMembers();

    expect(await commit(world, "a", 3, { partition: 1 })).toBe(0);
    expect(await world.committed(1)).toBe(5);
  });

  test("not with an epoch that is still to come, nor as somebody unknown, nor as nobody", async () => {
    const { world } = await twoMembers();

    expect(await commit(world, "a", 4)).toBe(113);
    expect(await commit(world, "x", 3)).toBe(25);
    expect(await commit(world, "", -1)).toBe(25);
  });

  test("with an older epoch what it has had since then", async () => {
    const { world, first, second, partitionOf } = await twoMembers();

    // The first has had its partitions since epoch 2, the second only since epoch 3.
    expect(await commit(world, "a", 2, { partition: partitionOf(first) })).toBe(0);
    expect(await commit(world, "a", 2, { partition: partitionOf(second) })).toBe(113);
    expect(await commit(world, "b", 2, { partition: partitionOf(second) })).toBe(113);
  });

  test("what it has yet to give up", async () => {
    const world = await GroupWorld.started();
    const first = await new Member(world, "a").join();
    const second = await new Member(world, "b").join();
    await first.heartbeat();
    const kept = new Set(first.owned);
    const lost = Array.from({ length: 12 }, (_, at) => at).find((at) => !kept.has(`orders/${at}`));

    expect(await commit(world, "a", 2, { partition: lost })).toBe(0);

    await untilSettled([first, second]);
    expect(await commit(world, "a", 2, { partition: lost })).toBe(113);
  });

  test("with OffsetCommit v9 or above", async () => {
    const { world } = await twoMembers();

    expect(await commit(world, "a", 3, { version: 8 })).toBe(35);
  });

  test("by its generation, if it speaks the classic protocol", async () => {
    const world = await GroupWorld.started();
    await new Member(world, "a").join();
    const classic = await new ClassicSpeaker(world).join();

    const { memberId, generationId } = classic;
    expect(await commit(world, memberId, generationId, { version: 8 })).toBe(0);
    expect(await commit(world, memberId, generationId + 1, { version: 8 })).toBe(22);
  });
});

test("an administrator commits and deletes while nobody is there, and reads at any time", async () => {
  const { world, first, second } = await twoMembers();
  const remove = async () => {
    const topics = [{ name: "orders", partitions: [{ partitionIndex: 1 }] }];
    const answer = await world.groups.deleteOffsets({ groupId: "g", topics });
    return answer.topics[0]?.partitions[0]?.errorCode;
  };
  await commit(world, "a", 3, { partition: 1 });
  expect(await remove()).toBe(86);
  expect(await world.committed(1)).toBe(5);

  await first.leave();
  await second.leave();
  expect(await commit(world, "", -1, { partition: 1, offset: 6 })).toBe(0);
  expect(await world.committed(1)).toBe(6);
  expect(await remove()).toBe(0);
  expect(await world.committed(1)).toBe(-1);
});

test.each([
  ["a", 3, 0],
  ["a", 2, 113],
  ["a", -1, 113],
  ["x", 3, 25],
  [null, 3, 25],
  [null, -1, 0],
])("offsets are read as %s at epoch %i: %i", async (memberId, memberEpoch, errorCode) => {
  const { world } = await twoMembers();
  const wanted = [{ name: "orders", topicId: ZERO_UUID, partitionIndexes: [0] }];

  const answer = await world.groups.fetchOffsets("g", wanted, { memberId, memberEpoch });

  expect(answer.errorCode).toBe(errorCode);
});

test("offsets of topics that nobody reads expire, and with the last the group without members", async () => {
  const { world, first, second } = await twoMembers();
  world.topics.set("bills", 1);
  await commit(world, "a", 3, { topic: "bills" });
  await commit(world, "a", 3);
  await first.leave();
  await second.leave();

  const day = 24 * 3_600_000;
  await world.clock.advance(6.9 * day);
  expect(await world.committed(0, "g", "bills")).toBe(5);
  await world.clock.advance(0.2 * day);
  await settle();

  expect(await world.committed(0, "g", "bills")).toBe(-1);
  expect(world.groups.describeConsumerGroup("g").errorCode).toBe(69);
});

test("groups are listed by type and state", async () => {
  const { world } = await twoMembers();
  await world.join({ groupId: "h", version: 3 }).promise;
  const list = (typesFilter: string[], statesFilter: string[] = []) =>
    world.groups.listGroups({ typesFilter, statesFilter }).groups.map(({ groupId }) => groupId);

  expect(list(["Consumer"])).toEqual(["g"]);
  expect(list(["classic"])).toEqual(["h"]);
  expect(list([], ["stable"])).toEqual(["g"]);
  expect(list([], ["reconciling"])).toEqual([]);
  expect(world.groups.listGroups({ typesFilter: ["consumer"], statesFilter: [] }).groups).toEqual([
    { groupId: "g", protocolType: "consumer", groupState: "Stable", groupType: "consumer" },
  ]);
});

test("DescribeGroups, which is about classic groups, knows no consumer group", async () => {
  const { world } = await twoMembers();

  expect(world.groups.describeGroup("g", 6)).toMatchObject({
    errorCode: 69,
    groupState: "Dead",
    errorMessage: "Group g is not a classic group.",
  });
  expect(world.groups.describeGroup("g", 5)).toMatchObject({ errorCode: 0, groupState: "Dead" });
});
