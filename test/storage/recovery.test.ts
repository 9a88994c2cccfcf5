import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { isIntact } from "../../src/records/batch.ts";
import { batchesIn } from "../../src/records/records.ts";
import type { Log } from "../../src/storage/log.ts";
import { allWritten, type Fate, FaultyDisk, onlySynced } from "../support/storage/faulty-disk.ts";
import {
  append,
  batchOf,
  fromClient,
  openDirectory,
  openLog,
  readAll,
  readBytes,
  type Stored,
} from "../support/storage/logs.ts";
import { seededRandom } from "../support/storage/random.ts";

const SMALL_SEGMENTS = { segmentBytes: 1500, indexIntervalBytes: 150 };
const FOLDER = "/data/orders-0";

async function written(batches: number, settings = {}): Promise<{ disk: FaultyDisk; log: Log }> {
  const disk = new FaultyDisk();
  const directory = await openDirectory({ disk });
  const log = await openLog(directory, { settings });
  for (let i = 0; i < batches; i++) {
    await append(log, [`${i}`, "x".repeat(i % 90)], {
      producerId: i % 3,
      producerEpoch: 0,
      baseSequence: 2 * Math.floor(i / 3),
    });
  }
  return { disk, log };
}

async function restarted(disk: FaultyDisk, settings = {}): Promise<Log> {
  const directory = await openDirectory({ disk });
  return openLog(directory, { settings });
}

async function logFiles(disk: FaultyDisk): Promise<readonly string[]> {
  const names = await disk.list(FOLDER);
  return names.filter((name) => name.endsWith(".log")).sort();
}

/** What must hold of any log, however it came about. */
async function expectSound(log: Log): Promise<readonly Stored[]> {
  const stored = await readAll(log);
  expect(stored.map(({ offset }) => offset)).toEqual(
    Array.from({ length: log.endOffset - log.startOffset }, (_, i) => log.startOffset + i),
  );
  let offset = log.startOffset;
  while (offset < log.endOffset) {
    const bytes = await readBytes(log, offset);
    const whole = [...batchesIn(bytes)];
    for (const at of whole) expect(isIntact(bytes, at)).toBe(true);
    const last = whole.at(-1) as number;
    offset = Number(bytes.readBigInt64BE(last)) + bytes.readInt32BE(last + 23) + 1;
  }
  return stored;
}

describe("after the process was killed", () => {
  test("everything acknowledged is there", async () => {
    const { disk, log } = await written(60, SMALL_SEGMENTS);
    const before = await readAll(log);

    const after = await restarted(await disk.afterPowerCut(allWritten), SMALL_SEGMENTS);

    expect(after.endOffset).toBe(120);
    expect(after.writtenOffset).toBe(120);
    expect(await expectSound(after)).toEqual(before);
  });

  test("the log ends before a batch that is not whole, wherever it was cut", async () => {
    const { disk, log } = await written(12);
    const bytes = await readBytes(log, 0);
    const starts = [...batchesIn(bytes)];
    const before = await readAll(log);

    for (let size = starts[9] as number; size <= bytes.length; size++) {
      const cut: Fate = (_synced, all, path) =>
        path.endsWith(".log") ? all.subarray(0, size) : all;
      const after = await restarted(await disk.afterPowerCut(cut));

      const wholeBatches = starts.filter((_, i) => (starts[i + 1] ?? bytes.length) <= size).length;
      expect(after.endOffset).toBe(2 * wholeBatches);
      expect(await readAll(after)).toEqual(before.slice(0, 2 * wholeBatches));
      expect(await append(after, ["next"])).toBe(2 * wholeBatches);
    }
  });

  test("garbage behind the end is cut off", async () => {
    const { disk } = await written(5);
    const garbage: Fate = (_synced, all, path) =>
      path.endsWith(".log") ? Buffer.concat([all, Buffer.alloc(5000, 0xa5)]) : all;

    const after = await restarted(await disk.afterPowerCut(garbage));

    expect(after.endOffset).toBe(10);
    await append(after, ["next"]);
    expect(await expectSound(after)).toHaveLength(11);
  });

  test("a log that ends in zeros ends before them", async () => {
    const { disk } = await written(5);
    const zeros: Fate = (_synced, all, path) =>
      path.endsWith(".log") ? Buffer.concat([all, Buffer.alloc(70_000)]) : all;

    const after = await restarted(await disk.afterPowerCut(zeros));

    expect(after.endOffset).toBe(10);
  });

  test("segments behind a broken one are dropped: there is never a hole", async () => {
    const { disk, log } = await written(60, SMALL_SEGMENTS);
    const files = await logFiles(disk);
    const second = files[1] as string;
    const before = await readAll(log);
    const cut: Fate = (_synced, all, path) => (path.endsWith(second) ? all.subarray(0, 400) : all);

    const next = await disk.afterPowerCut(cut);
    const after = await restarted(next, SMALL_SEGMENTS);

    expect(after.endOffset).toBeGreaterThan(Number.parseInt(second, 10));
    expect(after.endOffset).toBeLessThan(Number.parseInt(files[2] as string, 10));
    expect(await expectSound(after)).toEqual(before.slice(0, after.endOffset));
    expect(await append(after, ["next"])).toBe(after.endOffset - 1);
  });

  test.each([
    ["missing", () => Buffer.alloc(0)],
    ["cut", (all: Buffer) => all.subarray(0, all.length - 3)],
    ["nonsense", (all: Buffer) => Buffer.alloc(Math.max(all.length, 40), 0x5a)],
    ["zeros, as Kafka preallocates them", (all: Buffer) => Buffer.concat([all, Buffer.alloc(960)])],
  ])("indexes that are %s are made anew", async (_how, spoil) => {
    const { disk, log } = await written(60, SMALL_SEGMENTS);
    await log.flush();
    const before = await readAll(log);
    const spoilt: Fate = (_synced, all, path) => (path.endsWith("index") ? spoil(all) : all);

    const after = await restarted(await disk.afterPowerCut(spoilt), SMALL_SEGMENTS);

    expect(await expectSound(after)).toEqual(before);
    for (const { offset } of before) {
      const bytes = await readBytes(after, offset);
      expect(Number(bytes.readBigInt64BE(0))).toBe(offset - (offset % 2));
    }
  });

  test("producers go on where they were: repeats are known, gaps are refused", async () => {
    const { disk } = await written(60, SMALL_SEGMENTS);

    const after = await restarted(await disk.afterPowerCut(allWritten), SMALL_SEGMENTS);

    const lastOfProducer2 = { producerId: 2, producerEpoch: 0, baseSequence: 38 };
    const repeat = after.append(batchOf(["59", "x".repeat(59)], lastOfProducer2), fromClient);
    expect(repeat).toMatchObject({ duplicate: true, baseOffset: 118, lastOffset: 119 });
    expect(() =>
      after.append(batchOf(["gap"], { ...lastOfProducer2, baseSequence: 41 }), fromClient),
    ).toThrow(expect.objectContaining({ code: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER }));
    expect(await append(after, ["next"], { ...lastOfProducer2, baseSequence: 40 })).toBe(120);
  });
});

describe("after a power cut", () => {
  test("with flush on, everything acknowledged is there", async () => {
    const { disk, log } = await written(60, { ...SMALL_SEGMENTS, flushMessages: 1 });
    const before = await readAll(log);

    const after = await restarted(await disk.afterPowerCut(onlySynced), SMALL_SEGMENTS);

    expect(await expectSound(after)).toEqual(before);
  });

  test("with flush on, and whatever else of the cache reached the disk", async () => {
    const random = seededRandom(7);
    const { disk, log } = await written(30, { ...SMALL_SEGMENTS, flushMessages: 1 });
    const before = await readAll(log);
    for (let i = 0; i < 5; i++) log.append(batchOf([`unacknowledged ${i}`]), fromClient);
    await new Promise((resolve) => setImmediate(resolve));

    for (let turn = 0; turn < 50; turn++) {
      const torn: Fate = (synced, all) => {
        const tail = Buffer.from(all.subarray(synced.length));
        for (let i = 0; i < tail.length; i++) {
          if (random() < 0.05) tail[i] = Math.floor(random() * 256);
        }
        return Buffer.concat([synced, tail.subarray(0, Math.floor(random() * tail.length + 1))]);
      };
      const after = await restarted(await disk.afterPowerCut(torn), SMALL_SEGMENTS);

      const stored = await expectSound(after);
      expect(stored.slice(0, before.length)).toEqual(before);
    }
  });

  test("what was flushed by hand is there", async () => {
    const { disk, log } = await written(20, SMALL_SEGMENTS);
    await log.flush();
    await append(log, ["lost"]);

    const after = await restarted(await disk.afterPowerCut(onlySynced), SMALL_SEGMENTS);

    expect(after.endOffset).toBe(40);
    await expectSound(after);
  });

  test("records deleted from the start do not come back where the checkpoint was written", async () => {
    const disk = new FaultyDisk();
    const directory = await openDirectory({ disk });
    const log = await openLog(directory, { settings: SMALL_SEGMENTS });
    for (let i = 0; i < 40; i++) await append(log, ["x".repeat(80)]);

    await log.deleteRecordsBefore(25);
    await directory.checkpointStarts();

    const after = await restarted(await disk.afterPowerCut(allWritten), SMALL_SEGMENTS);
    expect([after.startOffset, after.endOffset]).toEqual([25, 40]);
  });
});

describe("a start after a crash", () => {
  test("looks only at what lies behind the recovery point", async () => {
    const { disk, log } = await written(60, SMALL_SEGMENTS);
    await log.flush();
    const files = await logFiles(disk);
    const recovered = await restartedAfterCheckpoint(disk, log);
    const first = files[0] as string;
    const flipOld: Fate = (_synced, all, path) => {
      if (!path.endsWith(first)) return all;
      const flipped = Buffer.from(all);
      flipped[100] = (flipped[100] as number) ^ 1;
      return flipped;
    };

    const after = await restarted(await recovered.afterPowerCut(flipOld), SMALL_SEGMENTS);

    // The flip is not noticed: the segment was on the disk, and nobody looked.
    expect(after.endOffset).toBe(120);
  });

  async function restartedAfterCheckpoint(disk: FaultyDisk, log: Log): Promise<FaultyDisk> {
    await log.close();
    const next = await disk.afterPowerCut(allWritten);
    const directory = await openDirectory({ disk: next });
    const again = await openLog(directory, { settings: SMALL_SEGMENTS });
    await again.flush();
    await directory.checkpoint();
    return next;
  }
});
