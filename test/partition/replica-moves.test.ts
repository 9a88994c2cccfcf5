import { beforeEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { orders, PATHS, World } from "../support/partition/moving-world.ts";
import { systemError } from "../support/storage/failing-disk.ts";
import { allWritten } from "../support/storage/faulty-disk.ts";
import { batchOf, readAll } from "../support/storage/logs.ts";

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

  test("that is deleted while the disk of the copy fails is gone from the other one", async () => {
    world.failing.decide = (operation, path) =>
      operation === "write" && path.includes("-future/") ? systemError("ENOSPC") : undefined;
    await world.move("/two");
    for (let i = 0; i < 20; i++) await world.clock.advance(0);
    world.failing.decide = (_, path) => (path.startsWith("/two") ? systemError("EIO") : undefined);

    const gone = world.replicas.apply({ created: [], changed: [], deleted: [orders] });
    await expect(gone).rejects.toThrow();
    expect((await world.disk.list("/one")).filter((name) => name === "orders-0")).toEqual([]);
    expect(world.logDirs.online("/one").logOf({ topic: "orders", partition: 0 })).toBe(undefined);
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
