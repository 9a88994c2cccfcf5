import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { realDisk } from "../../src/storage/real-disk.ts";

describe("a directory", () => {
  test("is made with those above it, and may be there already", async () => {
    const root = await mkdtemp(join(tmpdir(), "odradek-"));
    try {
      await realDisk.makeDirectory(join(root, "a/b"));
      await realDisk.makeDirectory(join(root, "a/b"));
      realDisk.makeDirectorySync(join(root, "a/c/d"));
      expect((await readdir(join(root, "a"))).sort()).toEqual(["b", "c"]);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  test.runIf(process.platform === "linux")(
    "is refused, not tried for ever, where the system takes none",
    async () => {
      await expect(realDisk.makeDirectory("/proc/odradek/data")).rejects.toThrow("ENOENT");
      expect(() => realDisk.makeDirectorySync("/proc/odradek/data")).toThrow("ENOENT");
    },
  );

  test.each([
    ["empty", []],
    ["of files", ["a", "b"]],
    ["with others in it", ["a", "below/c", "below/further/d"]],
  ])("%s is removed with what is in it", async (_, files) => {
    const root = await mkdtemp(join(tmpdir(), "odradek-"));
    try {
      await mkdir(join(root, "log"));
      for (const file of files) {
        await mkdir(join(root, "log", file, ".."), { recursive: true });
        await writeFile(join(root, "log", file), "x");
      }
      await writeFile(join(root, "beside"), "x");

      await realDisk.remove(join(root, "log"));
      await realDisk.remove(join(root, "never there"));

      expect(await readdir(root)).toEqual(["beside"]);
      await realDisk.remove(join(root, "beside"));
      expect(await readdir(root)).toEqual([]);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
