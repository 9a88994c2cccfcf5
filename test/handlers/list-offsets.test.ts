import { beforeEach, describe, expect, test } from "vitest";
import { listOffsetsHandler } from "../../src/handlers/list-offsets.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { listOffsets } from "../../src/protocol/generated/list-offsets.ts";
import { buildBatch } from "../../src/records/records.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { wanted } from "../cluster/support.ts";
import { FailingDisk, systemError } from "../support/storage/failing-disk.ts";
import { START_MS } from "../support/storage/logs.ts";
import { ask, type SmallBroker, smallBroker } from "./support.ts";

const codecs = [
  ["as they are", 0],
  ["in gzip", 1],
  ["in snappy", 2],
  ["in lz4", 3],
  ["in zstd", 4],
] as const;

/** Of the records of each batch: neither rises, and the largest is not the last. */
const BATCHES = [
  [10, 30, 20, 25],
  [15, 60, 60, 40],
  [50, 5, 55],
];
const times = BATCHES.flat();

let broker: SmallBroker;

async function fill(compression: number): Promise<void> {
  for (const batch of BATCHES) {
    const records = batch.map((time, i) => ({
      key: null,
      value: Buffer.from(`${i}`.repeat(40)),
      timestamp: START_MS + time,
    }));
    const bytes = buildBatch({ records, timestamp: START_MS, compression });
    await broker.services.partitions.get("orders", 0)?.append(bytes, "client").written;
  }
}

/** Error, offset, and the time beside START_MS, or -1. */
async function asked(timestamp: number): Promise<readonly [number, number, number]> {
  const partitions = [{ partitionIndex: 0, timestamp }];
  const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: "orders", partitions }] };
  const answer = await ask(listOffsetsHandler, listOffsets, request, { broker });
  const found = answer.topics[0]?.partitions[0];
  const time = found?.timestamp ?? -1;
  return [found?.errorCode ?? -1, found?.offset ?? -2, time < 0 ? -1 : time - START_MS];
}

beforeEach(async () => {
  broker = await smallBroker();
  await broker.controller.createTopics([wanted("orders")]);
});

describe.each(codecs)("of records %s", (_how, codec) => {
  beforeEach(() => fill(codec));

  test("a time finds the first record that is as late, not the batch that holds it", async () => {
    for (let time = 0; time <= 60; time += 1) {
      const offset = times.findIndex((given) => given >= time);
      expect(await asked(START_MS + time)).toEqual([ErrorCode.NONE, offset, times[offset]]);
    }
    expect(await asked(START_MS + 61)).toEqual([ErrorCode.NONE, -1, -1]);
  });

  test("the largest time (-3) is that of the first record that has it", async () => {
    expect(await asked(-3)).toEqual([ErrorCode.NONE, 5, 60]);
  });

  test("a time finds no record that was deleted, though its batch is there", async () => {
    await broker.services.partitions.get("orders", 0)?.deleteRecordsBefore(6);

    expect(await asked(START_MS)).toEqual([ErrorCode.NONE, 6, 60]);
    expect(await asked(-2)).toEqual([ErrorCode.NONE, 6, -1]);
  });
});

test("the earliest that lies here (-4) is where the log starts, and nothing is tiered (-5) or about to be (-6)", async () => {
  await fill(0);
  await broker.services.partitions.get("orders", 0)?.deleteRecordsBefore(3);

  expect(await asked(-4)).toEqual([ErrorCode.NONE, 3, -1]);
  expect(await asked(-5)).toEqual([ErrorCode.NONE, -1, -1]);
  expect(await asked(-6)).toEqual([ErrorCode.NONE, -1, -1]);
  expect(await asked(-1)).toEqual([ErrorCode.NONE, times.length, -1]);
});

test("what nobody foresaw is UNKNOWN_SERVER_ERROR to the client, and a line in the log", async () => {
  const disk = new FailingDisk(new MemoryDisk());
  broker = await smallBroker({}, { disk });
  await broker.controller.createTopics([wanted("orders")]);
  await fill(0);
  const lines: string[] = [];
  const logger = { ...silentLogger, error: (line: string) => void lines.push(line) };
  broker.services = { ...broker.services, logger };
  disk.decide = (operation) => (operation === "read" ? systemError("EACCES") : undefined);

  expect(await asked(START_MS + 30)).toEqual([ErrorCode.UNKNOWN_SERVER_ERROR, -1, -1]);

  expect(lines).toEqual(["a search for an offset of orders-0 failed"]);
});
