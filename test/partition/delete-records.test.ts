import { beforeEach, expect, test } from "vitest";
import { Partition } from "../../src/partition/partition.ts";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import { allWritten, FaultyDisk, onlySynced } from "../support/storage/faulty-disk.ts";
import { append, openDirectory, openLog } from "../support/storage/logs.ts";

const STARTS = "/data/log-start-offset-checkpoint";

let disk: FaultyDisk;
let directory: DataDirectory;
/** Times that the file was begun to be written in which each log's start stands. */
let checkpoints = 0;

beforeEach(async () => {
  disk = new FaultyDisk();
  directory = await openDirectory({ disk });
  checkpoints = 0;
  disk.failWrite = (path) => {
    if (path.startsWith(STARTS)) checkpoints += 1;
    return undefined;
  };
});

/** A partition with five records in one segment. */
async function five(index = 0): Promise<Partition> {
  let partition: Partition | undefined;
  const log = await openLog(directory, {
    partition: index,
    settings: { flushMessages: 1 },
    onWritten: (endOffset) => partition?.advanceTo(endOffset),
  });
  partition = new Partition(log, { id: 1, epoch: 0 });
  for (let i = 0; i < 5; i++) await append(log, [`record ${i}`]);
  return partition;
}

test.each([
  ["the process is killed", allWritten],
  ["the power goes", onlySynced],
])("deleted records stay deleted when %s right after the answer", async (_what, fate) => {
  const partition = await five();

  expect(await partition.deleteRecordsBefore(3)).toBe(3);

  const left = await openDirectory({ disk: await disk.afterPowerCut(fate) });
  const log = await openLog(left);
  expect([log.startOffset, log.endOffset]).toEqual([3, 5]);
});

test("and after a stop in order", async () => {
  const partition = await five();
  await partition.deleteRecordsBefore(-1);
  await directory.close();

  const log = await openLog(await openDirectory({ disk }));

  expect([log.startOffset, log.endOffset]).toEqual([5, 5]);
});

test("those of many partitions are written down together", async () => {
  const partitions: Partition[] = [];
  for (let index = 0; index < 50; index++) partitions.push(await five(index));

  await Promise.all(partitions.map((partition) => partition.deleteRecordsBefore(2)));

  expect(checkpoints).toBeGreaterThan(0);
  expect(checkpoints).toBeLessThanOrEqual(2);
  const left = await openDirectory({ disk: await disk.afterPowerCut() });
  for (let partition = 0; partition < 50; partition++) {
    expect((await openLog(left, { partition })).startOffset).toBe(2);
  }
});

test("records can be deleted where there is no room left to write down that they are", async () => {
  const partition = await five();
  disk.failWrite = (path) =>
    path.startsWith(STARTS) ? Object.assign(new Error("no room"), { code: "ENOSPC" }) : undefined;

  expect(await partition.deleteRecordsBefore(3)).toBe(3);

  disk.failWrite = () => undefined;
  await directory.checkpointStarts();
  const left = await openDirectory({ disk: await disk.afterPowerCut() });
  expect((await openLog(left)).startOffset).toBe(3);
});
