import { expect, test } from "vitest";
import { FilePool } from "../../src/storage/file-pool.ts";
import type { DiskFile } from "../../src/storage/fs.ts";
import { FaultyDisk } from "../support/storage/faulty-disk.ts";

test("the file that was not used for longest is closed when another is needed", () => {
  const disk = new FaultyDisk();
  const pool = new FilePool(disk, 2);
  const first = pool.use("/a");
  pool.use("/b");
  pool.use("/a");

  pool.use("/c");

  expect(pool.size).toBe(2);
  expect(pool.use("/a")).toBe(first);
  expect(disk.openFiles).toBe(2);
});

test("a file on which work is under way is not closed under it, not even when it is let go", async () => {
  const disk = new FaultyDisk();
  const pool = new FilePool(disk, 1);
  let finish: () => void = () => undefined;
  const working = pool.during("/a", async (file: DiskFile) => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    await file.append(Buffer.from("whole"));
  });

  pool.use("/b");
  pool.close("/a");
  finish();
  await working;

  expect((await disk.readFile("/a"))?.toString()).toBe("whole");
  pool.closeAll();
  expect(disk.openFiles).toBe(0);
});

test("gives up files of its own when the process has no descriptors left", () => {
  const disk = new FaultyDisk();
  const pool = new FilePool(disk, 100);
  for (let i = 0; i < 50; i++) pool.use(`/${i}`);
  const openSync = disk.openSync.bind(disk);
  disk.openSync = (path) => {
    if (disk.openFiles >= 40) throw Object.assign(new Error("EMFILE"), { code: "EMFILE" });
    return openSync(path);
  };

  pool.use("/another");

  expect(pool.size).toBeLessThanOrEqual(40);
});
