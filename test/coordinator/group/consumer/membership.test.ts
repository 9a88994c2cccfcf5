import { describe, expect, test } from "vitest";
import { heartbeat, Member, untilSettled } from "../../../support/coordinator/consumer-member.ts";
import { asker, GroupWorld, settle } from "../../../support/coordinator/group-world.ts";

const ALL = Array.from({ length: 12 }, (_, partition) => `orders/${partition}`);

async function started(settings = {}): Promise<GroupWorld> {
  return GroupWorld.started(settings);
}

/** Everything the members own, sorted: twice what two of them own. */
function ownedBy(...members: readonly Member[]): string[] {
  const number = (name: string) => Number(name.split("/")[1]);
  return members
    .flatMap(({ owned }) => owned)
    .sort(
      (a, b) =>
        (a.split("/")[0] ?? "").localeCompare(b.split("/")[0] ?? "") || number(a) - number(b),
    );
}

function describeGroup(world: GroupWorld, groupId = "g") {
  return world.groups.describeConsumerGroup(groupId);
}

describe("joining", () => {
  test("the first member has everything at once, at epoch 2", async () => {
    const member = await new Member(await started(), "a").join();

    expect(member.epoch).toBe(2);
    expect(ownedBy(member)).toEqual(ALL);
  });

  test("a member that nothing is new for is told nothing", async () => {
    const world = await started();
    const member = await new Member(world, "a").join();
    const batches = world.topic.partitions[0]?.batches.length;

    const answer = await heartbeat(world, { memberId: "a", memberEpoch: member.epoch });

    expect(answer).toMatchObject({ errorCode: 0, memberEpoch: 2, assignment: null });
    expect(world.topic.partitions[0]?.batches.length).toBe(batches);
  });

  test("a partition goes to its next owner only when the last one has let it go", async () => {
    const world = await started();
    const first = await new Member(world, "a").join();
    const second = await new Member(world, "b").join();
    expect(second.owned).toEqual([]);

    // Told to give half of it up; it has not said yet that it did.
    await first.heartbeat();
    expect([first.owned.length, first.epoch]).toEqual([6, 2]);
    expect((await second.heartbeat()).owned).toEqual([]);
    await first.heartbeat();
    expect(first.epoch).toBe(3);

    expect((await second.heartbeat()).owned.length).toBe(6);
    expect(ownedBy(first, second)).toEqual(ALL);
  });

  test("all get their share, and none twice, however many come", async () => {
    const world = await started();
    const members = ["a", "b", "c", "d", "e"].map((id) => new Member(world, id));
    for (const member of members) await member.join();

    await untilSettled(members);

    expect(ownedBy(...members)).toEqual(ALL);
    for (const { owned } of members) expect([2, 3]).toContain(owned.length);
    expect(describeGroup(world).groupState).toBe("Stable");
  });

  test("more members than the limit are refused", async () => {
    const world = await started({ groupConsumerMaxSize: 1 });
    await new Member(world, "a").join();

    expect((await new Member(world, "b").join()).errorCode).toBe(81);
  });

  test("an empty classic group makes way, one with members becomes a consumer group", async () => {
    const world = await started();
    const { memberId } = await world.join({ version: 3 }).promise;
    await world.leave(memberId ?? "");

    await new Member(world, "a").join();

    expect(describeGroup(world)).toMatchObject({ errorCode: 0, groupEpoch: 2 });
  });

  test("within the assignment interval whoever comes waits for the next assignment", async () => {
    const world = await started({ groupConsumerAssignmentIntervalMs: 1000 });
    const first = await new Member(world, "a").join();
    const second = await new Member(world, "b").join();
    expect(second).toMatchObject({ epoch: 2, owned: [] });
    expect(describeGroup(world)).toMatchObject({ groupEpoch: 3, assignmentEpoch: 2 });

    await world.clock.advance(1000);
    await untilSettled([first, second]);

    expect(ownedBy(first, second)).toEqual(ALL);
  });

  test("the assignor that most members ask for shares the partitions", async () => {
    const world = await started();
    const members = ["a", "b"].map((id) => new Member(world, id, { serverAssignor: "range" }));
    for (const member of members) await member.join();
    await untilSettled(members);

    expect(members[0]?.owned.map((name) => Number(name.split("/")[1]))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(describeGroup(world).assignorName).toBe("range");
  });
});

describe("fencing", () => {
  test("an unknown member, a newer epoch, an older one, and one answer missed", async () => {
    const world = await started();
    const first = await new Member(world, "a").join();
    const second = await new Member(world, "b").join();
    await untilSettled([first, second]);
    const at = (memberEpoch: number, topicPartitions: [] | null) =>
      heartbeat(world, { memberId: "a", memberEpoch, topicPartitions });

    expect((await heartbeat(world, { memberId: "x", memberEpoch: 3 })).errorCode).toBe(25);
    expect((await at(4, null)).errorCode).toBe(110);
    expect((await at(1, [])).errorCode).toBe(110);
    // The epoch before, owning no more than it should: its last answer was lost.
    expect(await at(2, [])).toMatchObject({ errorCode: 0, memberEpoch: 3 });
    expect((await at(2, null)).errorCode).toBe(110);
  });

  test("a member is out when its session is over, and what it had goes to the others", async () => {
    const world = await started();
    const first = await new Member(world, "a").join();
    const second = await new Member(world, "b").join();
    await untilSettled([first, second]);

    await world.clock.advance(30_000);
    await first.heartbeat();
    await world.clock.advance(15_001);
    await settle();

    await untilSettled([first]);
    expect(ownedBy(first)).toEqual(ALL);
    expect((await second.heartbeat()).errorCode).toBe(25);
  });

  test("a member that does not give up in time what it must is out", async () => {
    const world = await started();
    const first = await new Member(world, "a", { rebalanceTimeoutMs: 5000 }).join();
    const second = await new Member(world, "b").join();
    await first.heartbeat();

    // It goes on as if it had not been told.
    await world.clock.advance(4000);
    await heartbeat(world, { memberId: "a", memberEpoch: 2 });
    expect(describeGroup(world).members.length).toBe(2);
    await world.clock.advance(1001);
    await settle();

    expect(describeGroup(world).members.map(({ memberId }) => memberId)).toEqual(["b"]);
    await untilSettled([second]);
    expect(ownedBy(second)).toEqual(ALL);
  });

  test("a group's own session timeout holds, within the broker's bounds", async () => {
    const world = await started({ groupConsumerMinSessionTimeoutMs: 10_000 });
    world.groupConfigs.set("g", new Map([["consumer.session.timeout.ms", "1000"]]));
    await new Member(world, "a").join();

    await world.clock.advance(9_999);
    await settle();
    expect(describeGroup(world).members.length).toBe(1);
    await world.clock.advance(2);
    await settle();

    expect(describeGroup(world)).toMatchObject({ groupState: "Empty", members: [] });
  });

  test("a group's own heartbeat interval is told to its members", async () => {
    const world = await started();
    world.groupConfigs.set("g", new Map([["consumer.heartbeat.interval.ms", "7000"]]));

    const answer = await heartbeat(world, {
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: [],
      topicPartitions: [],
    });

    expect(answer.heartbeatIntervalMs).toBe(7000);
  });
});

describe("static members", () => {
  test("leave for a while and find what they had, under another member id too", async () => {
    const world = await started();
    const first = await new Member(world, "a", { instanceId: "i" }).join();
    const second = await new Member(world, "b").join();
    await untilSettled([first, second]);
    const had = first.owned;
    await first.leave(-2);

    const again = await new Member(world, "c", { instanceId: "i" }).join();

    expect(again.owned).toEqual(had);
    expect(again.epoch).toBe(second.epoch);
    expect(
      (await heartbeat(world, { memberId: "a", memberEpoch: 3, instanceId: "i" })).errorCode,
    ).toBe(82);
  });

  test("an instance in use is refused, one that does not come back is given up", async () => {
    const world = await started();
    const first = await new Member(world, "a", { instanceId: "i" }).join();

    expect((await new Member(world, "b", { instanceId: "i" }).join()).errorCode).toBe(111);
    await first.leave(-2);
    await world.clock.advance(45_001);
    await settle();

    expect(describeGroup(world).groupState).toBe("Empty");
  });
});

describe("topics", () => {
  test("that grow, come and go are noticed at the next heartbeat", async () => {
    const world = await started();
    const member = await new Member(world, "a", {
      subscribedTopicNames: ["orders", "bills"],
    }).join();
    const changed = (name: string) => [{ name }];

    world.topics.set("bills", 2);
    world.groups.onTopicsChanged({ created: changed("bills"), changed: [], deleted: [] });
    await member.heartbeat();
    expect(ownedBy(member)).toEqual(["bills/0", "bills/1", ...ALL]);

    world.topics.set("bills", 3);
    world.groups.onTopicsChanged({ created: [], changed: changed("bills"), deleted: [] });
    await member.heartbeat();
    expect(ownedBy(member)).toEqual(["bills/0", "bills/1", "bills/2", ...ALL]);

    world.topics.delete("orders");
    world.groups.onTopicsChanged({ created: [], changed: [], deleted: changed("orders") });
    await untilSettled([member]);
    expect(ownedBy(member)).toEqual(["bills/0", "bills/1", "bills/2"]);
  });

  test("that a member does not read any more are taken from it at once", async () => {
    const world = await started({ groupConsumerAssignmentIntervalMs: 1000 });
    world.topics.set("bills", 2);
    const member = await new Member(world, "a", {
      subscribedTopicNames: ["orders", "bills"],
    }).join();

    await member.heartbeat({ subscribedTopicNames: ["bills"] });

    expect(ownedBy(member)).toEqual(["bills/0", "bills/1"]);
  });

  test("of members that read different ones go to those who read them", async () => {
    const world = await started();
    world.topics.set("bills", 4);
    const members = [
      new Member(world, "a"),
      new Member(world, "b", { subscribedTopicNames: ["bills"] }),
      new Member(world, "c", { subscribedTopicNames: ["bills", "orders"] }),
    ];
    for (const member of members) await member.join();
    await untilSettled(members);

    expect(ownedBy(...members).length).toBe(16);
    expect(new Set(ownedBy(...members)).size).toBe(16);
    expect(members[0]?.owned.every((name) => name.startsWith("orders/"))).toBe(true);
    expect(members[1]?.owned.every((name) => name.startsWith("bills/"))).toBe(true);
  });
});

describe("regular expressions", () => {
  const byRegex = (regex: string) => ({
    subscribedTopicNames: null,
    subscribedTopicRegex: regex,
  });

  test("are resolved after the join, and give topics at the next heartbeat", async () => {
    const world = await started();
    world.topics.set("orders-old", 1);
    const member = await new Member(world, "a", byRegex("orders.*")).join();
    expect(member).toMatchObject({ epoch: 1, owned: [] });
    await settle();

    await member.heartbeat();

    expect(ownedBy(member)).toEqual([...ALL, "orders-old/0"]);
  });

  test("match whole names, as RE2 reads them; one that is none is refused", async () => {
    const world = await started();
    const member = await new Member(world, "a", byRegex("order")).join();
    await settle();
    expect((await member.heartbeat()).owned).toEqual([]);

    const refused = await new Member(world, "b", byRegex("(?<=x)y")).join();

    expect(refused.errorCode).toBe(128);
  });

  test("find topics that are made later, not more often than every ten seconds", async () => {
    const world = await started();
    const member = await new Member(world, "a", byRegex(".*s")).join();
    await settle();
    await member.heartbeat();
    world.topics.set("bills", 1);
    world.groups.onTopicsChanged({ created: [{ name: "bills" }], changed: [], deleted: [] });

    await member.heartbeat();
    await settle();
    await member.heartbeat();
    expect(ownedBy(member)).toEqual(ALL);
    await world.clock.advance(10_001);
    await member.heartbeat();
    await settle();
    await member.heartbeat();

    expect(ownedBy(member)).toEqual(["bills/0", ...ALL]);
  });

  test("find only topics that the member may see", async () => {
    const world = await started();
    world.topics.set("secrets", 1);
    const request = { groupId: "g", memberId: "a", instanceId: null, rackId: null };
    const joining = { ...request, memberEpoch: 0, rebalanceTimeoutMs: 1000, ...byRegex(".*s") };
    const context = {
      ...asker(1),
      may: (_: string, __: string, name: string) => name !== "secrets",
    };
    const ask = (more: object) =>
      world.groups.consumerGroupHeartbeat(
        { serverAssignor: null, topicPartitions: [], ...joining, ...more },
        context,
      );
    await ask({});
    await settle();

    const answer = await ask({ memberEpoch: 1 });

    const told = answer.assignment?.topicPartitions.map(({ topicId }) => topicId);
    expect(told).toEqual([world.topics.topicId("orders")]);
  });

  test("that nobody subscribes by any more are forgotten", async () => {
    const world = await started();
    const member = await new Member(world, "a", byRegex("orders")).join();
    await settle();
    await member.heartbeat();

    await member.heartbeat({ subscribedTopicRegex: "" });
    await untilSettled([member]);

    expect(member.owned).toEqual([]);
    await world.restart();
    expect(describeGroup(world).members[0]).toMatchObject({ subscribedTopicRegex: "" });
  });
});

describe("state", () => {
  test("is in the log: a coordinator that starts again goes on where the last one was", async () => {
    const world = await started();
    const first = await new Member(world, "a", { instanceId: "i" }).join();
    const second = await new Member(world, "b").join();
    await first.heartbeat();
    const before = describeGroup(world);

    await world.restart();

    expect(describeGroup(world)).toEqual(before);
    await untilSettled([first, second]);
    expect(ownedBy(first, second)).toEqual(ALL);
  });

  test("what could not be written did not happen", async () => {
    const world = await started();
    const first = await new Member(world, "a").join();
    const partition = world.topic.partitions[0];
    if (partition === undefined) throw new Error("no partition");
    partition.failure = new Error("disk full");

    const second = await new Member(world, "b").join();
    expect(second.errorCode).not.toBe(0);
    partition.failure = undefined;
    await settle();

    expect((await first.heartbeat()).errorCode).toBe(0);
    expect(describeGroup(world).members.map(({ memberId }) => memberId)).toEqual(["a"]);
  });

  test("members that are silent through a restart are missed from then on", async () => {
    const world = await started();
    await new Member(world, "a").join();
    await world.clock.advance(40_000);
    await world.restart();

    await world.clock.advance(44_999);
    await settle();
    expect(describeGroup(world).members.length).toBe(1);
    await world.clock.advance(2);
    await settle();

    expect(describeGroup(world).groupState).toBe("Empty");
  });

  test("a group without members can be deleted, and leaves nothing behind", async () => {
    const world = await started();
    const member = await new Member(world, "a").join();
    expect(await world.groups.deleteGroup("g")).toBe(68);
    await member.leave();

    expect(await world.groups.deleteGroup("g")).toBe(0);
    await world.restart();

    expect(describeGroup(world).errorCode).toBe(69);
    expect(await world.groups.deleteGroup("g")).toBe(69);
  });
});
