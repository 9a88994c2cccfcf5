import fc from "fast-check";
import { expect, test } from "vitest";
import type { Controller } from "../../src/cluster/controller.ts";
import { EmbeddedStore } from "../../src/cluster/embedded-store.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { pageCacheLoss } from "../support/storage/page-cache-loss.ts";
import { CrashingDisk } from "./crashing-disk.ts";
import { brokerCalled, openController, wanted } from "./support.ts";

type Act = readonly ["create" | "grow" | "delete" | "raise", string];

const acts = fc.array(
  fc.tuple(
    fc.constantFrom("create", "grow", "delete", "raise"),
    fc.constantFrom("a", "b", "c"),
  ) as fc.Arbitrary<Act>,
  { maxLength: 12 },
);

async function start(disk: CrashingDisk): Promise<Controller> {
  const store = await EmbeddedStore.open({ disk, path: "/data", logger: silentLogger });
  const controller = await openController(store);
  await controller.registerBroker(brokerCalled(1));
  return controller;
}

async function act(controller: Controller, [what, name]: Act): Promise<void> {
  const topic = controller.image.topic(name);
  if (what === "create") await controller.createTopics([wanted(name)]);
  if (what === "raise") await controller.raiseLeaderEpochs(1);
  if (topic === undefined) return;
  if (what === "delete") await controller.deleteTopics([topic.id]);
  if (what === "grow") {
    const count = topic.partitions.length + 1;
    await controller.createPartitions([{ name, count, assignments: null }]);
  }
}

/** What clients can tell apart. */
function seen(controller: Controller): string[] {
  return controller.image
    .topics()
    .map(({ name, id, partitions }) =>
      [name, id, ...partitions.map(({ leaderEpoch, leader }) => `${leader}@${leaderEpoch}`)].join(
        " ",
      ),
    );
}

test("whatever was answered is there after the power fails, however the last write was torn", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { maxLength: 4 }), fc.nat(400), async (lives, torn) => {
      let disk = new CrashingDisk();
      let known: string[] = [];
      for (const life of lives) {
        const controller = await start(disk);
        expect(seen(controller)).toEqual(known);
        for (const each of life) await act(controller, each);
        known = seen(controller);
        disk = disk.afterPowerCut(torn);
      }
      expect(seen(await start(disk))).toEqual(known);
    }),
    { numRuns: 300 },
  );
});

test("whatever was answered is there after the power fails, whatever is in the place of what was not synced", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(acts, acts, fc.nat()), { maxLength: 4 }), async (lives) => {
      let disk = new CrashingDisk();
      let answered: string[] = [];
      for (const [life, underWay, seed] of lives) {
        const controller = await start(disk);
        for (const each of life) await act(controller, each);
        answered = seen(controller);
        const states = [answered];
        controller.onImage(() => {
          states.push(seen(controller));
        });
        const writing = Promise.all(underWay.map((each) => act(controller, each)));
        await undefined;
        const cut = disk.afterLoss(pageCacheLoss(seed));
        await writing.catch(() => undefined);
        // What was under way at the cut is there, or is not.
        expect(states).toContainEqual(seen(await start(cut)));
        disk = cut;
      }
    }),
    { numRuns: 300 },
  );
});

test("a killed process leaves a state that its brokers saw or were about to, and none older than answered", async () => {
  await fc.assert(
    fc.asyncProperty(acts, acts, fc.nat(40), async (done, underWay, turns) => {
      const disk = new CrashingDisk();
      const controller = await start(disk);
      for (const each of done) await act(controller, each);
      const states = [seen(controller)];
      controller.onImage(() => {
        states.push(seen(controller));
      });

      const writing = Promise.all(underWay.map((each) => act(controller, each)));
      for (let turn = 0; turn < turns; turn += 1) await undefined;
      const answered = states.length - 1;
      const atKill = disk.afterKill();
      await writing;

      const found = seen(await start(atKill));
      expect(states.slice(answered)).toContainEqual(found);
      expect(seen(await start(disk.afterKill()))).toEqual(seen(controller));
    }),
    { numRuns: 100 },
  );
});
