import { beforeEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { ZERO_UUID } from "../../src/protocol/uuid.ts";
import { heartbeat } from "../support/coordinator/consumer-member.ts";
import { GroupWorld } from "../support/coordinator/group-world.ts";

const LOADING = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
const member = { memberId: "m", groupInstanceId: null, reason: null };
const partitions = [{ partitionIndex: 0 }];
const everything = { statesFilter: [], typesFilter: [] };

let world: GroupWorld;
/** Lets the log be read to its end. */
let load: () => Promise<void>;

/** A coordinator that has a log to read and has not read it yet. */
beforeEach(async () => {
  world = await GroupWorld.started();
  await world.commit({ offset: 5 });
  const release = world.topic.partitions[0]?.holdReads();
  const restarted = world.restart();
  load = () => {
    release?.();
    return restarted;
  };
});

describe("until the log is replayed", () => {
  const asked: Readonly<Record<string, () => Promise<number | undefined>>> = {
    JoinGroup: async () => (await world.join().promise).errorCode,
    LeaveGroup: async () => (await world.groups.leaveGroup("g", [member])).errorCode,
    OffsetCommit: () => world.commit({ offset: 6 }),
    OffsetFetch: async () => (await world.groups.fetchOffsets("g", null)).errorCode,
    OffsetDelete: async () => {
      const topics = [{ name: "orders", partitions }];
      return (await world.groups.deleteOffsets({ groupId: "g", topics })).errorCode;
    },
    DeleteGroups: () => world.groups.deleteGroup("g"),
    DescribeGroups: async () => world.groups.describeGroup("g", 6).errorCode,
    ListGroups: async () => world.groups.listGroups(everything).errorCode,
    ConsumerGroupDescribe: async () => world.groups.describeConsumerGroup("g").errorCode,
    ConsumerGroupHeartbeat: async () => {
      const join = { memberId: "m", memberEpoch: 0, rebalanceTimeoutMs: 1000 };
      const subscribed = { subscribedTopicNames: ["orders"], topicPartitions: [] };
      return (await heartbeat(world, { ...join, ...subscribed })).errorCode;
    },
  };

  test.each(Object.keys(asked))("%s hears COORDINATOR_LOAD_IN_PROGRESS", async (api) => {
    expect(await asked[api]?.()).toBe(LOADING);
    await load();
    expect(await asked[api]?.()).not.toBe(LOADING);
  });

  test("Heartbeat is told nothing, so that members stay", () => {
    expect(world.heartbeat({ memberId: "m" })).toBe(ErrorCode.NONE);
  });

  test("SyncGroup is told to join again, which every client understands", async () => {
    const synced = await world.sync({ memberId: "m" }).promise;
    expect(synced.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test("nothing that was asked changed anything", async () => {
    await Promise.all(Object.values(asked).map((ask) => ask()));
    await load();

    expect(await world.committed()).toBe(5);
    const wanted = [{ name: "orders", topicId: ZERO_UUID, partitionIndexes: [0] }];
    expect((await world.groups.fetchOffsets("g", wanted)).errorCode).toBe(0);
    expect(world.groups.listGroups(everything).groups).toHaveLength(1);
  });
});

test("ListGroups leaves out a partition that this broker has given up, and lists the others", async () => {
  const two = new GroupWorld({}, 2);
  await two.groups.start();
  await two.groups.ensureTopic();
  const ids = ["g0", "g1"];
  for (const groupId of ids) await two.commit({ groupId });
  const [failing, sound] = two.topic.partitions;
  if (failing === undefined || sound === undefined) throw new Error("too few partitions");

  failing.readFailure = new Error("disk gone");
  await two.restart();

  const { errorCode, groups } = two.groups.listGroups(everything);
  expect(errorCode).toBe(ErrorCode.NONE);
  const elsewhere = ids.filter((groupId) => two.groups.partitionFor(groupId) === 1);
  expect(groups.map(({ groupId }) => groupId)).toEqual(elsewhere);
  expect(elsewhere).toHaveLength(1);
});
