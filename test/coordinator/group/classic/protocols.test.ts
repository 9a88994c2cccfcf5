import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../../../src/protocol/errors.ts";
import type { JoinGroupResponseInput } from "../../../../src/protocol/generated/join-group.ts";
import {
  assigned,
  assignment,
  subscription,
} from "../../../support/coordinator/classic-speaker.ts";
import { GroupWorld, type Parked, settle } from "../../../support/coordinator/group-world.ts";

/** What each client offers by default, with names as they go over the wire. */
const clients = {
  "Java consumer": ["range", "cooperative-sticky"],
  librdkafka: ["range", "roundrobin"],
  "franz-go": ["cooperative-sticky"],
  Sarama: ["range"],
  KafkaJS: ["RoundRobinAssigner"],
  "kafka-python": ["range", "roundrobin"],
  "segmentio/kafka-go": ["range", "roundrobin"],
} as const;

interface Offer {
  readonly names: readonly string[];
  readonly topics?: readonly string[];
  readonly owned?: readonly string[];
}

const protocolsOf = ({ names, topics = ["orders"], owned = [] }: Offer) =>
  names.map((name) => ({ name, metadata: subscription(topics, owned) }));

function joinWith(world: GroupWorld, memberId: string, offer: Offer) {
  return world.join({ version: 3, memberId, rawProtocols: protocolsOf(offer) });
}

/** The leader deals `shares` out, by member id; everybody fetches his own. */
async function share(
  world: GroupWorld,
  answers: readonly JoinGroupResponseInput[],
  shares: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, string[]>> {
  const assignments = Object.entries(shares).map(([memberId, own]) => ({
    memberId,
    assignment: assignment(own),
  }));
  const parked = answers.map(({ memberId, leader, generationId = 0 }) =>
    world.sync({ memberId, generationId, assignments: memberId === leader ? assignments : [] }),
  );
  const synced = await Promise.all(parked.map(({ promise }) => promise));
  return Object.fromEntries(
    synced.map((each, at) => [
      answers[at]?.memberId ?? "",
      assigned(each.assignment ?? Buffer.alloc(0)),
    ]),
  );
}

const answersOf = (parked: readonly Parked<JoinGroupResponseInput>[]) =>
  Promise.all(parked.map(({ promise }) => promise));

describe("assignors", () => {
  test.each(Object.entries(clients))(
    "two of %s agree on what they prefer, and the leader is told what each owns",
    async (_, names) => {
      const world = await GroupWorld.started();
      const first = await joinWith(world, "", { names }).promise;
      const second = joinWith(world, "", { names });
      const owned = ["orders/0", "orders/1"];
      const again = joinWith(world, first.memberId, { names, owned });

      const [a, b] = await answersOf([again, second]);

      expect(a?.protocolName).toBe(names[0]);
      expect(b?.protocolName).toBe(names[0]);
      const told = a?.members?.find(({ memberId }) => memberId === first.memberId);
      expect(told?.metadata).toEqual(subscription(["orders"], owned));
    },
  );

  test("cooperative: what is taken from one is given to another only a generation later", async () => {
    const world = await GroupWorld.started();
    const names = ["cooperative-sticky"];
    const all = ["orders/0", "orders/1", "orders/2"];
    const alone = await joinWith(world, "", { names }).promise;
    const { memberId: a } = alone;
    await share(world, [alone], { [a]: all });
    const newcomer = joinWith(world, "", { names });
    const [first, second] = await answersOf([joinWith(world, a, { names, owned: all }), newcomer]);
    if (first === undefined || second === undefined) throw new Error("nobody was answered");
    const b = second.memberId;
    const revoked = await share(world, [first, second], { [a]: all.slice(0, 2), [b]: [] });
    expect(revoked).toEqual({ [a]: all.slice(0, 2), [b]: [] });
    expect(world.state()).toBe("Stable");

    // Having revoked, the owner joins again with what it has left; the other one hears of it.
    const changed = joinWith(world, a, { names, owned: all.slice(0, 2) });
    await settle();
    const generationId = second.generationId ?? 0;
    expect(world.heartbeat({ memberId: b, generationId })).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    const answers = await answersOf([changed, joinWith(world, b, { names })]);

    expect(answers.map((each) => each.generationId)).toEqual([generationId + 1, generationId + 1]);
    expect(await share(world, answers, { [a]: all.slice(0, 2), [b]: all.slice(2) })).toEqual({
      [a]: all.slice(0, 2),
      [b]: all.slice(2),
    });
  });

  test("a rolling change of assignor: the new one is chosen once nobody is left who lacks it", async () => {
    const world = await GroupWorld.started();
    const both = ["cooperative-sticky", "range"];
    const first = await joinWith(world, "", { names: ["range"] }).promise;
    const second = joinWith(world, "", { names: both });
    const [a, b] = await answersOf([joinWith(world, first.memberId, { names: ["range"] }), second]);
    expect(b?.protocolName).toBe("range");

    const third = joinWith(world, "", { names: both });
    await world.leave(a?.memberId ?? "");
    const [c, d] = await answersOf([third, joinWith(world, b?.memberId ?? "", { names: both })]);

    expect([c?.protocolName, d?.protocolName]).toEqual([
      "cooperative-sticky",
      "cooperative-sticky",
    ]);
  });

  test("nobody may join with what the others do not all know, or as something else than they are", async () => {
    const world = await GroupWorld.started();
    const first = await joinWith(world, "", { names: clients["Java consumer"] }).promise;
    await share(world, [first], {});
    const refused = async (join: object) =>
      (await world.join({ version: 3, ...join }).promise).errorCode;
    const inconsistent = ErrorCode.INCONSISTENT_GROUP_PROTOCOL;

    const names = clients.KafkaJS;
    expect(await refused({ rawProtocols: protocolsOf({ names }) })).toBe(inconsistent);
    expect(await refused({ protocolType: "connect" })).toBe(inconsistent);
    const { memberId } = first;
    expect(await refused({ memberId, rawProtocols: [] })).toBe(inconsistent);
    expect(world.state()).toBe("Stable");
    expect(world.members()).toEqual([memberId]);
  });

  test("once it is empty a group may become one of another type", async () => {
    const world = await GroupWorld.started();
    const first = await joinWith(world, "", { names: ["range"] }).promise;
    await world.leave(first.memberId);

    const worker = {
      version: 3,
      protocolType: "connect",
      protocols: [["sessioned", "w"]],
    } as const;

    expect(await world.join(worker).promise).toMatchObject({
      errorCode: 0,
      protocolType: "connect",
      protocolName: "sessioned",
      generationId: 3,
    });
  });
});

describe("KIP-389: group.max.size", () => {
  test("while members join again the last to come is out, and may not come back", async () => {
    const world = await GroupWorld.started();
    const first = await joinWith(world, "", { names: ["range"] }).promise;
    const second = joinWith(world, "", { names: ["range"] });
    const answers = await answersOf([
      joinWith(world, first.memberId, { names: ["range"] }),
      second,
    ]);
    await share(world, answers, {});
    Object.assign(world.settings, { groupMaxSize: 1 });
    const [leader, follower] = answers.map(({ memberId }) => memberId);

    const kept = joinWith(world, leader ?? "", { names: ["range"], owned: ["orders/1"] });
    const late = await joinWith(world, follower ?? "", { names: ["range"] }).promise;

    expect(late).toMatchObject({ errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, memberId: "" });
    await world.clock.advance(60_001);
    expect(kept.answer).toMatchObject({ errorCode: 0, leader });
    expect(world.members()).toEqual([leader]);
  });

  test("ids given out and not used do not count", async () => {
    const world = await GroupWorld.started({ groupMaxSize: 1 });
    for (let asked = 0; asked < 3; asked++) await world.join().promise;

    const joined = await world.joinTwice();
    await world.clock.advance(500);

    expect(joined.answer?.errorCode).toBe(0);
    expect((await world.join().promise).errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
  });
});
