import { beforeEach, expect, test } from "vitest";
import { Partition } from "../../src/partition/partition.ts";
import { Partitions } from "../../src/partition/partitions.ts";
import { deleteOldSegments } from "../../src/partition/retention.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import type { LogSettings } from "../../src/storage/log-settings.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { compactedSettings, openCleaner, put, storedPairs } from "../support/storage/compaction.ts";
import { FaultyDisk } from "../support/storage/faulty-disk.ts";
import { append, openDirectory, openLog, START_MS } from "../support/storage/logs.ts";

let disk: FaultyDisk;
let clock: ManualClock;
let directory: DataDirectory;
let partitions: Partitions;

beforeEach(async () => {
  disk = new FaultyDisk();
  clock = new ManualClock(START_MS);
  directory = await openDirectory({ disk, clock });
  partitions = new Partitions();
});

/** A partition with so many segments of one record, a second apart. */
async function fill(segments: number, settings: Partial<LogSettings> = {}): Promise<Partition> {
  const index = partitions.forTopic("orders").length;
  let partition: Partition | undefined;
  const log = await openLog(directory, {
    partition: index,
    settings: { segmentBytes: 300, ...settings },
    onWritten: (endOffset) => partition?.advanceTo(endOffset),
  });
  partition = new Partition(log, { id: 1, epoch: 0 });
  partitions.add(partition);
  for (let i = 0; i < segments; i++) {
    await append(log, ["x".repeat(200)], { timestamp: START_MS + 1000 * i });
  }
  return partition;
}

test("what is too old goes by itself, and those who wait for the partition hear of it", async () => {
  const partition = await fill(5, { retentionMs: 2500 });
  await clock.advance(4000);
  let isAnnounced = false;
  partition.changes.subscribe(() => {
    isAnnounced = true;
  });

  await deleteOldSegments(partitions, silentLogger);

  expect(partition.logStartOffset).toBe(2);
  expect(isAnnounced).toBe(true);
});

test("what fails for one partition is told, and the others go on", async () => {
  const broken = await fill(5, { retentionMs: 1000 });
  const other = await fill(5, { retentionMs: 1000 });
  await clock.advance(10_000);
  const errors: string[] = [];
  disk.failWrite = (path) => (path.includes("orders-0") ? new Error("not writable") : undefined);

  await deleteOldSegments(partitions, {
    ...silentLogger,
    error: (message) => errors.push(message),
  });

  expect(errors).toEqual(["old segments of orders-0 were not deleted"]);
  expect(broken.logStartOffset).toBe(0);
  expect(other.logStartOffset).toBe(5);
});

test("a topic that is only compacted keeps what is old", async () => {
  const partition = await fill(5, { deleted: false, retentionMs: 1, retentionBytes: 1 });
  await clock.advance(10_000);

  await deleteOldSegments(partitions, silentLogger);

  expect(partition.logStartOffset).toBe(0);
});

test("one that is compacted and deleted loses what is old, and of the rest what is superseded", async () => {
  const log = await openLog(directory, {
    settings: { ...compactedSettings, deleted: true, retentionMs: 5000 },
  });
  const partition = new Partition(log, { id: 1, epoch: 0 });
  partitions.add(partition);
  for (let i = 0; i < 8; i++) {
    const timestamp = START_MS + 1000 * i;
    await put(log, [[i < 2 ? "old" : `key-${i % 2}`, "x".repeat(300)]], { timestamp });
  }
  await clock.advance(6500);
  const cleaner = await openCleaner({ logs: () => [log], disk, clock });

  await deleteOldSegments(partitions, silentLogger);
  await cleaner.run();

  expect(partition.logStartOffset).toBe(2);
  expect(storedPairs(log).map(({ offset }) => offset)).toEqual([5, 6, 7]);
  await clock.advance(5000);
  await deleteOldSegments(partitions, silentLogger);
  expect(storedPairs(log).map(({ offset }) => offset)).toEqual([7]);
});

test("records of a topic that is deleted meanwhile cannot be deleted, and it is said so", async () => {
  const partition = await fill(5);

  const deleting = partition.deleteRecordsBefore(3);
  partition.retire();
  const removing = directory.deleteLog(partition.log);

  await expect(deleting).rejects.toMatchObject({ code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
  await removing;
});
