import { describe, expect, test } from "vitest";
import { ClassicSpeaker, subscription } from "../../../support/coordinator/classic-speaker.ts";
import { heartbeat, Member, untilSettled } from "../../../support/coordinator/consumer-member.ts";
import { GroupWorld, settle } from "../../../support/coordinator/group-world.ts";

const ALL = Array.from({ length: 12 }, (_, partition) => `orders/${partition}`);

function all(...members: readonly { readonly owned: readonly string[] }[]): string[] {
  const number = (name: string) => Number(name.split("/")[1]);
  return members.flatMap(({ owned }) => owned).sort((a, b) => number(a) - number(b));
}

/** Lets members of both protocols act in turn until each has its share. */
async function untilShared(
  consumers: readonly Member[],
  classics: readonly ClassicSpeaker[],
): Promise<void> {
  for (let round = 0; round < 10; round++) {
    for (const member of consumers) await member.heartbeat();
    for (const member of classics) await member.beat();
  }
}

/** A classic group with one member, which a consumer member joins. */
async function mixed(settings = {}, instances: readonly (string | null)[] = [null, null]) {
  const world = await GroupWorld.started(settings);
  const classic = await new ClassicSpeaker(world, instances[0]).join();
  const consumer = await new Member(world, "b", { instanceId: instances[1] ?? null }).join();
  return { world, classic, consumer };
}

describe("a classic group becomes a consumer group when a consumer member joins", () => {
  test("its members keep what they have, and share it by and by", async () => {
    const { world, classic, consumer } = await mixed();
    expect(world.groups.describeConsumerGroup("g")).toMatchObject({ errorCode: 0, groupEpoch: 2 });
    expect(consumer).toMatchObject({ errorCode: 0, owned: [] });
    expect(classic.owned).toEqual(ALL);

    await untilShared([consumer], [classic]);

    expect(all(classic, consumer)).toEqual(ALL);
    expect([classic.owned.length, consumer.owned.length]).toEqual([6, 6]);
    const described = world.groups.describeConsumerGroup("g");
    expect(described.members.map(({ memberType }) => memberType).sort()).toEqual([0, 1]);
  });

  test("it is one after a restart too", async () => {
    const { world, classic, consumer } = await mixed();
    await untilShared([consumer], [classic]);
    const before = world.groups.describeConsumerGroup("g");

    await world.restart();

    expect(world.groups.describeConsumerGroup("g")).toEqual(before);
    expect((await classic.beat()).errorCode).toBe(0);
  });

  test("whoever waits for the classic group is sent to join again", async () => {
    const world = await GroupWorld.started({ groupInitialRebalanceDelayMs: 3000 });
    const waiting = world.join({ version: 3, rawProtocols: [] });
    await settle();
    expect(waiting.answer?.errorCode).toBe(23);
    const parked = await new ClassicSpeaker(world).join.bind(new ClassicSpeaker(world));
    const joining = parked();
    await settle();

    await new Member(world, "b").join();

    expect((await joining).errorCode).toBe(27);
  });

  test.each([
    ["downgrade", 69],
    ["disabled", 69],
    ["UPGRADE", 0],
  ])("as far as the migration policy %s allows", async (policy, errorCode) => {
    const { consumer } = await mixed({ groupConsumerMigrationPolicy: policy });

    expect(consumer.errorCode).toBe(errorCode);
  });

  test("not if it is no group of consumers, or its bytes cannot be read", async () => {
    const world = await GroupWorld.started();
    const { memberId = "" } = await world.join({ version: 3 }).promise;
    expect((await new Member(world, "b").join()).errorCode).toBe(69);
    await world.leave(memberId);
    await world.join({ version: 3, protocolType: "connect", groupId: "h" }).promise;

    expect((await new Member(world, "b", { groupId: "h" }).join()).errorCode).toBe(69);
  });
});

describe("a member of the classic protocol in a consumer group", () => {
  test("joins without waiting, is asked to join again for every change, and leaves", async () => {
    const world = await GroupWorld.started();
    const first = await new Member(world, "a").join();
    const classic = await new ClassicSpeaker(world).join();
    expect(classic).toMatchObject({ errorCode: 0, generationId: 3, owned: [] });

    await untilShared([first], [classic]);
    expect(all(first, classic)).toEqual(ALL);
    const third = await new Member(world, "c").join();
    await untilShared([first, third], [classic]);
    expect(all(first, third, classic)).toEqual(ALL);
    expect(classic.owned.length).toBe(4);
    await classic.leave();
    expect(classic.errorCode).toBe(0);
    await untilSettled([first, third]);

    expect(all(first, third)).toEqual(ALL);
  });

  test("that joins again as it was is answered too", async () => {
    const { classic, consumer } = await mixed();
    await untilShared([consumer], [classic]);
    const had = [...classic.owned];

    await classic.join();

    expect(classic).toMatchObject({ errorCode: 0, owned: had });
  });

  test("is told of nothing that a crash could take back: join and sync wait for what was decided before", async () => {
    const { world, classic, consumer } = await mixed();
    await untilShared([consumer], [classic]);
    const { memberId, generationId } = classic;
    const own = { memberId, generationId };
    const held = world.topic.partitions[0];
    held?.hold();
    void world.commit({ memberId, generationIdOrMemberEpoch: generationId });

    const sync = world.sync(own);
    const again = world.join({
      memberId,
      rawProtocols: [{ name: "range", metadata: subscription(["orders"], classic.owned) }],
    });
    await settle();
    expect([sync.answer, again.answer]).toEqual([undefined, undefined]);
    held?.release();
    await settle();

    expect([sync.answer?.errorCode, again.answer?.errorCode]).toEqual([0, 0]);
  });

  test("that waits for the log is sent away when the coordinator goes", async () => {
    const { world, classic, consumer } = await mixed();
    await untilShared([consumer], [classic]);
    const { memberId, generationId } = classic;
    world.topic.partitions[0]?.hold();
    void world.commit({ memberId, generationIdOrMemberEpoch: generationId });
    const sync = world.sync({ memberId, generationId });

    world.groups.unload(0);
    await settle();

    expect(sync.answer?.errorCode).toBe(16);
  });

  test("that does not join again in time is out", async () => {
    const { world, classic, consumer } = await mixed();
    await consumer.heartbeat();
    const beat = () =>
      world.heartbeat({ memberId: classic.memberId, generationId: classic.generationId });
    expect(beat()).toBe(27);

    for (let second = 0; second < 60; second += 5) {
      await world.clock.advance(5_000);
      beat();
      await consumer.heartbeat();
    }
    await world.clock.advance(5_000);
    await settle();

    await untilSettled([consumer]);
    expect(all(consumer)).toEqual(ALL);
  });

  test("that is silent for its own session timeout is out", async () => {
    const { world, classic, consumer } = await mixed();
    await untilShared([consumer], [classic]);

    await world.clock.advance(10_001);
    await settle();

    await untilSettled([consumer]);
    expect(all(consumer)).toEqual(ALL);
  });

  test("with the wrong generation, an unknown id or another protocol is refused", async () => {
    const { world, classic, consumer } = await mixed();
    await untilShared([consumer], [classic]);
    const { memberId, generationId } = classic;

    expect(world.heartbeat({ memberId, generationId: 99 })).toBe(22);
    expect(world.heartbeat({ memberId: "x", generationId })).toBe(25);
    expect(world.heartbeat({ memberId: "b", generationId })).toBe(25);
    const sync = (more: object) => world.sync({ memberId, generationId, ...more }).promise;
    expect((await sync({ generationId: 99 })).errorCode).toBe(22);
    expect((await sync({ protocolType: "connect" })).errorCode).toBe(23);
    expect((await sync({ protocolName: "roundrobin" })).errorCode).toBe(23);
    const joined = await world.join({ protocolType: "connect" }).promise;
    expect(joined.errorCode).toBe(23);
  });

  test("may not join at all if nothing may be mixed", async () => {
    const world = await GroupWorld.started({ groupConsumerMigrationPolicy: "disabled" });
    await new Member(world, "a").join();

    expect((await new ClassicSpeaker(world).join()).errorCode).toBe(23);
  });

  test("changes its protocol by joining with the other one", async () => {
    const { world, classic, consumer } = await mixed();
    await untilShared([consumer], [classic]);

    const changed = new Member(world, classic.memberId);
    await changed.join();
    await untilSettled([changed, consumer]);

    expect(all(changed, consumer)).toEqual(ALL);
    const types = world.groups.describeConsumerGroup("g").members.map((each) => each.memberType);
    expect(types).toEqual([1, 1]);
  });
});

describe("a consumer group becomes a classic group when the last consumer member goes", () => {
  test("by leaving: those who stay join again", async () => {
    const { world, classic, consumer } = await mixed();
    await untilShared([consumer], [classic]);

    await consumer.leave();

    expect(world.groups.describeConsumerGroup("g").errorCode).toBe(69);
    expect(world.state()).toBe("PreparingRebalance");
    await classic.beat();
    expect(classic.owned).toEqual(ALL);
    expect(world.state()).toBe("Stable");
    await world.restart();
    expect(world.state()).toBe("Stable");
    expect((await classic.beat()).errorCode).toBe(0);
  });

  test("by a session that ends", async () => {
    const { world, classic, consumer } = await mixed();
    await untilShared([consumer], [classic]);

    for (let second = 0; second < 50; second += 5) {
      await world.clock.advance(5_000);
      await settle();
      await classic.beat();
    }

    expect(world.state()).toBe("Stable");
    expect(classic.owned).toEqual(ALL);
  });

  test("by a static member that comes back with the classic protocol: nobody else notices", async () => {
    const { world, classic, consumer } = await mixed({}, [null, "i"]);
    await untilShared([consumer], [classic]);
    const had = [...consumer.owned];
    await consumer.leave(-2);

    const back = new ClassicSpeaker(world, "i");
    await back.join();

    expect(world.state()).toBe("Stable");
    expect(back.owned).toEqual(had);
    expect((await classic.beat()).errorCode).toBe(0);
  });

  test("not if the policy does not allow it", async () => {
    const { world, classic, consumer } = await mixed({ groupConsumerMigrationPolicy: "upgrade" });
    await untilShared([consumer], [classic]);

    await consumer.leave();
    await untilShared([], [classic]);

    expect(world.groups.describeConsumerGroup("g").errorCode).toBe(0);
    expect(classic.owned.length).toBe(12);
  });

  test("an empty one does in any case", async () => {
    const world = await GroupWorld.started({ groupConsumerMigrationPolicy: "disabled" });
    await (await new Member(world, "a").join()).leave();

    const classic = await new ClassicSpeaker(world).join();

    expect(classic).toMatchObject({ errorCode: 0, generationId: 1 });
    await world.restart();
    expect(world.state()).toBe("Stable");
    expect((await heartbeat(world, { memberId: "a", memberEpoch: 2 })).errorCode).toBe(69);
  });
});
