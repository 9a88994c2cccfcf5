import { beforeEach, describe, expect, test } from "vitest";
import { MetadataImage, type TopicImage } from "../../src/cluster/image.ts";
import { Partitions } from "../../src/partition/partitions.ts";
import { ReplicaMoves } from "../../src/partition/replica-moves.ts";
import { Replicas } from "../../src/partition/replicas.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import type { LogDirs } from "../../src/storage/log-dirs.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { FailingDisk, systemError } from "../support/storage/failing-disk.ts";
import { allWritten, type Fate, FaultyDisk, onlySynced } from "../support/storage/faulty-disk.ts";
import {
  batchOf,
  defaultSettings,
  openLogDirs,
  readAll,
  START_MS,
  TOPIC_ID,
  valuesOf,
} from "../support/storage/logs.ts";

const PATHS = ["/one", "/two", "/three"];
const ORDERS = { topic: "orders", index: 0 };

const orders: TopicImage = {
  name: "orders",
  id: TOPIC_ID,
  revision: 1,
  internal: false,
  configs: new Map(),
  partitions: [
    {
      index: 0,
      leader: 1,
      leaderEpoch: 0,
      replicas: [1],
      isr: [1],
      elr: [],
      lastKnownElr: [],
      partitionEpoch: 0,
      revision: 0,
    },
  ],
};

/** A broker as far as its partitions go, with one partition, `orders-0`. */
class World {
  readonly disk: FaultyDisk;
  readonly failing: FailingDisk;
  readonly clock: ManualClock;
  readonly partitions = new Partitions();
  readonly logDirs: LogDirs;
  readonly moves: ReplicaMoves;
  readonly replicas: Replicas;
  readonly acknowledged: string[];

  private constructor(
    parts: Pick<World, "disk" | "failing" | "logDirs" | "clock">,
    { flush }: { readonly flush: boolean },
  ) {
    this.disk = parts.disk;
    this.failing = parts.failing;
    this.logDirs = parts.logDirs;
    this.clock = parts.clock;
    this.acknowledged = [];
    const { clock, partitions, logDirs } = this;
    const settings = {
      ...defaultSettings,
      segmentBytes: 400,
      fileDeleteDelayMs: 1000,
      ...(flush ? { flushMessages: 1 } : {}),
    };
    this.moves = new ReplicaMoves({ logDirs, clock, logger: silentLogger });
    const { moves } = this;
    const settingsOf = () => settings;
    this.replicas = new Replicas({ logDirs, partitions, moves, settingsOf, logger: silentLogger });
  }

  static async open({
    disk = new FaultyDisk(),
    flush = false,
    leaderEpoch = 0,
    topicId = TOPIC_ID,
  } = {}) {
    const failing = new FailingDisk(disk);
    const clock = new ManualClock(START_MS);
    const logDirs = await openLogDirs({ disk: failing, paths: PATHS, clock });
    const world = new World({ disk, failing, logDirs, clock }, { flush });
    const partitions = orders.partitions.map((partition) => ({ ...partition, leaderEpoch }));
    const topics = new Map([["orders", { ...orders, id: topicId, partitions }]]);
    await world.replicas.open(MetadataImage.empty("c").derive(1, { topics }));
    return world;
  }

  get partition() {
    const partition = this.partitions.get("orders", 0);
    if (partition === undefined) throw new Error("there is no orders-0");
    return partition;
  }

  get path(): string {
    return this.logDirs.directoryOf(this.partition.log).path;
  }

  /** A producer that tries each batch once. */
  async produce(value: string): Promise<void> {
    try {
      await this.partition.append(batchOf([value]), "client").written;
      this.acknowledged.push(value);
    } catch (error) {
      expect([ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_LEADER_OR_FOLLOWER]).toContain(
        (error as { code?: ErrorCode }).code,
      );
    }
  }

  move(path: string): Promise<void> {
    return this.moves.move(ORDERS, path, this.partition);
  }

  async values(): Promise<readonly string[]> {
    return valuesOf(await readAll(this.partition.log));
  }

  /** Goes on until the copy has taken the log's place. */
  async arrived(path: string): Promise<void> {
    for (let i = 0; i < 200 && this.path !== path; i++) await this.clock.advance(10);
    expect(this.path).toBe(path);
    for (let i = 0; i < 20; i++) await this.clock.advance(0);
  }

  async replicasIn(at: number) {
    return (await this.logDirs.describe())[at]?.replicas;
  }
}

let world: World;

beforeEach(async () => {
  world = await World.open();
  for (let i = 0; i < 20; i++) await world.produce(`${i}`);
  expect(world.path).toBe("/one");
});

describe("a partition that is moved to another directory", () => {
  test("has the same records, offsets and producers there, and after a restart", async () => {
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
    const batch = () => batchOf(["once"], producer);
    const { baseOffset } = world.partition.append(batch(), "client");
    await world.clock.advance(0);
    const before = await readAll(world.partition.log);

    await world.move("/two");
    await world.arrived("/two");

    expect(await readAll(world.partition.log)).toEqual(before);
    const repeated = world.partition.append(batch(), "client");
    expect([repeated.duplicate, repeated.baseOffset]).toEqual([true, baseOffset]);
    await world.produce("after");
    expect(world.partition.highWatermark).toBe(22);
    await world.clock.advance(2000);
    expect((await world.disk.list("/one")).filter((name) => name.startsWith("orders"))).toEqual([]);

    const next = await World.open({ disk: await world.disk.afterPowerCut(allWritten) });
    expect(next.path).toBe("/two");
    expect((await next.values()).at(-1)).toBe("after");
  });

  test("serves all the while, and loses nothing that it takes meanwhile", async () => {
    await world.move("/two");
    for (let i = 0; world.path === "/one" && i < 500; i++) {
      await Promise.all([world.produce(`while ${i}`), world.clock.advance(0)]);
    }

    expect(world.path).toBe("/two");
    await world.produce("after");
    expect(await world.values()).toEqual(world.acknowledged);
    expect(world.acknowledged.length).toBeGreaterThan(22);
  });

  test("is shown twice until then, with how far the copy is behind", async () => {
    world.failing.decide = (operation, path) =>
      operation === "write" && path.includes("-future/") ? systemError("ENOSPC") : undefined;
    await world.move("/two");
    for (let i = 0; i < 20; i++) await world.clock.advance(0);

    expect(await world.replicasIn(0)).toMatchObject([{ offsetLag: 0, isFuture: false }]);
    expect(await world.replicasIn(1)).toMatchObject([
      { topic: "orders", partition: 0, offsetLag: 20, isFuture: true },
    ]);

    // Room comes back, and so the copy goes on.
    world.failing.decide = () => undefined;
    await world.arrived("/two");
    expect(await world.replicasIn(0)).toEqual([]);
    expect(await world.replicasIn(1)).toMatchObject([{ offsetLag: 0, isFuture: false }]);
    expect(await world.values()).toEqual(world.acknowledged);
  });

  test("begins where the log begins, and an empty one has nothing to copy", async () => {
    await world.partition.deleteRecordsBefore(13);
    await world.move("/two");
    await world.arrived("/two");

    expect([world.partition.logStartOffset, world.partition.logEndOffset]).toEqual([13, 20]);
    const next = await World.open({ disk: await world.disk.afterPowerCut(allWritten) });
    expect([next.partition.logStartOffset, next.partition.logEndOffset]).toEqual([13, 20]);

    const empty = await World.open();
    await empty.move("/two");
    await empty.arrived("/two");
    await empty.produce("first");
    expect(await empty.values()).toEqual(["first"]);
  });

  test("stays where it is when it is asked back, and the copy is gone", async () => {
    world.failing.decide = (operation, path) =>
      operation === "write" && path.includes("-future/") ? systemError("ENOSPC") : undefined;
    await world.move("/two");
    await world.clock.advance(0);
    world.failing.decide = () => undefined;

    await world.move("/one");

    await world.clock.advance(5000);
    expect(world.path).toBe("/one");
    expect(await world.replicasIn(1)).toEqual([]);
    expect((await world.disk.list("/two")).filter((name) => name.includes("orders"))).toEqual([]);
    expect(await world.values()).toEqual(world.acknowledged);
  });

  test("that is deleted on the way is gone from both", async () => {
    await world.move("/two");
    await world.replicas.apply({ created: [], changed: [], deleted: [orders] });

    await world.clock.advance(5000);
    for (const path of PATHS) {
      expect((await world.disk.list(path)).filter((name) => name.includes("orders"))).toEqual([]);
    }
  });
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

describe("a move that cannot be", () => {
  test("is refused with Kafka's codes", async () => {
    const to = (path: string, index = 0) =>
      world.moves.move({ topic: "orders", index }, path, world.partitions.get("orders", index));

    await expect(to("/nowhere")).rejects.toMatchObject({ code: ErrorCode.LOG_DIR_NOT_FOUND });
    await expect(to("/two", 9)).rejects.toMatchObject({
      code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    });
    await expect(
      world.moves.move({ topic: "x".repeat(240), index: 0 }, "/two", undefined),
    ).rejects.toMatchObject({ code: ErrorCode.INVALID_TOPIC_EXCEPTION });
    await to("/one");
    world.failing.decide = (_, path) => (path.startsWith("/two") ? systemError("EIO") : undefined);
    await world.clock.advance(2000);
    await world.logDirs.describe();
    await expect(to("/two")).rejects.toMatchObject({ code: ErrorCode.KAFKA_STORAGE_ERROR });
    expect(world.path).toBe("/one");
  });

  test("because the other disk fails leaves the partition as it is", async () => {
    world.failing.decide = (operation, path) =>
      operation === "write" && path.includes("-future/") ? systemError("EIO") : undefined;
    await world.move("/two");
    for (let i = 0; i < 50; i++) await world.clock.advance(100);

    await world.produce("after");
    expect(world.path).toBe("/one");
    expect(await world.values()).toEqual(world.acknowledged);
  });
});

/** Lives until the n-th operation of the disk since the move began, and then the process is gone. */
async function livesUntil(n: number, flush: boolean): Promise<{ world: World; isOver: boolean }> {
  const life = await World.open({ flush });
  for (let i = 0; i < 8; i++) await life.produce(`${i}`);
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
