import { expect, test } from "vitest";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { append, openDirectory, openLog } from "../support/storage/logs.ts";

/** Syncs of a directory take until they are let go. */
class SlowDisk extends MemoryDisk {
  readonly #waiting: (() => void)[] = [];
  isSlow = false;

  override async syncDirectory(): Promise<void> {
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  letGo(): void {
    this.isSlow = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

test("nobody is told that names are durable while the sync is under way that makes them so", async () => {
  const disk = new SlowDisk();
  const directory = await openDirectory({ disk });
  const log = await openLog(directory);
  await append(log, ["a"]);
  disk.isSlow = true;
  const settled: string[] = [];

  const flushes = ["first", "second"].map((name) =>
    log.flush().then(() => void settled.push(name)),
  );
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));

  expect(settled).toEqual([]);
  expect(log.recoveryPoint).toBe(0);
  disk.letGo();
  await Promise.all(flushes);
  expect(log.recoveryPoint).toBe(1);
});
