import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { buildBatch } from "../../src/records/records.ts";
import { RawClient } from "../scenarios/client.ts";
import { CountedBroker, type Work } from "./counted.ts";

/**
 * Counts of work, which are the same on every machine, where times are not. A bound lies a little
 * above what is needed: who adds a copy, a file or a call of the system to every request fails here.
 */
const KIB = 1024;
const isLinux = process.platform === "linux";

let broker: CountedBroker;
let client: RawClient;

beforeAll(async () => {
  broker = await CountedBroker.start();
  client = await RawClient.open(broker.port);
});

afterAll(async () => {
  client.close();
  await broker.stop();
});

function batch(bytes: number): Buffer {
  return buildBatch({
    records: [{ key: null, value: Buffer.alloc(bytes, 0x61) }],
    timestamp: Date.now(),
  });
}

async function send(topic: string, partitions: readonly number[], records: Buffer): Promise<void> {
  const answer = await client.ask(produce, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: partitions.map((index) => ({ index, records })) }],
  });
  for (const { partitionResponses } of answer.responses) {
    for (const { errorCode } of partitionResponses) expect(errorCode).toBe(0);
  }
}

async function receive(topic: string, fetchOffset: number, maxBytes: number): Promise<number> {
  const answer = await client.ask(fetch, 11, {
    replicaId: -1,
    maxWaitMs: 100,
    minBytes: 1,
    maxBytes,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic,
        partitions: [
          { partition: 0, fetchOffset, logStartOffset: -1, partitionMaxBytes: maxBytes },
        ],
      },
    ],
    forgottenTopicsData: [],
    rackId: "",
  });
  return answer.responses[0]?.partitions[0]?.records?.length ?? 0;
}

/** The same so many times, after the first ones, which load and make what is needed once. */
async function workOfEach(count: number, run: () => Promise<void>): Promise<Work> {
  for (let i = 0; i < 20; i++) await run();
  const work = await broker.workOf(async () => {
    for (let i = 0; i < count; i++) await run();
  });
  return {
    copiedBytes: work.copiedBytes / count,
    allocatedBytes: work.allocatedBytes / count,
    filesOpened: work.filesOpened / count,
    heapBytes: work.heapBytes / count,
    reads: work.reads / count,
    writes: work.writes / count,
    openFiles: work.openFiles,
  };
}

describe("a produce of a megabyte", () => {
  test("is copied once, into memory that is used again", async () => {
    const records = batch(900 * KIB);

    const work = await workOfEach(50, () => send("one", [0], records));

    expect(work.copiedBytes / records.length).toBeLessThan(1.01);
    expect(work.allocatedBytes).toBeLessThan(8 * KIB);
  });

  test("for twelve partitions is copied once, too", async () => {
    const records = batch(75 * KIB);
    const partitions = Array.from({ length: 12 }, (_, index) => index);

    const work = await workOfEach(50, () => send("twelve", partitions, records));

    expect(work.copiedBytes / (12 * records.length)).toBeLessThan(1.01);
    expect(work.allocatedBytes).toBeLessThan(16 * KIB);
  });
});

describe("a produce of a hundred bytes", () => {
  test("is copied twice: out of the socket's buffer, and next to those before it", async () => {
    const records = batch(100);

    const work = await workOfEach(500, () => send("one", [0], records));

    expect(work.copiedBytes).toBeLessThan(2 * (records.length + 100));
    expect(work.allocatedBytes).toBeLessThan(3 * KIB);
  });

  test.runIf(isLinux)("is one read and two writes: of the file, and of the answer", async () => {
    const records = batch(100);

    const work = await workOfEach(500, () => send("one", [0], records));

    expect(work.reads).toBeLessThan(1.1);
    expect(work.writes).toBeLessThan(2.1);
  });

  test("leaves little on the heap", async () => {
    const records = batch(100);
    const rounds: number[] = [];
    for (let i = 0; i < 5; i++) {
      rounds.push((await workOfEach(1000, () => send("one", [0], records))).heapBytes);
    }

    // Where the collector came by itself a round looks better than it is.
    expect(Math.max(...rounds)).toBeLessThan(14 * KIB);
  });

  test("opens no file", async () => {
    const work = await workOfEach(100, () => send("one", [0], batch(100)));

    expect(work.filesOpened).toBeLessThan(0.05);
  });
});

describe("a fetch", () => {
  test("of a megabyte copies and allocates none of it", async () => {
    await send("one", [0], batch(900 * KIB));

    const work = await workOfEach(50, async () => {
      expect(await receive("one", 0, 1024 * KIB)).toBeGreaterThan(900 * KIB);
    });

    expect(work.copiedBytes).toBeLessThan(KIB);
    expect(work.allocatedBytes).toBeLessThan(8 * KIB);
  });
});

describe("a partition", () => {
  test("takes two files at its first record, and the broker keeps a few hundred open", async () => {
    const work = await broker.workOf(async () => {
      for (let index = 0; index < 1000; index += 100) {
        const partitions = Array.from({ length: 100 }, (_, i) => index + i);
        await send("many", partitions, batch(100));
      }
    });

    expect(work.filesOpened / 1000).toBeLessThanOrEqual(4);
    if (isLinux) expect(work.openFiles).toBeLessThan(600);
  });
});
