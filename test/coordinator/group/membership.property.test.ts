import fc from "fast-check";
import { expect, test } from "vitest";
import { GroupWorld, settle } from "../../support/coordinator/group-world.ts";
import { VirtualConsumer } from "../../support/coordinator/virtual-consumer.ts";

const CONSUMERS = 5;
const MOST_PARTITIONS = 20;

type Step =
  | { readonly do: "start" | "die" | "leave" | "step" | "commit"; readonly who: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "restart" | "hold" | "release" | "grow" };

const who = fc.integer({ min: 0, max: CONSUMERS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("step" as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("start" as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("commit" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("die" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), who }) },
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
      { do: "restart" },
      { do: "hold" },
      { do: "release" },
      { do: "grow" },
    ),
  },
);

/** A group of consumers that live and die at random, and what is known of their offsets. */
class Churn {
  readonly world: GroupWorld;
  readonly consumers: readonly VirtualConsumer[];
  /** By partition: the offsets a reader may find. More than one while a commit is on its way. */
  readonly #expected = new Map<number, Set<number>>();
  #nextOffset = 1;
  /** While appends are held nobody who reads offsets is answered. */
  #isHeld = false;

  constructor(world: GroupWorld) {
    this.world = world;
    // The last two are static members.
    this.consumers = Array.from(
      { length: CONSUMERS },
      (_, i) => new VirtualConsumer(`c${i}`, i >= CONSUMERS - 2 ? `i${i}` : null),
    );
  }

  async run(next: Step): Promise<void> {
    if ("who" in next) await this.#runFor(next.do, this.consumers[next.who]);
    else if (next.do === "advance") await this.world.clock.advance(next.ms);
    else if (next.do === "grow") this.#grow();
    else if (next.do === "hold") this.#hold();
    else {
      if (next.do === "restart") await this.world.restart();
      this.#release();
    }
    await settle();
  }

  #hold(): void {
    this.#isHeld = true;
    this.world.topic.partitions[0]?.hold();
  }

  #release(): void {
    this.#isHeld = false;
    this.world.topic.partitions[0]?.release();
  }

  #grow(): void {
    const { topics, groups } = this.world;
    topics.set("orders", Math.min((topics.partitionCount("orders") ?? 0) + 1, MOST_PARTITIONS));
    groups.onTopicsChanged({ created: [], changed: [{ name: "orders" }], deleted: [] });
  }

  async #runFor(action: string, consumer: VirtualConsumer | undefined): Promise<void> {
    if (action === "start") consumer?.start();
    else if (action === "die") consumer?.die();
    else if (action === "leave") void consumer?.leave(this.world);
    else if (action === "commit") this.#commit(consumer);
    else consumer?.step(this.world);
  }

  #commit(consumer: VirtualConsumer | undefined): void {
    const partition = consumer?.owned[0];
    if (consumer === undefined || partition === undefined) return;
    const offset = this.#nextOffset++;
    const { memberId, groupInstanceId, generationId: generationIdOrMemberEpoch } = consumer;
    const possible = this.#expected.get(partition) ?? new Set([-1]);
    possible.add(offset);
    this.#expected.set(partition, possible);
    void this.world
      .commit({ memberId, groupInstanceId, generationIdOrMemberEpoch, partition, offset })
      .then((code) => {
        if (code !== 0) return;
        for (const older of [...possible]) if (older < offset) possible.delete(older);
      });
  }

  /** No two consumers of one generation hold the same partition. */
  checkOwners(): void {
    const owners = new Map<string, string>();
    for (const consumer of this.consumers.filter(({ isStable }) => isStable)) {
      for (const partition of consumer.owned) {
        const key = `generation ${consumer.generationId} partition ${partition}`;
        expect(owners.get(key), key).toBeUndefined();
        owners.set(key, consumer.name);
      }
    }
  }

  /** With nothing more going wrong, the living end up sharing all partitions. */
  async calmDown(): Promise<void> {
    this.#release();
    await settle();
    this.consumers[0]?.start();
    for (let second = 0; second < 90; second++) {
      for (const consumer of this.consumers) {
        consumer.step(this.world);
        await settle();
      }
      await this.world.clock.advance(1_000);
    }
  }

  /** Whoever reads offsets finds what was acknowledged last, or something that was sent after it. */
  async checkOffsets(): Promise<void> {
    if (this.#isHeld) return;
    for (const [partition, possible] of this.#expected) {
      expect([...possible]).toContain(await this.world.committed(partition));
    }
  }
}

test("whoever comes, goes, dies or restarts: one owner per partition, no stuck group, no offset lost", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 70, maxLength: 140 }),
      fc.constantFrom(0, 3_000),
      async (steps, groupInitialRebalanceDelayMs) => {
        const churn = new Churn(await GroupWorld.started({ groupInitialRebalanceDelayMs }));
        for (const next of steps) {
          await churn.run(next);
          churn.checkOwners();
          await churn.checkOffsets();
        }
        await churn.calmDown();

        const living = churn.consumers.filter(({ isAlive }) => isAlive);
        expect(churn.world.state()).toBe("Stable");
        expect(churn.world.members().sort()).toEqual(living.map(({ memberId }) => memberId).sort());
        const partitions = churn.world.topics.partitionCount("orders");
        expect(living.flatMap(({ owned }) => owned).sort((a, b) => a - b)).toEqual(
          Array.from({ length: partitions ?? 0 }, (_, p) => p),
        );
        await churn.checkOffsets();
        churn.world.groups.close();
      },
    ),
    // 10,500 steps at least.
    { numRuns: 150 },
  );
}, 60_000);
