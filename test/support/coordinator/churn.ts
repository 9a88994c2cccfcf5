import fc from "fast-check";
import { expect } from "vitest";
import { Actor, type Role } from "./actors.ts";
import { GroupWorld, settle } from "./group-world.ts";

export type Step =
  | { readonly do: "start" | "die" | "leave" | "step" | "commit"; readonly who: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "grow" | "make" | "unmake" | "restart" | "hold" | "release" };

const role = (name: string, own: Partial<Role> = {}): Role => ({
  name,
  protocol: "consumer",
  instance: null,
  topics: ["orders"],
  ...own,
});

/** Who takes part, by the name of the run. */
export const casts: Readonly<Record<string, readonly Role[]>> = {
  "consumer members": [
    role("a"),
    role("b"),
    role("c", { topics: ["orders", "bills"] }),
    role("d", { instance: "i1" }),
    role("e", { instance: "i2", topics: ["bills"] }),
  ],
  "members of both protocols": [
    role("a"),
    role("b", { protocol: "classic" }),
    role("c", { protocol: "classic" }),
    role("d", { instance: "i1" }),
    role("e", { instance: "i1", protocol: "classic" }),
  ],
};

const who = fc.integer({ min: 0, max: 4 });
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ do: fc.constant("step" as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("start" as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("commit" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("die", "leave"), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.integer({ min: 1, max: 15_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step>(
      { do: "grow" },
      { do: "make" },
      { do: "unmake" },
      { do: "restart" },
      { do: "hold" },
      { do: "release" },
    ),
  },
);

/** A group whose members, topics and coordinator come and go, and what is known of its offsets. */
class Churn {
  readonly world: GroupWorld;
  readonly actors: readonly Actor[];
  /** By partition: the offsets a reader may find. More than one while a commit is on its way. */
  readonly #expected = new Map<number, Set<number>>();
  #nextOffset = 1;

  constructor(world: GroupWorld, cast: readonly Role[]) {
    this.world = world;
    this.actors = cast.map((each) => new Actor(world, each));
  }

  async run(next: Step): Promise<void> {
    const { topic, clock } = this.world;
    if ("who" in next) this.#runFor(next.do, this.actors[next.who]);
    else if (next.do === "advance") await clock.advance(next.ms);
    else if (next.do === "restart") await this.world.restart();
    else if (next.do === "hold") topic.partitions[0]?.hold();
    else if (next.do === "release") topic.partitions[0]?.release();
    else this.#changeTopics(next.do);
    await settle();
  }

  #runFor(action: string, actor: Actor | undefined): void {
    if (action === "start") actor?.start();
    else if (action === "die") actor?.die();
    else if (action === "leave") actor?.leave();
    else if (action === "commit") this.#commit(actor);
    else actor?.step();
  }

  #changeTopics(how: "grow" | "make" | "unmake"): void {
    const { topics, groups } = this.world;
    const [orders] = [{ name: "orders" }];
    const bills = [{ name: "bills" }];
    const isThere = topics.topicId("bills") !== undefined;
    if (how === "grow") {
      topics.set("orders", Math.min((topics.partitionCount("orders") ?? 0) + 1, 20));
      groups.onTopicsChanged({ created: [], changed: [orders], deleted: [] });
    } else if (how === "make" && !isThere) {
      topics.set("bills", 3);
      groups.onTopicsChanged({ created: bills, changed: [], deleted: [] });
    } else if (how === "unmake" && isThere) {
      topics.delete("bills");
      groups.onTopicsChanged({ created: [], changed: [], deleted: bills });
    }
  }

  #commit(actor: Actor | undefined): void {
    const own = actor?.owned.find((name) => name.startsWith("orders/"));
    if (actor === undefined || own === undefined) return;
    const partition = Number(own.split("/")[1]);
    const offset = this.#nextOffset++;
    const possible = this.#expected.get(partition) ?? new Set([-1]);
    possible.add(offset);
    this.#expected.set(partition, possible);
    const { memberId, epoch: generationIdOrMemberEpoch } = actor;
    const groupInstanceId = actor.role.instance;
    void this.world
      .commit({ memberId, groupInstanceId, generationIdOrMemberEpoch, partition, offset })
      .then((code) => {
        if (code !== 0) return;
        for (const older of [...possible]) if (older < offset) possible.delete(older);
      });
  }

  /** No partition has two owners, neither for the coordinator nor for those who know their epoch. */
  checkOwners(): void {
    const { members, errorCode } = this.world.groups.describeConsumerGroup("g");
    if (errorCode !== 0) return;
    const owners = new Map<string, string>();
    for (const { memberId, assignment } of members) {
      for (const name of namesOf(assignment.topicPartitions)) {
        expect(owners.get(name), `${name} of ${memberId}`).toBeUndefined();
        owners.set(name, memberId);
      }
    }
    for (const actor of this.actors) {
      const known = members.find(({ memberId }) => memberId === actor.memberId);
      if (known === undefined || !actor.isSettled || known.memberEpoch !== actor.epoch) continue;
      // Of other topics, which are made again under their name, it may not know yet.
      for (const name of actor.owned.filter((each) => each.startsWith("orders/"))) {
        expect(owners.get(name), `${name} of ${actor.memberId}`).toBe(actor.memberId);
      }
    }
  }

  /** With nothing more going wrong, the living end up sharing all partitions. */
  async calmDown(): Promise<void> {
    this.world.topic.partitions[0]?.release();
    await settle();
    this.actors[0]?.start();
    // Two that claim one instance would fence each other for ever.
    if (this.actors[3]?.isAlive && this.actors[4]?.role.instance === "i1") this.actors[4].die();
    for (let second = 0; second < 150; second++) {
      for (const actor of this.actors) {
        actor.step();
        await settle();
      }
      await this.world.clock.advance(1_000);
      await settle();
    }
  }

  checkShared(): void {
    const { topics } = this.world;
    const alive = this.actors.filter(({ isAlive }) => isAlive);
    const read = new Set(alive.flatMap(({ role }) => role.topics));
    const wanted = [...read].flatMap((topic) =>
      Array.from({ length: topics.partitionCount(topic) ?? 0 }, (_, at) => `${topic}/${at}`),
    );
    const owned = alive.flatMap((actor) => actor.owned);
    expect(owned.sort()).toEqual(wanted.sort());
  }

  async checkOffsets(): Promise<void> {
    for (const [partition, possible] of this.#expected) {
      expect([...possible]).toContain(await this.world.committed(partition));
    }
  }
}

function namesOf(
  topics: readonly { readonly topicName: string; readonly partitions: readonly number[] }[],
): string[] {
  return topics.flatMap(({ topicName, partitions }) =>
    partitions.map((at) => `${topicName}/${at}`),
  );
}

/** Lives through the steps, then calms down, and checks all that must hold. */
export async function live(
  cast: readonly Role[],
  steps: readonly Step[],
  settings: object,
): Promise<void> {
  const churn = new Churn(await GroupWorld.started(settings), cast);
  for (const next of steps) {
    await churn.run(next);
    churn.checkOwners();
  }
  await churn.calmDown();
  churn.checkOwners();
  churn.checkShared();
  await churn.checkOffsets();
}
