import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBroker } from "../../src/index.ts";

test("partitions of another broker are left where they are, and a failed start leaves no lock", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "odradek-foreign-"));
  await mkdir(join(dataDir, "orders-0"));

  await expect(startBroker({ dataDir })).rejects.toThrow(/choose another directory/);

  expect(await readdir(dataDir)).toContain("orders-0");
  await rm(join(dataDir, "orders-0"), { recursive: true });
  const broker = await startBroker({ dataDir });
  await broker.stop();
  await rm(dataDir, { recursive: true });
});
