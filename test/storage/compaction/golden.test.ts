import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasDeleteHorizon, readBatchHeader } from "../../../src/records/batch.ts";
import { batchesIn } from "../../../src/records/records.ts";
import { MemoryDisk } from "../../../src/storage/memory-disk.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { openCleaner } from "../../support/storage/compaction.ts";
import { openDirectory, openLog } from "../../support/storage/logs.ts";

/**
 * `before` is a log with tombstones, headers, idempotent producers, LogAppendTime and two leader epochs;
 * `after` is what the cleaner of Apache Kafka 4.4.0 made of it, with its default settings.
 */
const golden = join(import.meta.dirname, "../../golden/compaction");

const DELETE_RETENTION_MS = 24 * 3600 * 1000;

function filesOf(which: "before" | "after"): ReadonlyMap<string, Buffer> {
  const names = readdirSync(join(golden, which));
  return new Map(names.map((name) => [name, readFileSync(join(golden, which, name))]));
}

/** When Kafka cleaned it: the horizons that it wrote say so. */
function cleanedMs(bytes: Buffer): number {
  for (const at of batchesIn(bytes)) {
    const { attributes, baseTimestamp } = readBatchHeader(bytes, at);
    if (hasDeleteHorizon(attributes)) return baseTimestamp - DELETE_RETENTION_MS;
  }
  throw new Error("no tombstone in the golden file");
}

test("what is left of a log is what Apache Kafka leaves of it, to the byte", async () => {
  const after = filesOf("after");
  const first = `${"0".repeat(20)}.log`;
  const clock = new ManualClock(cleanedMs(after.get(first) ?? Buffer.alloc(0)));
  const disk = new MemoryDisk();
  for (const [name, bytes] of filesOf("before")) {
    await disk.replaceFile(`/data/orders-0/${name}`, bytes);
  }
  const directory = await openDirectory({ disk, clock });
  const log = await openLog(directory, {
    settings: { compacted: true, deleteRetentionMs: DELETE_RETENTION_MS },
  });

  await (await openCleaner({ logs: () => [log], disk, clock })).run();
  await log.close();
  await clock.advance(60_000);

  const names = await disk.list("/data/orders-0");
  const logs = (all: Iterable<string>) => [...all].filter((name) => name.endsWith(".log")).sort();
  expect(logs(names)).toEqual(logs(after.keys()));
  for (const [name, bytes] of after) {
    expect((await disk.readFile(`/data/orders-0/${name}`))?.toString("hex")).toBe(
      bytes.toString("hex"),
    );
  }
});
