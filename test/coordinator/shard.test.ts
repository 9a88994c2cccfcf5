import { describe, expect, test } from "vitest";
import { ErrorCode, KafkaError } from "../../src/protocol/errors.ts";
import { GroupWorld, settle } from "../support/coordinator/group-world.ts";

function partitionOf(world: GroupWorld) {
  const [partition] = world.topic.partitions;
  if (partition === undefined) throw new Error("no partition");
  return partition;
}

describe("before the state is there", () => {
  test("without the internal topic nobody coordinates; with it, groups are ready at once", async () => {
    const world = new GroupWorld();
    await world.groups.start();
    expect((await world.join().promise).errorCode).toBe(ErrorCode.NOT_COORDINATOR);

    await world.groups.ensureTopic();

    expect((await world.join({ version: 3 }).promise).errorCode).toBe(0);
  });

  test("requests hear that it is being loaded", async () => {
    const world = await GroupWorld.started();
    await world.commit({ offset: 5 });
    world.groups.close();
    const restarted = world.restart();

    expect((await world.join().promise).errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);

    await restarted;
    expect(await world.committed()).toBe(5);
  });

  test("a partition that cannot be read is tried again", async () => {
    const world = await GroupWorld.started();
    await world.commit({ offset: 5 });
    const partition = partitionOf(world);
    partition.readFailure = new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, "disk gone");
    await world.restart();
    expect(await world.commit({ offset: 6 })).toBe(ErrorCode.NOT_COORDINATOR);
    expect(world.heartbeat({ memberId: "m" })).toBe(ErrorCode.NOT_COORDINATOR);

    partition.readFailure = undefined;
    await world.clock.advance(1_000);

    expect(await world.committed()).toBe(5);
  });
});

describe("decide, replay, commit", () => {
  test("an offset is acknowledged when it is committed, and not given out before", async () => {
    const world = await GroupWorld.started();
    await world.commit({ offset: 1 });
    const partition = partitionOf(world);
    partition.hold();
    let acknowledged = false;
    let fetched = false;

    const commit = world.commit({ offset: 2 }).then(() => {
      acknowledged = true;
    });
    const fetch = world.committed().then((offset) => {
      fetched = true;
      return offset;
    });
    await settle();
    expect([acknowledged, fetched]).toEqual([false, false]);

    partition.release();

    await commit;
    expect(await fetch).toBe(2);
  });

  test("what is decided while an append is under way shares the next one", async () => {
    const world = await GroupWorld.started();
    const partition = partitionOf(world);
    partition.hold();
    const commits = Array.from({ length: 50 }, (_, i) =>
      world.commit({ partition: i % 12, offset: i }),
    );
    await settle();

    partition.release();

    expect(await Promise.all(commits)).toEqual(commits.map(() => 0));
    expect(partition.batches).toHaveLength(2);
    expect(await world.committed(1)).toBe(49);
  });

  test("a failed append forgets what was decided: the state is loaded from the log again", async () => {
    const world = await GroupWorld.started();
    await world.commit({ offset: 1 });
    const partition = partitionOf(world);
    partition.failure = new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, "disk full");

    expect(await world.commit({ offset: 2 })).toBe(ErrorCode.NOT_COORDINATOR);

    partition.failure = undefined;
    await settle();
    expect(await world.committed()).toBe(1);
    expect(await world.commit({ offset: 3 })).toBe(0);
    expect(await world.committed()).toBe(3);
  });

  test("a log that goes on failing is left alone for longer and longer, and told of once", async () => {
    const world = await GroupWorld.started();
    await world.commit({ offset: 1 });
    const partition = partitionOf(world);
    partition.failure = new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, "disk full");
    let reads = 0;
    const read = partition.read.bind(partition);
    partition.read = (...range) => {
      reads += 1;
      return read(...range);
    };

    for (let i = 0; i < 600; i++) {
      expect(await world.commit({ offset: 2 })).toBe(ErrorCode.NOT_COORDINATOR);
      await world.clock.advance(100);
    }

    // A minute: at once, then after 2, 4, 8 and every 10 seconds.
    expect(reads).toBeLessThan(12);
    expect(world.errors).toHaveLength(1);
    partition.failure = undefined;
    await world.clock.advance(10_000);
    expect(await world.committed()).toBe(1);
    expect(await world.commit({ offset: 3 })).toBe(0);
  });

  test("whoever waits in a group when its shard is dropped looks for the coordinator again", async () => {
    const world = await GroupWorld.started();
    const joined = await world.join({ version: 3 }).promise;
    const newcomer = await world.joinTwice();
    const again = await world.join({ memberId: joined.memberId }).promise;
    const waiting = world.sync({ memberId: (await newcomer.promise).memberId, generationId: 2 });
    partitionOf(world).failure = new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, "moved");

    const leading = world.sync({ memberId: again.memberId, generationId: 2 });

    expect((await leading.promise).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    expect((await waiting.promise).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
  });

  test.each([
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
  ])("an append that fails with %i is reported as %i", async (failure, reported) => {
    const world = await GroupWorld.started();
    partitionOf(world).failure = new KafkaError(failure, "no");

    expect(await world.commit({})).toBe(reported);
  });

  test("an append that takes too long is reported, and counts if it succeeds after all", async () => {
    const world = await GroupWorld.started();
    const partition = partitionOf(world);
    partition.hold();
    const commit = world.commit({ offset: 2 });

    await world.clock.advance(5_000);
    expect(await commit).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);

    partition.release();
    await settle();
    expect(await world.committed()).toBe(2);
  });

  test("commits that wait behind a stuck append are reported in time, too", async () => {
    const world = await GroupWorld.started();
    partitionOf(world).hold();
    const first = world.commit({ offset: 2 });
    await world.clock.advance(3_000);
    const second = world.commit({ offset: 3 });
    const fetch = world.groups.fetchOffsets("g", null);

    await world.clock.advance(2_000);
    expect(await first).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    await world.clock.advance(3_000);
    expect(await second).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect((await fetch).errorCode).toBe(ErrorCode.NOT_COORDINATOR);

    partitionOf(world).release();
    await settle();
    expect(await world.committed()).toBe(3);
  });

  test("assignments too large for a batch are refused, and the group may try again", async () => {
    const world = await GroupWorld.started({ messageMaxBytes: 10_000 });
    const { memberId } = await world.join({ version: 3 }).promise;
    const assignments = [{ memberId, assignment: Buffer.alloc(20_000) }];

    const refused = await world.sync({ memberId, assignments }).promise;

    expect(refused.errorCode).toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
    expect(world.state()).toBe("PreparingRebalance");
    const again = await world.join({ memberId }).promise;
    const generationId = again.generationId ?? 0;
    expect((await world.sync({ memberId, generationId }).promise).errorCode).toBe(0);
  });
});

describe("restart", () => {
  test("members carry on with their generation, and their sessions begin anew", async () => {
    const world = await GroupWorld.started();
    const { memberId } = await world.join({ version: 3 }).promise;
    const assignments = [{ memberId, assignment: Buffer.from("mine") }];
    await world.sync({ memberId, assignments }).promise;
    await world.clock.advance(9_000);

    await world.restart();

    await world.clock.advance(9_000);
    expect(world.heartbeat({ memberId })).toBe(0);
    expect((await world.sync({ memberId }).promise).assignment?.toString()).toBe("mine");
    expect((await world.join({ memberId }).promise).generationId).toBe(2);
    await world.restart();
    await world.clock.advance(10_001);
    expect(world.members()).toEqual([]);
  });

  test("compressed records are read as any others", async () => {
    const world = await GroupWorld.started({ offsetsTopicCompressionCodec: 1 });
    await world.commit({ offset: 4, metadata: "m".repeat(4000) });
    expect(partitionOf(world).batches[0]?.length).toBeLessThan(1000);

    await world.restart();

    expect(await world.committed()).toBe(4);
  });

  test("a generation whose assignments were never stored is forgotten", async () => {
    const world = await GroupWorld.started();
    const joined = await world.join({ version: 3 }).promise;
    partitionOf(world).hold();
    world.sync({ memberId: joined.memberId });

    await world.restart();

    expect(world.heartbeat({ memberId: joined.memberId })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(world.state()).toBe("Dead");
  });

  test("a group above a lowered group.max.size shrinks to it", async () => {
    const world = await GroupWorld.started();
    const first = await world.join({ version: 3 }).promise;
    const second = await world.joinTwice();
    await world.join({ memberId: first.memberId }).promise;
    const ids = [first.memberId, (await second.promise).memberId];
    world.sync({ memberId: ids[1] ?? "", generationId: 2 });
    await world.sync({ memberId: first.memberId, generationId: 2 }).promise;
    Object.assign(world.settings, { groupMaxSize: 1 });

    await world.restart();

    expect(world.state()).toBe("PreparingRebalance");
    const answers = ids.map((memberId) => world.join({ memberId }));
    await world.clock.advance(60_001);
    expect(answers.map(({ answer }) => answer?.errorCode).sort()).toEqual([
      0,
      ErrorCode.GROUP_MAX_SIZE_REACHED,
    ]);
  });

  test("once the internal topic is deleted nobody coordinates, until it is made again", async () => {
    const world = await GroupWorld.started();
    await world.commit({ offset: 4 });

    world.topic.exists = false;
    await world.groups.onTopicDeleted("__consumer_offsets");

    expect(await world.commit({ offset: 5 })).toBe(ErrorCode.NOT_COORDINATOR);
    await world.groups.ensureTopic();
    expect(await world.commit({ offset: 6 })).not.toBe(ErrorCode.NOT_COORDINATOR);
  });

  test("giving a partition up answers NOT_COORDINATOR until it is loaded again", async () => {
    const world = await GroupWorld.started();
    await world.commit({ offset: 4 });

    world.groups.close();

    expect(await world.commit({ offset: 5 })).toBe(ErrorCode.NOT_COORDINATOR);
    await world.restart();
    expect(await world.committed()).toBe(4);
  });
});
