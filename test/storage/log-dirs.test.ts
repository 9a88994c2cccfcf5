import { beforeEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { ForeignDirectory } from "../../src/storage/foreign-directory.ts";
import type { Log } from "../../src/storage/log.ts";
import type { LogDirs } from "../../src/storage/log-dirs.ts";
import type { Logger } from "../../src/telemetry/logger.ts";
import { FailingDisk, systemError } from "../support/storage/failing-disk.ts";
import { allWritten, FaultyDisk } from "../support/storage/faulty-disk.ts";
import {
  append,
  batchOf,
  defaultSettings,
  fromClient,
  openLogDirs,
  readAll,
  TOPIC_ID,
  valuesOf,
} from "../support/storage/logs.ts";

const PATHS = ["/one", "/two", "/three"];
const STORAGE_ERROR = { code: ErrorCode.KAFKA_STORAGE_ERROR };

let disk: FaultyDisk;
let failing: FailingDisk;
let lines: string[];
let logger: Logger;

beforeEach(() => {
  disk = new FaultyDisk();
  failing = new FailingDisk(disk);
  lines = [];
  const tell = (message: string) => void lines.push(message);
  logger = { error: tell, warn: tell, info: () => {}, debug: () => {} } as unknown as Logger;
});

function place(partition: number, topic = "orders") {
  return {
    topic,
    partition,
    topicId: TOPIC_ID,
    settings: defaultSettings,
    onWritten: () => {},
  };
}

const make = (dirs: LogDirs, partition: number) => dirs.openLog(place(partition), true);
const pathOf = (dirs: LogDirs, log: Log) => dirs.directoryOf(log).path;
const under = (path: string) => (_: string, at: string) =>
  at === path || at.startsWith(`${path}/`) ? systemError("EIO") : undefined;

describe("several log.dirs", () => {
  test("take new partitions by turns, the one with the fewest first", async () => {
    const dirs = await openLogDirs({ disk, paths: PATHS });

    const logs = [0, 1, 2, 3].map((partition) => make(dirs, partition));

    expect(logs.map((log) => pathOf(dirs, log))).toEqual(["/one", "/two", "/three", "/one"]);
    await dirs.deleteLog(logs[1] as Log);
    expect(pathOf(dirs, make(dirs, 4))).toBe("/two");
  });

  test("take none where they are cordoned, unless all are", async () => {
    let cordoned = ["/one", "/three"];
    const isCordoned = (path: string) => cordoned.includes(path);
    const dirs = await openLogDirs({ disk, paths: PATHS, isCordoned });

    const logs = [0, 1].map((partition) => make(dirs, partition));
    const told = await dirs.describe();
    cordoned = PATHS;

    expect(logs.map((log) => pathOf(dirs, log))).toEqual(["/two", "/two"]);
    expect(told.map((dir) => dir.isCordoned)).toEqual([true, false, true]);
    expect(pathOf(dirs, make(dirs, 2))).toBe("/one");
  });

  test("are one cluster's, each with an id of its own, and say so in meta.properties", async () => {
    const dirs = await openLogDirs({ disk, paths: PATHS });
    await dirs.close();

    const properties = await Promise.all(
      PATHS.map(async (path) => String(await disk.readFile(`${path}/meta.properties`))),
    );

    const all = (name: string) =>
      properties.map((text) => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1]);
    expect(new Set(all("cluster.id"))).toEqual(new Set([dirs.clusterId]));
    expect(new Set(all("directory.id")).size).toBe(3);
  });

  test("are searched for a partition at the next start, after a crash as well", async () => {
    const dirs = await openLogDirs({ disk, paths: PATHS });
    for (const partition of [0, 1, 2]) await append(make(dirs, partition), [`p${partition}`]);

    const again = await openLogDirs({ disk: await disk.afterPowerCut(allWritten), paths: PATHS });

    expect(again.wasCleanShutdown).toBe(false);
    for (const partition of [2, 1, 0]) {
      const log = again.openLog(place(partition), false);
      expect(pathOf(again, log)).toBe(PATHS[partition]);
      expect(valuesOf(await readAll(log))).toEqual([`p${partition}`]);
    }
  });

  test("may be more than before: a new one joins the cluster of the others", async () => {
    const { clusterId, ...first } = await openLogDirs({ disk, paths: ["/one"] });
    void first;
    const next = await disk.afterPowerCut(allWritten);

    expect((await openLogDirs({ disk: next, paths: ["/one", "/new"] })).clusterId).toBe(clusterId);
  });

  test("are refused where the one for the metadata is new and the others are not", async () => {
    await (await openLogDirs({ disk, paths: ["/one"] })).close();

    const opening = openLogDirs({ disk, paths: ["/new", "/one"] });

    await expect(opening).rejects.toThrow(ForeignDirectory);
    await expect(opening).rejects.toThrow("name the directory with odradek-metadata.log first");
    const named = await openLogDirs({ disk, paths: ["/new", "/one"], metadataPath: "/one" });
    expect(named.metadataPath).toBe("/one");
  });

  test("of two clusters, or a copy of one another, or twice the same, are refused, and let go of", async () => {
    await (await openLogDirs({ disk, paths: ["/one"] })).close();
    await (await openLogDirs({ disk, paths: ["/two"] })).close();
    await expect(openLogDirs({ disk, paths: ["/one", "/two"] })).rejects.toThrow(
      "/two belongs to cluster",
    );

    await disk.makeDirectory("/copy");
    const copied = await disk.readFile("/one/meta.properties");
    await disk.replaceFile("/copy/meta.properties", copied as Buffer);
    await expect(openLogDirs({ disk, paths: ["/one", "/copy"] })).rejects.toThrow(
      "/copy and /one have the same directory.id",
    );
    await expect(openLogDirs({ disk, paths: ["/one", "/one"] })).rejects.toThrow("twice");
    await (await openLogDirs({ disk, paths: ["/one"] })).close();
  });

  test("share the descriptors there may be", async () => {
    const dirs = await openLogDirs({ disk, paths: PATHS, maxOpenFiles: 4 });
    for (let partition = 0; partition < 30; partition++) await append(make(dirs, partition), ["x"]);

    expect(disk.counts.maxOpen).toBeLessThanOrEqual(5);
  });

  test("a directory that was asked for takes the partition when it is made", async () => {
    const dirs = await openLogDirs({ disk, paths: PATHS });
    dirs.prefer("orders", 0, "/three");

    expect(pathOf(dirs, make(dirs, 0))).toBe("/three");
    expect(() => dirs.online("/elsewhere")).toThrow(
      expect.objectContaining({ code: ErrorCode.LOG_DIR_NOT_FOUND }),
    );
  });
});

test("wishes for partitions that nobody makes are forgotten, the oldest first", async () => {
  const dirs = await openLogDirs({ disk, paths: PATHS });
  for (let partition = 0; partition <= 10_000; partition++) {
    dirs.prefer("orders", partition, "/three");
  }

  const paths = [0, 1, 10_000].map((partition) => pathOf(dirs, make(dirs, partition)));
  expect(paths).toEqual(["/one", "/three", "/three"]);
});

describe("a directory whose disk fails", () => {
  test.each(["EIO", "EROFS"])(
    "by %s in a write is offline as a whole, is told of once, and the others serve on",
    async (code) => {
      const dirs = await openLogDirs({ disk: failing, paths: PATHS, logger });
      const lost: string[] = [];
      dirs.onFailure(({ path }) => lost.push(path));
      const logs = [0, 1, 2, 3, 4, 5].map((partition) => make(dirs, partition)) as Log[];
      for (const log of logs) await append(log, ["before"]);
      failing.decide = (operation, path) =>
        operation === "write" && path.startsWith("/two/orders-1/") ? systemError(code) : undefined;

      const written = logs[1]?.append(batchOf(["lost"]), fromClient).written;
      await expect(written).rejects.toMatchObject(STORAGE_ERROR);
      failing.decide = () => undefined;

      for (const partition of [1, 4]) {
        expect(() => logs[partition]?.append(batchOf(["x"]), fromClient)).toThrow(
          expect.objectContaining(STORAGE_ERROR),
        );
      }
      for (const partition of [0, 2, 3, 5]) await append(logs[partition] as Log, ["after"]);
      expect(lost).toEqual(["/two"]);
      const told = lines.filter((line) => line.includes("/two is offline"));
      expect(told).toEqual([
        expect.stringMatching(/at \/two\/orders-1\/0+\.log; its partitions are not served until/),
      ]);
      expect((await dirs.describe()).map(({ path, errorCode }) => [path, errorCode])).toEqual([
        ["/one", ErrorCode.NONE],
        ["/two", ErrorCode.KAFKA_STORAGE_ERROR],
        ["/three", ErrorCode.NONE],
      ]);
      await dirs.close();
    },
  );

  test("is found out even if nobody writes: its lock shows that the broker lives", async () => {
    const { ManualClock } = await import("../../src/time/manual-clock.ts");
    const clock = new ManualClock();
    const dirs = await openLogDirs({ disk: failing, paths: PATHS, clock });
    const lost: string[] = [];
    dirs.onFailure(({ path }) => lost.push(path));
    failing.decide = under("/three");

    await clock.advance(2000);

    expect(lost).toEqual(["/three"]);
  });

  test("takes no new partition, and one that may lie there is not made anew", async () => {
    const dirs = await openLogDirs({ disk: failing, paths: PATHS });
    const [, second] = [make(dirs, 0), make(dirs, 1)];
    failing.decide = under("/two");
    expect(() => second.append(batchOf(["x"]), fromClient)).toThrow("EIO");
    await Promise.resolve();

    expect(pathOf(dirs, make(dirs, 2))).toBe("/three");
    expect(() => dirs.openLog(place(7), false)).toThrow(expect.objectContaining(STORAGE_ERROR));
  });

  test("at the start is left out, unless it holds the metadata", async () => {
    const dirs = await openLogDirs({ disk, paths: PATHS });
    await append(make(dirs, 0), ["a"]);
    await append(make(dirs, 1), ["b"]);
    await dirs.close();

    failing.decide = under("/two");
    const again = await openLogDirs({ disk: failing, paths: PATHS, logger });
    expect(lines).toEqual([expect.stringContaining("/two is offline: it could not be opened")]);
    expect(valuesOf(await readAll(again.openLog(place(0), false)))).toEqual(["a"]);
    expect(() => again.openLog(place(1), false)).toThrow(expect.objectContaining(STORAGE_ERROR));
    await again.close();

    failing.decide = under("/one");
    await expect(openLogDirs({ disk: failing, paths: PATHS })).rejects.toThrow("EIO");
  });

  test("ends the broker if it was the last, or held the metadata", async () => {
    const dirs = await openLogDirs({ disk: failing, paths: PATHS });
    const log = make(dirs, 0);
    failing.decide = under("/one");
    expect(() => log.append(batchOf(["x"]), fromClient)).toThrow("EIO");

    expect(await dirs.fatal).toMatchObject(STORAGE_ERROR);
  });
});
