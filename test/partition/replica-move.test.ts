import { beforeEach, describe, expect, test } from "vitest";
import type { TopicImage } from "../../src/cluster/image.ts";
import { orders, PATHS, World } from "../support/partition/moving-world.ts";
import { type Pair, storedPairs } from "../support/storage/compaction.ts";
import { systemError } from "../support/storage/failing-disk.ts";
import {
  allWritten,
  type Fate,
  type FaultyDisk,
  onlySynced,
} from "../support/storage/faulty-disk.ts";
import { defaultSettings } from "../support/storage/logs.ts";

let world: World;

beforeEach(async () => {
  world = await World.open();
  for (let i = 0; i < 20; i++) await world.produce(`${i}`);
  expect(world.path).toBe("/one");
});

/** Does something at the moment when the log has given up its name, and the copy not yet taken it. */
function betweenTheNames(act: () => void): void {
  const source = world.logDirs.directoryOf(world.partition.log);
  const demote = source.demote.bind(source);
  source.demote = async (log) => {
    await demote(log);
    act();
  };
}

describe("what is asked of a partition while its log changes its place", () => {
  test("records that are deleted then stay deleted, and the answer says so", async () => {
    let lowWatermark: Promise<number> | undefined;
    betweenTheNames(() => {
      lowWatermark = world.partition.deleteRecordsBefore(15);
    });
    await world.move("/two");
    await world.arrived("/two");

    expect(await lowWatermark).toBe(15);
    expect(world.partition.logStartOffset).toBe(15);
    const next = await World.open({ disk: await world.disk.afterPowerCut(allWritten) });
    expect([next.path, next.partition.logStartOffset]).toEqual(["/two", 15]);
  });

  test("records that were deleted before are not back after a crash right behind it", async () => {
    const target = world.logDirs.online("/two");
    const openFuture = target.openFuture.bind(target);
    target.openFuture = (options, startOffset) => {
      const future = openFuture(options, startOffset);
      const flush = future.flush.bind(future);
      // Once everything has been copied, and in the middle of a segment.
      future.flush = async () => {
        future.flush = flush;
        await world.partition.deleteRecordsBefore(13);
        await flush();
      };
      return future;
    };
    target.checkpoint = () => new Promise(() => {});
    await world.move("/two");
    await world.arrived("/two");

    const next = await World.open({ disk: await world.disk.afterPowerCut(allWritten) });
    expect([next.path, next.partition.logStartOffset]).toEqual(["/two", 13]);
  });

  test("what retention drops then is not back afterwards", async () => {
    const { log } = world.partition;
    // Begun before producers had to wait, it comes to the log that is left.
    betweenTheNames(() => void log.deleteRecordsBefore(13));
    await world.move("/two");
    await world.arrived("/two");

    expect(world.partition.logStartOffset).toBe(13);
  });

  test("a disk that has no room for notes afterwards does not move it again", async () => {
    let isFull = false;
    world.failing.decide = (operation, path) =>
      isFull && operation === "replace" && path.startsWith("/two/recovery-point")
        ? systemError("ENOSPC")
        : undefined;
    betweenTheNames(() => {
      isFull = true;
    });
    await world.move("/two");
    await world.arrived("/two");
    for (let i = 0; i < 5; i++) await world.clock.advance(1000);
    isFull = false;
    for (let i = 0; i < 5; i++) await world.clock.advance(1000);

    await world.produce("after");
    expect(world.path).toBe("/two");
    expect(await world.values()).toEqual(world.acknowledged);
    expect(await world.disk.list("/two")).toContain("orders-0");
    expect((await world.disk.list("/one")).filter((name) => name.includes("orders"))).toEqual([]);
    expect(world.moves.isMoving(world.partition)).toBe(false);
  });

  test("a topic that is deleted before the log it left is leaves nothing", async () => {
    const source = world.logDirs.online("/one");
    const left = world.partition.log;
    source.deleteLog = () => Promise.reject(systemError("ENOSPC"));
    await world.move("/two");
    await world.arrived("/two");
    Reflect.deleteProperty(source, "deleteLog");
    await world.replicas.apply({ created: [], changed: [], deleted: [orders] });

    for (let i = 0; i < 5; i++) await world.clock.advance(1000);
    const folders = await Promise.all(PATHS.map((path) => world.disk.list(path)));
    expect(folders.flat().filter((name) => name.includes("orders"))).toEqual([]);
    expect(source.holds(left)).toBe(false);
  });

  test("settings that come then hold afterwards", async () => {
    betweenTheNames(() => world.partition.configure({ ...defaultSettings, retentionMs: 1234 }));
    await world.move("/two");
    await world.arrived("/two");

    expect(world.partition.logSettings.retentionMs).toBe(1234);
  });

  test("a topic that is deleted then leaves nothing, and another one of its name begins anew", async () => {
    const again: TopicImage = { ...orders, id: "BBBBAQAAQACAAAAAAAAAAQ" };
    betweenTheNames(() => {
      void world.replicas.apply({ created: [], changed: [], deleted: [orders] });
      void world.replicas.apply({ created: [again], changed: [], deleted: [] });
    });
    await world.move("/two");
    for (let i = 0; i < 50; i++) await world.clock.advance(100);

    expect(world.partition.topicId).toBe(again.id);
    expect([world.partition.isOffline, world.partition.logEndOffset]).toEqual([false, 0]);
    const folders = await Promise.all(PATHS.map((path) => world.disk.list(path)));
    expect(folders.flat().filter((name) => name.includes("orders"))).toEqual([]);
  });

  test("of two who ask for yet another directory at once neither undoes the other", async () => {
    const target = world.logDirs.online("/three");
    const openFuture = target.openFuture.bind(target);
    let copies = 0;
    target.openFuture = (options, startOffset) => {
      copies += 1;
      return openFuture(options, startOffset);
    };
    const first = world.move("/two");
    await Promise.all([world.move("/three"), world.move("/three"), first]);
    await world.arrived("/three");
    for (let i = 0; i < 5; i++) await world.clock.advance(1000);

    expect(copies).toBe(1);
    await world.produce("after");
    expect(await world.values()).toEqual(world.acknowledged);
    expect(await world.replicasIn(1)).toEqual([]);
  });

  test("how far it was clean goes with it", async () => {
    const [one, two] = [world.logDirs.online("/one"), world.logDirs.online("/two")];
    await one.noteCleaned(world.partition.log, 7);
    betweenTheNames(() => void one.noteCleaned(world.partition.log, 12));
    await world.move("/two");
    await world.arrived("/two");

    expect(two.cleanedTo(world.partition.log)).toBe(7);
    expect(await cleanedIn(world, "/two")).toContain("orders 0 7");
    expect(await cleanedIn(world, "/one")).not.toContain("orders");
  });

  test("how far it was clean in a directory it has left does not count when it is back", async () => {
    const [one, two] = [world.logDirs.online("/one"), world.logDirs.online("/two")];
    await one.noteCleaned(world.partition.log, 12);
    await world.move("/two");
    await world.arrived("/two");
    await two.noteCleaned(world.partition.log, 7);

    const next = await World.open({ disk: await world.disk.afterPowerCut(allWritten) });
    await next.move("/one");
    await next.arrived("/one");
    expect(next.logDirs.online("/one").cleanedTo(next.partition.log)).toBe(7);
    expect(await cleanedIn(next, "/one")).toContain("orders 0 7");
  });

  test("a topic that is deleted, and made anew after a restart, was never clean", async () => {
    await world.logDirs.online("/one").noteCleaned(world.partition.log, 12);
    await world.replicas.apply({ created: [], changed: [], deleted: [orders] });

    expect(await cleanedIn(world, "/one")).not.toContain("orders");
    const next = await World.open({ disk: await world.disk.afterPowerCut(allWritten) });
    expect(next.logDirs.directoryOf(next.partition.log).cleanedTo(next.partition.log)).toBe(
      undefined,
    );
  });

  test("nor one whose files a crash took before it was noted, or that are of another topic", async () => {
    await world.produce("more");
    const note = Buffer.from("0\n2\norders 0 12\ngone 3 5\n");
    await world.disk.replaceFile("/two/cleaner-offset-checkpoint", note);
    await world.disk.replaceFile("/one/cleaner-offset-checkpoint", note);

    const disk = await world.disk.afterPowerCut(allWritten);
    const id = "BBBBAQAAQACAAAAAAAAAAQ";
    const next = await World.open({ disk, topicId: id });
    expect(await cleanedIn(next, "/two")).not.toMatch(/orders|gone/);
    expect(await cleanedIn(next, "/one")).not.toMatch(/orders|gone/);
    expect(next.logDirs.directoryOf(next.partition.log).cleanedTo(next.partition.log)).toBe(
      undefined,
    );
  });
});

async function cleanedIn({ disk }: World, directory: string): Promise<string> {
  return (await disk.readFile(`${directory}/cleaner-offset-checkpoint`))?.toString() ?? "";
}

describe("a copy that waits for the next start", () => {
  const filler = (name: string) => Array.from({ length: 8 }, (_, i): Pair => [name, `${i}`]);

  /** All is copied, and then the broker is stopped, or gone. */
  async function withCopy({ compact = true, stopped = false } = {}): Promise<FaultyDisk> {
    const first = await World.open({ compact });
    await first.put([["deleted", "value"], ...filler("one")]);
    let isCopied = false;
    first.failing.decide = (operation, path) => {
      if (operation !== "replace" || !path.startsWith("/two/log-start")) return undefined;
      isCopied = true;
      return systemError("ENOSPC");
    };
    await first.move("/two");
    for (let i = 0; i < 200 && !isCopied; i++) await first.clock.advance(10);
    expect(isCopied).toBe(true);
    first.failing.decide = () => undefined;
    if (stopped) {
      await first.moves.stop();
      await first.logDirs.close();
    }
    return first.disk.afterPowerCut(allWritten);
  }

  test.each([
    { compact: false, stopped: false },
    { compact: false, stopped: true },
    // It may have gaps: only after a stop in order is it known which.
    { compact: true, stopped: true },
  ])("is gone on with where it ended: %o", async ({ compact, stopped }) => {
    const disk = await withCopy({ compact, stopped });
    const next = await World.open({ disk, compact });
    let written = 0;
    next.failing.decide = (operation, path) => {
      if (operation === "write" && /-future\/.*\.log$/.test(path)) written += 1;
      return undefined;
    };
    await next.arrived("/two");

    expect(storedPairs(next.partition.log)).toHaveLength(9);
    expect(written).toBe(0);
  });

  test("does not count before the log itself, which lost its end, however far the copy goes", async () => {
    const disk = await withCopy();
    const filesIn = async (folder: string) =>
      (await disk.list(folder))
        .filter((name) => name.endsWith(".log"))
        .map((n) => `${folder}/${n}`);
    const [future] = (await disk.list("/two")).filter((name) => name.endsWith("-future"));
    // No power was there for them any more. In a compacted log nobody can tell from the offsets.
    await disk.replaceFile((await filesIn("/one/orders-0")).at(-1) ?? "", Buffer.alloc(0));
    await disk.replaceFile((await filesIn(`/two/${future}`))[0] ?? "", Buffer.alloc(0));

    const next = await World.open({ disk, compact: true });
    const before = storedPairs(next.partition.log);
    expect(before[0]).toMatchObject({ offset: 0, key: "deleted" });
    await next.arrived("/two");
    expect(storedPairs(next.partition.log)).toEqual(before);
  });

  test("is begun again while it cannot be noted how far the log is clean", async () => {
    await world.logDirs.online("/one").noteCleaned(world.partition.log, 7);
    world.failing.decide = (operation, path) =>
      operation === "replace" && path.startsWith("/two/cleaner")
        ? systemError("ENOSPC")
        : undefined;
    await world.move("/two");
    for (let i = 0; i < 3; i++) await world.clock.advance(1000);
    expect(world.path).toBe("/one");

    world.failing.decide = () => undefined;
    await world.arrived("/two");
    expect(world.logDirs.online("/two").cleanedTo(world.partition.log)).toBe(7);
  });

  test("is begun anew if the log was compacted meanwhile: what is deleted stays deleted", async () => {
    // While a directory is offline copies are left alone, and logs are cleaned.
    const disk = await withCopy({ stopped: true });
    const between = await World.open({ disk, compact: true, broken: "/three" });
    await between.put([["deleted", null], ...filler("two")]);
    for (let i = 0; i < 3; i++) {
      await between.clean();
      await between.clock.advance(1000);
      await between.put(filler(`more ${i}`));
    }
    const compacted = storedPairs(between.partition.log);
    expect(compacted.map(({ key }) => key)).not.toContain("deleted");
    await between.moves.stop();
    await between.logDirs.close();

    const next = await World.open({
      disk: await between.disk.afterPowerCut(allWritten),
      compact: true,
    });
    await next.arrived("/two");
    expect(storedPairs(next.partition.log)).toEqual(compacted);
  });
});

/** Lives until the n-th operation of the disk since the move began, and then the process is gone. */
async function livesUntil(n: number, flush: boolean): Promise<{ world: World; isOver: boolean }> {
  const life = await World.open({ flush });
  for (let i = 0; i < 8; i++) await life.produce(`${i}`);
  await life.logDirs.online("/one").noteCleaned(life.partition.log, 3);
  let count = 0;
  life.failing.decide = () => {
    count += 1;
    return count > n ? systemError("EIO") : undefined;
  };
  await life.move("/two").catch(() => {});
  for (let i = 0; i < 60 && count <= n; i++) {
    if (i < 12) await life.produce(`while ${i}`);
    await life.clock.advance(10);
  }
  return { world: life, isOver: count <= n };
}

describe("a crash at any step of a move", () => {
  test.each<[string, boolean, Fate]>([
    ["a killed process", false, allWritten],
    ["a power cut, with flush.messages=1", true, onlySynced],
  ])(
    "by %s leaves everything that was acknowledged, once",
    async (_, flush, fate) => {
      const ends = new Set<string>();
      for (let n = 0; ; n++) {
        const { world: life, isOver } = await livesUntil(n, flush);
        const next = await World.open({
          disk: await life.disk.afterPowerCut(fate),
          flush,
          leaderEpoch: 1,
        });

        const found = await next.values();
        expect(found.slice(0, life.acknowledged.length), `operation ${n}`).toEqual(
          life.acknowledged,
        );
        ends.add(next.path);
        next.acknowledged.push(...found);
        await next.produce("after");
        // What was under way is gone on with.
        for (let i = 0; i < 100; i++) await next.clock.advance(10);
        expect(await next.values(), `operation ${n}`).toEqual(next.acknowledged);
        const { log } = next.partition;
        expect(next.logDirs.directoryOf(log).cleanedTo(log), `operation ${n}`).toBe(3);
        await next.moves.stop();
        await next.logDirs.close();
        const folders = await Promise.all(PATHS.map((path) => next.disk.list(path)));
        const left = folders.flat().filter((name) => /^orders-0(\.\w+-future)?$/.test(name));
        expect(left, `operation ${n}`).toEqual(["orders-0"]);
        if (!isOver) continue;
        expect(n).toBeGreaterThan(40);
        break;
      }
      expect(ends).toEqual(new Set(["/one", "/two"]));
    },
    60_000,
  );
});
