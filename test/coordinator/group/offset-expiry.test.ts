import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../../src/protocol/errors.ts";
import { subscription } from "../../support/coordinator/classic-speaker.ts";
import { GroupWorld, type Join } from "../../support/coordinator/group-world.ts";

const HOUR_MS = 3_600_000;

/** Offsets last an hour; every minute somebody looks. */
const settings = { offsetsRetentionMinutes: 60, offsetsRetentionCheckIntervalMs: 60_000 };

const reading = (...topics: string[]): Join => ({
  version: 3,
  sessionTimeoutMs: 1_800_000,
  rawProtocols: [{ name: "range", metadata: subscription(topics) }],
});

async function stable(world: GroupWorld, join: Join = reading("orders")) {
  const { memberId, generationId = 0 } = await world.join(join).promise;
  await world.sync({ memberId, generationId, protocolType: null }).promise;
  return { memberId, generationId };
}

async function commitAs(
  world: GroupWorld,
  { memberId, generationId }: { memberId: string; generationId: number },
  topic = "orders",
) {
  const commit = { memberId, generationIdOrMemberEpoch: generationId, topic };
  expect(await world.commit(commit)).toBe(0);
}

/** Lets time pass while a member stays alive. */
async function live(world: GroupWorld, member: object, ms: number): Promise<void> {
  for (let past = 0; past < ms; past += 600_000) {
    await world.clock.advance(Math.min(600_000, ms - past));
    world.heartbeat(member);
  }
}

describe("KIP-211", () => {
  test("in a stable group only topics expire that nobody reads any more, each since its own commit", async () => {
    const world = await GroupWorld.started(settings);
    world.topics.set("bills", 1);
    const member = await stable(world, reading("orders"));
    await commitAs(world, member, "orders");
    await commitAs(world, member, "bills");

    await live(world, member, HOUR_MS - 60_000);
    expect(await world.committed(0, "g", "bills")).toBe(7);
    await live(world, member, 120_000);

    expect(await world.committed(0, "g", "bills")).toBe(-1);
    expect(await world.committed()).toBe(7);
    await live(world, member, 5 * HOUR_MS);
    expect(await world.committed()).toBe(7);
  });

  test("while it rebalances nothing does", async () => {
    const world = await GroupWorld.started(settings);
    world.topics.set("bills", 1);
    const member = await stable(world, { ...reading("orders"), rebalanceTimeoutMs: 4 * HOUR_MS });
    await commitAs(world, member, "bills");

    world.join({ ...reading("orders"), rebalanceTimeoutMs: 4 * HOUR_MS });
    await live(world, member, 2 * HOUR_MS);

    expect(world.state()).toBe("PreparingRebalance");
    expect(await world.committed(0, "g", "bills")).toBe(7);
  });

  test("of members that say to nobody what they read all is kept", async () => {
    const world = await GroupWorld.started(settings);
    const worker: Join = {
      version: 3,
      sessionTimeoutMs: 1_800_000,
      protocolType: "connect",
      protocols: [["sessioned", "w"]],
    };
    const member = await stable(world, worker);
    await commitAs(world, member);

    await live(world, member, 3 * HOUR_MS);

    expect(await world.committed()).toBe(7);
  });

  test("an empty group's clock starts when it got empty, and a restart does not set it back", async () => {
    const world = await GroupWorld.started(settings);
    const member = await stable(world);
    await commitAs(world, member);
    await live(world, member, 2 * HOUR_MS);
    await world.leave(member.memberId);

    await world.clock.advance(HOUR_MS / 2);
    await world.restart();
    await world.clock.advance(HOUR_MS / 2 - 60_000);
    expect(await world.committed()).toBe(7);
    await world.clock.advance(120_000);

    expect(await world.committed()).toBe(-1);
    expect(world.groups.describeGroup("g", 6).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
  });

  test("whoever comes back in time finds all, and the clock starts anew when it leaves again", async () => {
    const world = await GroupWorld.started(settings);
    const first = await stable(world);
    await commitAs(world, first);
    await world.leave(first.memberId);
    await world.clock.advance(HOUR_MS / 2);

    const second = await stable(world);
    await live(world, second, HOUR_MS);
    expect(await world.committed()).toBe(7);
    await world.leave(second.memberId);
    await world.clock.advance(HOUR_MS - 120_000);

    expect(await world.committed()).toBe(7);
  });

  test("a group stays while somebody holds an id to join with", async () => {
    const world = await GroupWorld.started(settings);
    await world.commit({});
    await world.clock.advance(HOUR_MS - 30_000);
    const { memberId } = await world.join({ sessionTimeoutMs: 120_000 }).promise;

    await world.clock.advance(60_000);

    expect(await world.committed()).toBe(-1);
    expect(await world.join({ memberId }).promise).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  test("nobody looks before offsets.retention.check.interval.ms is over", async () => {
    const world = await GroupWorld.started({
      ...settings,
      offsetsRetentionCheckIntervalMs: 4 * HOUR_MS,
    });
    await world.commit({});

    await world.clock.advance(3 * HOUR_MS);
    expect(await world.committed()).toBe(7);
    await world.clock.advance(HOUR_MS);

    expect(await world.committed()).toBe(-1);
  });
});
