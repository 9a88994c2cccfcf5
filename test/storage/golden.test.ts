import { readdir, readFile } from "node:fs/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { readBatchHeader } from "../../src/records/batch.ts";
import { batchesIn } from "../../src/records/records.ts";
import type { DataDirectory } from "../../src/storage/data-directory.ts";
import type { Log } from "../../src/storage/log.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { goldenDisk } from "../support/storage/golden-directory.ts";
import { openDirectory, openLog, readBytes } from "../support/storage/logs.ts";

/** A data directory that Apache Kafka 4.4.0 left behind, and what is in it. */
const GOLDEN = new URL("../golden/log-dir/", import.meta.url);

interface GoldenBatch {
  readonly position: number;
  readonly bytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly records: number;
}

type GoldenFiles = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const { files: goldenFiles } = JSON.parse(
  await readFile(new URL("../golden/log-dir.json", import.meta.url), "utf8"),
) as { readonly files: GoldenFiles };

/** When the batches of the golden directory were young: no producer has expired. */
const THEN_MS = 1_700_000_040_000;

const topics = [
  ["orders", 217],
  ["__consumer_offsets", 19],
  ["__transaction_state", 9],
  ["compacted", 3],
  ["empty", 0],
] as const;

function goldenBatches(folder: string): readonly GoldenBatch[] {
  return Object.entries(goldenFiles[folder] ?? {})
    .filter(([name]) => name.endsWith(".log"))
    .sort(([one], [other]) => one.localeCompare(other))
    .flatMap(([, batches]) => batches as readonly GoldenBatch[]);
}

async function idOf(folder: string): Promise<string> {
  const text = await readFile(new URL(`${folder}/partition.metadata`, GOLDEN), "utf8");
  return text.split("topic_id: ")[1]?.trim() ?? "";
}

async function allBytes(log: Log): Promise<Buffer> {
  const parts: Buffer[] = [];
  let offset = log.startOffset;
  while (offset < log.endOffset) {
    const bytes = await readBytes(log, offset);
    parts.push(bytes);
    const last = [...batchesIn(bytes)].at(-1) ?? 0;
    const { baseOffset, lastOffsetDelta } = readBatchHeader(bytes, last);
    offset = baseOffset + lastOffsetDelta + 1;
  }
  return Buffer.concat(parts);
}

describe.each([
  ["stopped in order", true],
  ["killed", false],
])("a directory of Apache Kafka that was %s", (_how, clean) => {
  let disk: MemoryDisk;
  let directory: DataDirectory;

  beforeEach(async () => {
    disk = await goldenDisk({ clean });
    directory = await openDirectory({ disk, clock: new ManualClock(THEN_MS) });
  });

  const open = async (topic: string) =>
    openLog(directory, { topic, topicId: await idOf(`${topic}-0`) });

  test("is known by its cluster, its directory id and its partitions", async () => {
    expect(directory.clusterId).toBe("MkU3OEVBNTcwNTJENDM2Qk");
    expect(directory.directoryId).toBe("4XZucccmgAPUZa-yohvTiA");
    expect(directory.wasCleanShutdown).toBe(clean);
    const found = directory.partitionsOnDisk();
    expect(new Set(found.map(({ topic }) => topic))).toEqual(new Set(topics.map(([t]) => t)));
    for (const folder of found) {
      expect(folder.partition).toBe(0);
      expect(await directory.topicIdOf(folder)).toBe(await idOf(`${folder.topic}-0`));
    }
  });

  test.each(topics)("%s has the same batches and offsets", async (topic, endOffset) => {
    const log = await open(topic);

    expect([log.startOffset, log.endOffset]).toEqual([0, endOffset]);
    // An epoch without records is not known to have been (LeaderEpochFileCache.truncateFromEnd).
    expect(log.latestEpoch).toBe(endOffset === 0 ? -1 : 0);
    const bytes = await allBytes(log);
    const batches = [...batchesIn(bytes)].map((at) => readBatchHeader(bytes, at));
    const golden = goldenBatches(`${topic}-0`);
    expect(batches.map(({ baseOffset }) => baseOffset)).toEqual(golden.map((g) => g.baseOffset));
    expect(batches.map(({ sizeInBytes }) => sizeInBytes)).toEqual(golden.map((g) => g.bytes));
    expect(batches.map(({ maxTimestamp }) => maxTimestamp)).toEqual(
      golden.map((g) => g.maxTimestamp),
    );
    expect(batches.map(({ recordCount }) => recordCount)).toEqual(golden.map((g) => g.records));
  });

  test("orders knows the same producers", async () => {
    const log = await open("orders");
    const golden = goldenFiles["orders-0"]?.["00000000000000000217.snapshot"] as {
      readonly entries: readonly { readonly producerId: number; readonly producerEpoch: number }[];
    };

    const known = [...log.producers.all()].map(({ producerId, epoch }) => [producerId, epoch]);

    expect(known).toEqual(golden.entries.map((e) => [e.producerId, e.producerEpoch]));
  });

  test("a log without records gets no snapshot of producers, as with Kafka", async () => {
    await open("empty");
    await open("orders");
    await directory.close();

    const snapshots = async (folder: string) =>
      (await disk.list(`/data/${folder}`)).filter((name) => name.endsWith(".snapshot"));
    expect(await snapshots("empty-0")).toEqual([]);
    expect(await snapshots("orders-0")).toContain("00000000000000000217.snapshot");
  });

  test("times are found in it", async () => {
    const log = await open("orders");

    expect(await log.offsetForTimestamp(1_700_000_003_005, 217)).toMatchObject({ offset: 125 });
    expect(await log.offsetForTimestamp(1_700_000_000_000, 217)).toMatchObject({ offset: 0 });
    const inLastSegment = await log.offsetForTimestamp(1_700_000_010_005, 217);
    expect(inLastSegment?.offset).toBe(205);
  });
});

/** Appends the golden batches of a topic to a fresh log, as their producers sent them. */
async function replayed(folder: string, disk: MemoryDisk): Promise<DataDirectory> {
  const topic = folder.slice(0, -2);
  const clock = new ManualClock(THEN_MS);
  const directory = await openDirectory({ disk, clock });
  const log = await openLog(directory, {
    topic,
    topicId: await idOf(folder),
    settings: {
      segmentBytes: topic === "orders" ? 6000 : 1024 ** 3,
      indexIntervalBytes: topic === "orders" ? 512 : 4096,
      segmentIndexBytes: 4096,
      timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
    },
  });
  log.assignEpoch(0);
  const names = Object.keys(goldenFiles[folder] ?? {}).filter((name) => name.endsWith(".log"));
  for (const name of names.sort()) {
    const bytes = await readFile(new URL(`${folder}/${name}`, GOLDEN));
    for (const at of batchesIn(bytes)) {
      const { sizeInBytes } = readBatchHeader(bytes, at);
      const batch = Buffer.from(bytes.subarray(at, at + sizeInBytes));
      await log.append(batch, { leaderEpoch: 0, origin: "coordinator" }).written;
    }
  }
  return directory;
}

describe.each(["orders-0", "compacted-0", "__transaction_state-0", "__consumer_offsets-0"])(
  "the batches of %s, appended one by one, make the same bytes as Kafka's",
  (folder) => {
    let disk: MemoryDisk;

    beforeEach(async () => {
      disk = new MemoryDisk();
      const directory = await replayed(folder, disk);
      await directory.close();
    });

    const suffixes = [".log", ".index", ".timeindex", ".snapshot", "checkpoint", ".metadata"];

    test.each(suffixes)("%s", async (suffix) => {
      const names = (await readdir(new URL(folder, GOLDEN))).filter((n) => n.endsWith(suffix));
      for (const name of names) {
        const expected = await readFile(new URL(`${folder}/${name}`, GOLDEN));
        const actual = await disk.readFile(`/data/${folder}/${name}`);
        expect({ name, hex: actual?.toString("hex") }).toEqual({
          name,
          hex: expected.toString("hex"),
        });
      }
    });
  },
);

test("the files in the root are written as Kafka writes them", async () => {
  const disk = new MemoryDisk();
  const directory = await replayed("compacted-0", disk);
  const orders = await openLog(directory, { topic: "orders" });
  expect(orders.endOffset).toBe(0);
  await directory.close();

  const text = async (name: string) => (await disk.readFile(`/data/${name}`))?.toString();
  expect(await text("recovery-point-offset-checkpoint")).toMatch(/^0\n\d\n(.* 0 \d+\n)*$/);
  expect(await text("recovery-point-offset-checkpoint")).toContain("\ncompacted 0 3\n");
  expect(await text("replication-offset-checkpoint")).toContain("\ncompacted 0 3\n");
  expect(await text("log-start-offset-checkpoint")).toBe("0\n0\n");
  expect(await text("meta.properties")).toMatch(/^node\.id=1$/m);
  expect(await text("meta.properties")).toMatch(/^version=1$/m);
  expect(await text("meta.properties")).toMatch(/^directory\.id=.{22}$/m);
  expect(await text("meta.properties")).toMatch(/^cluster\.id=.{22}$/m);
  expect(JSON.parse((await text(".kafka_cleanshutdown")) ?? "")).toMatchObject({ version: 0 });
});
