import { beforeEach, describe, expect, test } from "vitest";
import { FailingDisk } from "../support/storage/failing-disk.ts";
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

const COUNT = 40;
const producer = { producerId: 3, producerEpoch: 0, baseSequence: 0 };

let disk: FaultyDisk;
let failing: FailingDisk;

/** Forty partitions with a record each, the first of them with more, closed in order. */
beforeEach(async () => {
  disk = new FaultyDisk();
  failing = new FailingDisk(disk);
  const directory = await openDirectory({ disk });
  for (let partition = 0; partition < COUNT; partition++) {
    const log = await openLog(directory, { partition, settings: { segmentBytes: 300 } });
    await append(log, [`p${partition}`], producer);
    if (partition > 0) continue;
    for (let i = 0; i < 12; i++) await append(log, [`${i}`.padEnd(50, ".")]);
    await log.deleteRecordsBefore(5);
  }
  await directory.close();
});

/** What is asked of the folders of partitions, but for the size of a file. */
async function opened(): Promise<string[]> {
  const asked: string[] = [];
  failing.decide = (operation, path) => {
    if (path.includes("/orders-") && !path.endsWith(".log")) asked.push(`${operation} ${path}`);
    if (operation === "open") asked.push(`${operation} ${path}`);
    return undefined;
  };
  const directory = await openDirectory({ disk: failing });
  for (let partition = 0; partition < COUNT; partition++) await openLog(directory, { partition });
  await directory.checkpoint();
  await directory.close();
  return asked.filter((one) => one.includes("/orders-"));
}

describe("a start after a shutdown in order", () => {
  test("opens no file of any partition before somebody asks for one", async () => {
    expect(await opened()).toEqual([]);
    expect(await opened()).toEqual([]);
  });

  test("knows where every log begins and ends, how large it is, and all that is in it", async () => {
    const before = await openDirectory({ disk: await disk.afterPowerCut(allWritten) });
    const log = await openLog(before);
    log.assignEpoch(4);
    await before.close();

    const directory = await openDirectory({ disk });
    const first = await openLog(directory);
    expect([first.startOffset, first.endOffset, first.recoveryPoint]).toEqual([5, 13, 13]);
    expect(first.sizeInBytes).toBe(log.sizeInBytes);
    expect((await readAll(first)).map(({ offset }) => offset)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    const other = await openLog(directory, { partition: 7 });
    const repeated = other.append(batchOf(["p7"], producer), fromClient);
    expect([repeated.duplicate, repeated.baseOffset]).toEqual([true, 0]);
    expect(await append(other, ["next"])).toBe(1);
    expect(valuesOf(await readAll(other))).toEqual(["p7", "next"]);
  });

  test("keeps a leader's epoch in which nothing was written", async () => {
    const directory = await openDirectory({ disk });
    (await openLog(directory)).assignEpoch(4);
    await directory.close();

    const log = await openLog(await openDirectory({ disk }));

    expect(log.latestEpoch).toBe(4);
    expect(log.endOffsetForEpoch(4)).toEqual({ leaderEpoch: 4, endOffset: 13 });
    expect(log.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 13 });
  });

  test("looks at a log whose files are not as they were left", async () => {
    const path = "/data/orders-7/00000000000000000000.log";
    const bytes = (await disk.readFile(path)) as Buffer;
    await disk.replaceFile(path, Buffer.alloc(0));
    const directory = await openDirectory({ disk });

    const log = await openLog(directory, { partition: 7 });

    expect(bytes.length).toBeGreaterThan(61);
    expect([log.startOffset, log.endOffset]).toEqual([0, 0]);
  });

  test("looks at all where another broker was here meanwhile, or the list is not whole", async () => {
    const file = "/data/recovery-point-offset-checkpoint";
    const text = String(await disk.readFile(file));
    await disk.replaceFile(file, Buffer.from(text.replace("orders 7 1", "orders 7 0")));
    expect((await opened()).length).toBeGreaterThan(COUNT);

    const list = "/data/odradek-clean-logs";
    const whole = String(await disk.readFile(list));
    await disk.replaceFile(list, Buffer.from(whole.slice(0, whole.length / 2)));
    expect((await opened()).length).toBeGreaterThan(COUNT);
  });

  test("after a crash nothing of it counts", async () => {
    await openDirectory({ disk });

    const again = await openDirectory({ disk: await disk.afterPowerCut(allWritten) });

    expect(again.wasCleanShutdown).toBe(false);
    expect(await disk.readFile("/data/odradek-clean-logs")).toBeUndefined();
  });
});
