import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DirectoryInUse } from "../../src/storage/directory-lock.ts";
import { ForeignDirectory } from "../../src/storage/foreign-directory.ts";
import { type LockHolder, ownHolder } from "../../src/storage/lock-holder.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { realDisk } from "../../src/storage/real-disk.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { allWritten, FaultyDisk } from "../support/storage/faulty-disk.ts";
import {
  append,
  batchOf,
  fromClient,
  openDirectory,
  openLog,
  readAll,
  valuesOf,
} from "../support/storage/logs.ts";

async function diskLockedBy(holder: Partial<LockHolder>): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.makeDirectory("/data");
  const bytes = Buffer.from(JSON.stringify({ ...ownHolder("their token"), ...holder }));
  await disk.createFile("/data/.lock", bytes);
  return disk;
}

/** A pid that no process has. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "0"]);
  await new Promise((resolve) => child.once("exit", resolve));
  return child.pid as number;
}

describe("the lock of a data directory", () => {
  test("keeps a second broker of this process out, and says who holds it", async () => {
    const disk = new MemoryDisk();
    const first = await openDirectory({ disk });

    const second = openDirectory({ disk });

    await expect(second).rejects.toThrow(DirectoryInUse);
    await expect(second).rejects.toThrow(`in this process (${process.pid})`);
    await first.close();
    await (await openDirectory({ disk })).close();
  });

  test("keeps out a broker while another process has it, on the real disk too", async () => {
    const path = await mkdtemp(join(tmpdir(), "odradek-lock-"));
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
    await new Promise((resolve) => child.once("spawn", resolve));
    const { readFile } = await import("node:fs/promises");
    const stat = await readFile(`/proc/${child.pid}/stat`, "utf8").catch(() => undefined);
    const processStart = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    const holder = { ...ownHolder("theirs"), pid: child.pid, processStart };
    await realDisk.createFile(join(path, ".lock"), Buffer.from(JSON.stringify(holder)));

    await expect(openDirectory({ disk: realDisk, path })).rejects.toThrow(
      `in use by process ${child.pid} on ${holder.host}`,
    );
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    await (await openDirectory({ disk: realDisk, path })).close();
    await rm(path, { recursive: true });
  });

  test("that a killed broker left is taken over", async () => {
    const disk = await diskLockedBy({ pid: await deadPid(), processStart: "1" });

    const directory = await openDirectory({ disk });

    expect(directory.wasCleanShutdown).toBe(false);
    await directory.close();
  });

  test("is taken over when its pid is another process's now, as in a container that began anew", async () => {
    const disk = await diskLockedBy({ pid: process.pid, processStart: "1" });
    await (await openDirectory({ disk })).close();
  });

  test("is taken over after the machine was started anew", async () => {
    const disk = await diskLockedBy({ bootId: "an earlier one" });
    await (await openDirectory({ disk })).close();
  });

  test("of another container is taken over only if nothing is heard from there", async () => {
    const clock = new ManualClock();
    const silent = await diskLockedBy({ pidNamespace: "pid:[1]", host: "other" });
    const opening = openDirectory({ disk: silent, clock });
    await clock.advance(0);
    await clock.advance(6000);
    await (await opening).close();

    const alive = await diskLockedBy({ pidNamespace: "pid:[1]", host: "other", pid: 77 });
    const refused = expect(openDirectory({ disk: alive, clock })).rejects.toThrow(
      "in use by process 77 on other",
    );
    const beaten = Buffer.from(
      JSON.stringify({ ...ownHolder("their token"), beat: 1, pid: 77, host: "other" }),
    );
    await clock.advance(0);
    await clock.advance(3000);
    alive.replaceFileSync("/data/.lock", beaten);
    await clock.advance(3000);
    await refused;
  });

  test("shows that its holder lives", async () => {
    const clock = new ManualClock();
    const disk = new MemoryDisk();
    const directory = await openDirectory({ disk, clock });
    const before = await disk.readFile("/data/.lock");

    await clock.advance(2000);

    expect(await disk.readFile("/data/.lock")).not.toEqual(before);
    await directory.close();
    expect(await disk.readFile("/data/.lock")).toBeUndefined();
  });

  test("that is nonsense is replaced", async () => {
    const disk = new MemoryDisk();
    await disk.makeDirectory("/data");
    await disk.createFile("/data/.lock", Buffer.alloc(0));
    await (await openDirectory({ disk })).close();
  });
});

describe("a data directory", () => {
  test("keeps its ids, and is no other node's or cluster's", async () => {
    const disk = new MemoryDisk();
    const first = await openDirectory({ disk });
    const { clusterId, directoryId } = first;
    await first.close();

    const again = await openDirectory({ disk });
    expect([again.clusterId, again.directoryId]).toEqual([clusterId, directoryId]);
    expect(again.wasCleanShutdown).toBe(true);
    await again.close();

    await expect(openDirectory({ disk, nodeId: 2 })).rejects.toThrow(ForeignDirectory);
    // A refusal leaves no lock behind.
    await (await openDirectory({ disk })).close();
  });

  test("is not clean while it is open", async () => {
    const disk = new FaultyDisk();
    await (await openDirectory({ disk })).close();
    const directory = await openDirectory({ disk });
    expect(directory.wasCleanShutdown).toBe(true);

    const killed = await openDirectory({ disk: await disk.afterPowerCut((_, all) => all) });

    expect(killed.wasCleanShutdown).toBe(false);
  });

  test("a partition that is deleted is gone at once, its files a minute later", async () => {
    const disk = new MemoryDisk();
    const clock = new ManualClock();
    const directory = await openDirectory({ disk, clock });
    const log = await openLog(directory);
    await append(log, ["old"]);

    const deleting = directory.deleteLog(log);
    const anew = await openLog(directory);
    await append(anew, ["new"]);
    await deleting;

    expect(valuesOf(await readAll(anew))).toEqual(["new"]);
    const folders = async () =>
      (await disk.list("/data")).filter((name) => name.startsWith("orders")).sort();
    expect(await folders()).toEqual([
      "orders-0",
      expect.stringMatching(/^orders-0\.[0-9a-f]{32}-delete$/),
    ]);
    await clock.advance(0);
    expect(await folders()).toEqual(["orders-0"]);
    await directory.close();
  });

  test("what a deleted partition still had to write does not end up in its successor", async () => {
    const disk = new MemoryDisk();
    const directory = await openDirectory({ disk });
    const log = await openLog(directory);
    await append(log, ["old"]);
    log.append(batchOf(["late"]), fromClient);

    const deleting = directory.deleteLog(log);
    const anew = await openLog(directory);
    await append(anew, ["new"]);
    await deleting;
    await directory.close();

    const again = await openDirectory({ disk });
    expect(valuesOf(await readAll(await openLog(again)))).toEqual(["new"]);
    await again.close();
  });

  test("a name as long as Kafka allows can be deleted", async () => {
    const path = await mkdtemp(join(tmpdir(), "odradek-names-"));
    const directory = await openDirectory({ disk: realDisk, path });
    const log = await openLog(directory, { topic: "x".repeat(249) });
    await append(log, ["a"]);

    await directory.deleteLog(log);

    const names = await realDisk.list(path);
    expect(names.some((name) => /^x+\.[0-9a-f]{32}-delete$/.test(name))).toBe(true);
    await directory.close();
    // The next start removes what was on its way out.
    await (await openDirectory({ disk: realDisk, path })).close();
    expect((await realDisk.list(path)).some((name) => name.startsWith("x"))).toBe(false);
    await rm(path, { recursive: true });
  });

  test("a folder that is set aside is kept under another name", async () => {
    const disk = new MemoryDisk();
    const directory = await openDirectory({ disk });
    await append(await openLog(directory), ["a"]);
    await directory.close();
    const again = await openDirectory({ disk });

    await again.setAside({ topic: "orders", partition: 0 });

    expect(again.partitionsOnDisk()).toEqual([]);
    expect((await disk.list("/data")).some((n) => /^orders-0\.[0-9a-f]{32}-stray$/.test(n))).toBe(
      true,
    );
    await again.close();
  });

  test("never has more files open than it may, however many partitions there are", async () => {
    const disk = new FaultyDisk();
    const directory = await openDirectory({ disk, maxOpenFiles: 10, tailCacheBytes: 0 });
    const logs = await Promise.all(
      Array.from({ length: 200 }, (_, partition) => openLog(directory, { partition })),
    );
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all(logs.map((log) => append(log, ["a"])));
      for (const log of logs) expect(await readAll(log)).toHaveLength(turn + 1);
    }

    // One more while a small file is replaced or synced.
    expect(disk.counts.maxOpen).toBeLessThanOrEqual(11);
    await directory.close();
    expect(disk.openFiles).toBe(0);
  });
});

test("a checkpoint is not written by two at the same time, whoever asks for it", async () => {
  const disk = new MemoryDisk();
  const writing = new Set<string>();
  const twice: string[] = [];
  const directory = await openDirectory({ disk });
  const log = await openLog(directory);
  await append(log, ["a"]);
  disk.replaceFile = async (path, bytes) => {
    if (writing.has(path)) twice.push(path);
    writing.add(path);
    await new Promise((resolve) => setImmediate(resolve));
    disk.replaceFileSync(path, bytes);
    writing.delete(path);
  };

  await Promise.all([
    ...[1, 2, 3].map(() => directory.checkpoint()),
    ...[1, 2, 3].map(() => directory.checkpointStarts()),
    ...[1, 2, 3].map((offset) => directory.noteCleaned(log, offset)),
  ]);

  expect(twice).toEqual([]);
  expect((await disk.readFile("/data/cleaner-offset-checkpoint"))?.toString()).toContain(" 3\n");
});

describe("meta.properties", () => {
  const written = async (text: string) => {
    const disk = new MemoryDisk();
    await disk.makeDirectory("/data");
    await disk.replaceFile("/data/meta.properties", Buffer.from(text));
    return disk;
  };

  test("that does not say whose directory it is keeps the broker out, and stays as it is", async () => {
    const disk = await written("garbage");

    await expect(openDirectory({ disk })).rejects.toThrow(ForeignDirectory);
    expect((await disk.readFile("/data/meta.properties"))?.toString()).toBe("garbage");
  });

  test("of an older Kafka, which gave directories no id, is given one", async () => {
    const disk = await written("version=1\nnode.id=1\ncluster.id=abc\n");

    const { clusterId, directoryId } = await openDirectory({ disk });

    expect(clusterId).toBe("abc");
    const text = (await disk.readFile("/data/meta.properties"))?.toString();
    expect(text).toContain(`directory.id=${directoryId}`);
  });
});

describe("what is noted of a log that is deleted", () => {
  test("is not said of the next one of its name, after a crash either", async () => {
    const disk = new FaultyDisk();
    const directory = await openDirectory({ disk });
    const first = await openLog(directory);
    for (let i = 0; i < 8; i++) await append(first, ["old"]);
    await first.flush();
    await directory.checkpoint();
    await first.deleteRecordsBefore(5);
    await first.keepStart();
    await directory.deleteLog(first);
    const second = await openLog(directory, { topicId: "BBBBBQAAQACAAAAAAAAAAQ" });
    for (const value of ["a", "b"]) await append(second, [value]);

    const text = async (name: string) => String(await disk.readFile(`/data/${name}`));
    expect(await text("log-start-offset-checkpoint")).not.toContain("orders");
    expect(await text("recovery-point-offset-checkpoint")).not.toContain("orders 0 8");
    const next = await openDirectory({ disk: await disk.afterPowerCut(allWritten) });
    expect(valuesOf(await readAll(await openLog(next)))).toEqual(["a", "b"]);
  });

  test("is forgotten by the next start, where a crash came before", async () => {
    const disk = new MemoryDisk();
    await disk.makeDirectory("/data");
    for (const name of ["log-start-offset", "recovery-point-offset"]) {
      await disk.replaceFile(`/data/${name}-checkpoint`, Buffer.from("0\n1\norders 0 5\n"));
    }

    const log = await openLog(await openDirectory({ disk }));
    await append(log, ["a"]);

    for (const name of ["log-start-offset", "recovery-point-offset"]) {
      expect(String(await disk.readFile(`/data/${name}-checkpoint`))).not.toContain("orders");
    }
  });
});
