import { beforeEach, describe, expect, test } from "vitest";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import type { Log } from "../../src/storage/log.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { FailingDisk, systemError } from "../support/storage/failing-disk.ts";
import { append, batchOf, fromClient, openDirectory, openLog } from "../support/storage/logs.ts";

let disk: FailingDisk;
let clock: ManualClock;
let directory: DataDirectory;
let first: Log;
let second: Log;

/** Both logs are refused a write, for a reason that may pass. */
beforeEach(async () => {
  disk = new FailingDisk(new MemoryDisk());
  clock = new ManualClock();
  directory = await openDirectory({ disk, clock });
  first = await openLog(directory, { topic: "first" });
  second = await openLog(directory, { topic: "second" });
  for (const log of [first, second]) await append(log, ["kept"]);
  disk.decide = (operation) => (operation === "write" ? systemError("ENOSPC") : undefined);
  for (const log of [first, second]) {
    await log.append(batchOf(["refused"]), fromClient).written.catch(() => undefined);
    expect(log.failure).toBeDefined();
  }
});

async function waitAWhile(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await clock.advance(10_000);
}

describe("logs that stopped for want of room", () => {
  test("all go on when there is some", async () => {
    disk.decide = () => undefined;
    await waitAWhile();

    for (const log of [first, second]) expect(await append(log, ["next"])).toBe(1);
  });

  test("go on without one that was deleted meanwhile", async () => {
    await directory.deleteLog(first);
    disk.decide = () => undefined;
    await waitAWhile();

    expect(await append(second, ["next"])).toBe(1);
  });

  test("go on without one whose files cannot be put in order", async () => {
    first.rewind = () => Promise.reject(new Error("its file is of somebody else"));
    disk.decide = () => undefined;
    await waitAWhile();

    expect(await append(second, ["next"])).toBe(1);
    expect(() => first.append(batchOf(["next"]), fromClient)).toThrow("ENOSPC");
  });
});
