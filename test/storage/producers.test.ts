import { beforeEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import type { Appended, Log } from "../../src/storage/log.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { batchOf, fromClient, openDirectory, openLog, START_MS } from "../support/storage/logs.ts";

const MAX = 2 ** 31 - 1;

describe("an idempotent producer", () => {
  let disk: MemoryDisk;
  let clock: ManualClock;
  let directory: DataDirectory;
  let log: Log;

  beforeEach(async () => {
    disk = new MemoryDisk();
    clock = new ManualClock(START_MS);
    directory = await openDirectory({ disk, clock });
    log = await openLog(directory);
  });

  function send(baseSequence: number, count = 1, epoch = 0, producerId = 7): Appended {
    const values = Array.from({ length: count }, (_, i) => `${baseSequence + i}`);
    return log.append(
      batchOf(values, {
        producerId,
        producerEpoch: epoch,
        baseSequence,
        timestamp: START_MS + (baseSequence % 1000),
      }),
      fromClient,
    );
  }

  function refused(code: number) {
    return expect.objectContaining({ code });
  }

  async function restart(): Promise<void> {
    await directory.close();
    directory = await openDirectory({ disk, clock });
    log = await openLog(directory);
  }

  test("may begin with any sequence where nothing is known of it", () => {
    expect(send(1000).baseOffset).toBe(0);
    expect(send(1001).baseOffset).toBe(1);
  });

  test("gets the first answer again for each of its last five batches", () => {
    for (let i = 0; i < 6; i++) send(2 * i, 2);

    for (let i = 1; i < 6; i++) {
      expect(send(2 * i, 2)).toMatchObject({
        duplicate: true,
        baseOffset: 2 * i,
        lastOffset: 2 * i + 1,
        // Kafka answers a repeat with that batch's largest timestamp.
        logAppendTime: START_MS + 2 * i,
      });
    }
    expect(log.endOffset).toBe(12);
  });

  test("is refused a sixth batch back, a gap, and a range that begins inside a batch", () => {
    for (let i = 0; i < 6; i++) send(2 * i, 2);

    for (const [sequence, count] of [
      [0, 2],
      [13, 1],
      [11, 2],
      [10, 1],
      [10, 3],
    ] as const) {
      expect(() => send(sequence, count)).toThrow(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    }
    expect(log.endOffset).toBe(12);
  });

  test("a repeat is acknowledged only when the first one is written", async () => {
    const first = send(0);
    const repeat = send(0);
    expect(log.writtenOffset).toBe(0);

    await repeat.written;

    expect(log.writtenOffset).toBe(1);
    await first.written;
  });

  test("begins a new epoch at sequence 0, and not at another", () => {
    send(0);
    expect(() => send(1, 1, 1)).toThrow(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    expect(send(0, 1, 1)).toMatchObject({ duplicate: false, baseOffset: 1 });
    expect(send(0, 1, 1)).toMatchObject({ duplicate: true, baseOffset: 1 });
  });

  test("is fenced by a newer epoch", () => {
    send(0, 1, 3);
    expect(() => send(0, 1, 2)).toThrow(refused(ErrorCode.INVALID_PRODUCER_EPOCH));
  });

  test("counts from 2147483647 on to 0, also inside a batch", () => {
    send(MAX - 1, 4);

    expect(send(MAX - 1, 4)).toMatchObject({ duplicate: true, baseOffset: 0, lastOffset: 3 });
    expect(send(2)).toMatchObject({ duplicate: false, baseOffset: 4 });

    send(MAX, 1, 0, 8);
    expect(send(0, 1, 0, 8)).toMatchObject({ duplicate: false, baseOffset: 6 });
  });

  test("a refused batch leaves its state as it was", () => {
    send(0);
    expect(() => send(5)).toThrow(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    expect(send(1).baseOffset).toBe(1);
  });

  test("producers do not disturb each other", () => {
    send(0, 1, 0, 1);
    send(10, 1, 0, 2);
    expect(send(1, 1, 0, 1)).toMatchObject({ duplicate: false });
    expect(send(11, 1, 0, 2)).toMatchObject({ duplicate: false });
  });

  test("is known after a restart", async () => {
    for (let i = 0; i < 6; i++) send(i);

    await restart();

    expect(send(5)).toMatchObject({ duplicate: true, baseOffset: 5 });
    expect(() => send(7)).toThrow(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    expect(send(6)).toMatchObject({ duplicate: false, baseOffset: 6 });
    expect(await disk.list("/data/orders-0")).toContain("00000000000000000006.snapshot");
  });

  test.each([
    ["one segment", 1024 ** 3],
    ["segments of two batches", 200],
  ])(
    "gets the first answer again after a restart for each of its last five batches, in %s",
    async (_, segmentBytes) => {
      log = await openLog(directory, { topic: "small", settings: { segmentBytes } });
      for (let i = 0; i < 6; i++) {
        send(2 * i, 2);
        send(i, 1, 0, 8);
        await log.settled();
      }

      await directory.close();
      directory = await openDirectory({ disk, clock });
      log = await openLog(directory, { topic: "small", settings: { segmentBytes } });

      for (let i = 1; i < 6; i++) {
        expect(send(2 * i, 2)).toMatchObject({ duplicate: true, baseOffset: 3 * i });
        expect(send(i, 1, 0, 8)).toMatchObject({ duplicate: true, baseOffset: 3 * i + 2 });
      }
      expect(() => send(0, 2)).toThrow(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
      expect(send(12, 2)).toMatchObject({ duplicate: false, baseOffset: 18 });
    },
  );

  test("what it sent in an older epoch is not its last batches after a restart", async () => {
    send(0);
    send(1);
    send(0, 1, 1);

    await restart();

    expect(send(0, 1, 1)).toMatchObject({ duplicate: true, baseOffset: 2 });
    expect(() => send(1)).toThrow(refused(ErrorCode.INVALID_PRODUCER_EPOCH));
  });

  test("is forgotten when nothing was heard of it for a day", async () => {
    send(0);
    send(20, 1, 0, 8);
    await clock.advance(24 * 3600 * 1000 + 10);
    send(1000, 1, 0, 9);

    await directory.checkpoint();

    // Whatever it says now is taken for a beginning.
    expect(send(5)).toMatchObject({ duplicate: false });
    // The one that was heard of later is known still.
    expect(() => send(30, 1, 0, 8)).toThrow(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
  });
});
