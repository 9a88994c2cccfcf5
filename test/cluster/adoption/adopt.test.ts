import { readdir } from "node:fs/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { adoptLogDirs, finishAdoption } from "../../../src/cluster/adoption/adopt.ts";
import { EmbeddedStore } from "../../../src/cluster/embedded-store.ts";
import type { MetadataImage } from "../../../src/cluster/image.ts";
import { nextProducerIdBlock } from "../../../src/cluster/producer-id-blocks.ts";
import { checkTopicOverrides } from "../../../src/config/topic-config.ts";
import { stampOffsets } from "../../../src/records/batch.ts";
import { batchesIn, buildBatch } from "../../../src/records/records.ts";
import type { Disk } from "../../../src/storage/fs.ts";
import type { LogDirs } from "../../../src/storage/log-dirs.ts";
import type { MemoryDisk } from "../../../src/storage/memory-disk.ts";
import type { Logger } from "../../../src/telemetry/logger.ts";
import { FailingDisk, systemError } from "../../support/storage/failing-disk.ts";
import { goldenDisk } from "../../support/storage/golden-directory.ts";
import { defaultSettings, openLogDirs, someUuid } from "../../support/storage/logs.ts";
import { defaults, openController } from "../support.ts";

const METADATA = "/data/__cluster_metadata-0";
const METADATA_LOG = `${METADATA}/00000000000000000000.log`;
const ORDERS_ID = "j4TTpccWQMGoxdSUVUQCiQ";

let disk: MemoryDisk;
let told: string[];

const logger: Logger = {
  debug() {},
  info: (message) => void told.push(message),
  warn: (message) => void told.push(message),
  error: (message) => void told.push(message),
};

beforeEach(async () => {
  disk = await goldenDisk();
  told = [];
});

interface Started {
  readonly image: MetadataImage;
  readonly store: EmbeddedStore;
  readonly logDirs: LogDirs;
}

/** A start as the broker does it, until the first image is there. */
async function start(on: Disk = disk): Promise<Started> {
  const logDirs = await openLogDirs({ disk: on, logger });
  try {
    const store = await EmbeddedStore.open({ disk: logDirs.disk, path: "/data", logger });
    const adoption = await adoptLogDirs({
      store,
      logDirs,
      logger,
      nodeId: 1,
      defaults,
      checkConfigs: checkTopicOverrides,
      newTopicId: someUuid,
    });
    const { image } = await openController(store);
    const opened = image.topics().flatMap((topic) =>
      topic.partitions.map(({ index: partition }) => {
        const place = { topic: topic.name, partition, topicId: topic.id };
        const onWritten = () => undefined;
        return { log: logDirs.openLog({ ...place, settings: defaultSettings, onWritten }, false) };
      }),
    );
    const partitions = { all: () => opened };
    const groups = { listGroups: () => ({ groups: [] }) };
    await finishAdoption({ store, adoption, partitions, groups, logger });
    return { image, store, logDirs };
  } catch (error) {
    await logDirs.abandon();
    throw error;
  }
}

async function stop({ store, logDirs }: Started): Promise<void> {
  await logDirs.close();
  await store.close();
}

/** What a client could tell of a topic. */
function seen(image: MetadataImage): readonly unknown[] {
  return image
    .topics()
    .map(({ name, id, configs, partitions }) => [name, id, [...configs], partitions.length]);
}

describe("the directory that Kafka wrote", () => {
  test("tells its topics, their ids, partitions and settings", async () => {
    const { image } = await start();

    const configs = (name: string) => Object.fromEntries(image.topic(name)?.configs ?? []);
    expect(image.topics().map(({ name }) => name)).toEqual([
      "__consumer_offsets",
      "__transaction_state",
      "compacted",
      "empty",
      "orders",
    ]);
    expect(image.topic("orders")?.id).toBe(ORDERS_ID);
    expect(configs("orders")).toEqual({
      "index.interval.bytes": "512",
      "internal.segment.bytes": "6000",
    });
    expect(configs("compacted")).toEqual({ "cleanup.policy": "compact" });
    expect(configs("__consumer_offsets")).toMatchObject({ "segment.bytes": "104857600" });
    expect(image.topic("__consumer_offsets")?.partitions).toHaveLength(1);
    expect(image.brokerConfigs("")).toEqual(new Map([["min.insync.replicas", "1"]]));
  });

  test("is led by this broker in epochs that were not before", async () => {
    const { image } = await start();

    for (const { partitions } of image.topics()) {
      expect(partitions).toMatchObject([{ leader: 1, replicas: [1], isr: [1], leaderEpoch: 2 }]);
    }
  });

  test("gives producer ids on above those that Kafka gave away", async () => {
    const { store } = await start();

    expect(await nextProducerIdBlock(store)).toMatchObject({ first: 1000 });
  });

  test("says once what was taken over, and is left as it is", async () => {
    const before = new Map<string, Buffer | undefined>();
    for (const name of await disk.list(METADATA)) {
      before.set(name, await disk.readFile(`${METADATA}/${name}`));
    }

    await stop(await start());

    expect(told).toEqual([
      `took over 5 topics with 5 partitions and 0 groups, as ${METADATA} tells; this is not done again`,
    ]);
    expect((await disk.list(METADATA)).length).toBe(before.size);
    for (const [name, bytes] of before) {
      expect((await disk.readFile(`${METADATA}/${name}`))?.equals(bytes as Buffer)).toBe(true);
    }
  });

  test("is not taken over again: what is deleted afterwards stays deleted", async () => {
    const first = await start();
    const controller = await openController(first.store);
    await controller.deleteTopics([ORDERS_ID]);
    controller.close();
    await stop(first);
    told = [];

    const { image } = await start();

    expect(image.topic("orders")).toBeUndefined();
    expect(image.topicCount).toBe(4);
    expect(told).toEqual([]);
  });

  test("is taken over as a whole by the start after a crash, whatever the operation", async () => {
    const wanted = seen((await start(await goldenDisk())).image);
    let crashes = 0;
    for (let at = 0; crashes === at; at++) {
      const beneath = await goldenDisk({ clean: at % 2 === 0 });
      const dying = new FailingDisk(beneath);
      let asked = 0;
      dying.decide = () => (asked++ < at ? undefined : systemError("EIO"));
      await start(dying).catch(() => undefined);
      if (asked > at) crashes += 1;
      await beneath.remove("/data/.lock");

      const { image, store } = await start(beneath);

      expect(seen(image)).toEqual(wanted);
      expect(await nextProducerIdBlock(store)).toMatchObject({ first: 1000 });
    }
    expect(crashes).toBeGreaterThan(30);
  });
});

describe("where Kafka's log of the metadata is not whole", () => {
  test("a write at its end that was cut off is as if it had never been", async () => {
    const log = (await disk.readFile(METADATA_LOG)) as Buffer;
    await disk.replaceFile(METADATA_LOG, log.subarray(0, log.length - 3));

    expect((await start()).image.topicCount).toBe(5);
  });

  test("topics it does not get to are found by their folders", async () => {
    const log = (await disk.readFile(METADATA_LOG)) as Buffer;
    await disk.replaceFile(METADATA_LOG, log.subarray(0, 1000));
    // More was written than there is.
    await disk.replaceFile(`${METADATA}/00000000000000000900.log`, Buffer.alloc(0));

    const { image } = await start();

    expect(image.topicCount).toBe(5);
    expect(image.topic("orders")?.id).toBe(ORDERS_ID);
    expect(told[0]).toContain("is damaged");
  });

  test("a segment that is missing in the middle is noticed, though all there are is whole", async () => {
    const log = (await disk.readFile(METADATA_LOG)) as Buffer;
    const [, , , fourth] = [...batchesIn(log)];
    await disk.replaceFile(METADATA_LOG, log.subarray(0, fourth));
    await disk.replaceFile(`${METADATA}/00000000000000000900.log`, Buffer.alloc(0));

    expect((await start()).image.topicCount).toBe(5);
    expect(told[0]).toContain("00000000000000000900.log is damaged");
  });

  test("a snapshot that is cut off leaves topics to their folders", async () => {
    const log = (await disk.readFile(METADATA_LOG)) as Buffer;
    await disk.remove(METADATA_LOG);
    await disk.replaceFile(`${METADATA}/00000000000000000900.log`, log.subarray(0, 0));
    await disk.replaceFile(
      `${METADATA}/00000000000000000900-0000000001.checkpoint`,
      log.subarray(9),
    );

    expect((await start()).image.topicCount).toBe(5);
  });

  test("a form that is not known is refused, and nothing is touched", async () => {
    const log = (await disk.readFile(METADATA_LOG)) as Buffer;
    const later = buildBatch({
      records: [{ key: null, value: Buffer.from([1, 3, 9, 0]) }],
      timestamp: 0,
    });
    stampOffsets(later, 0, 900, 9);
    await disk.replaceFile(METADATA_LOG, Buffer.concat([log, later]));

    await expect(start()).rejects.toThrow(/a later Apache Kafka wrote it/);
    expect(await disk.list("/data")).toContain("orders-0");
  });
});

describe("folders without any metadata", () => {
  beforeEach(async () => {
    for (const name of await disk.list(METADATA)) await disk.remove(`${METADATA}/${name}`);
    await disk.remove(METADATA);
  });

  test("are topics with their ids; internal ones get the settings they always have", async () => {
    const { image } = await start();

    expect(image.topicCount).toBe(5);
    expect(image.topic("orders")?.id).toBe(ORDERS_ID);
    expect(image.topic("orders")?.configs.size).toBe(0);
    expect(image.topic("__consumer_offsets")?.configs.get("cleanup.policy")).toBe("compact");
    expect(told[0]).toContain("what was set on them, on brokers, groups and clients is lost");
    expect(told[1]).toContain("took over 5 topics with 5 partitions");
  });

  test("of a broker's own topic that are ours, which come with the first record, tell only some", async () => {
    await disk.makeDirectory("/data/__consumer_offsets-13");

    const { image } = await start();

    expect(image.topic("__consumer_offsets")?.partitions).toHaveLength(50);
    expect(told[0]).toContain("a topic that was never written to is not found");
  });

  test("have as many partitions as the highest number says, and what is missing is empty", async () => {
    await disk.makeDirectory("/data/orders-3");
    await disk.makeDirectory("/data/fresh-1");
    await disk.makeDirectory("/data/odd-123456789");

    const { image } = await start();

    expect(image.topic("orders")?.partitions).toHaveLength(4);
    expect(image.topic("orders")?.partitions.map((p) => p.leaderEpoch)).toEqual([1, 0, 0, 0]);
    expect(image.topic("fresh")?.partitions).toHaveLength(2);
    expect(image.topic("fresh")?.id).toMatch(/^[\w-]{22}$/);
    expect(image.topic("odd")).toBeUndefined();
  });

  test("give producer ids on above those in use in their logs", async () => {
    const { store } = await start();

    // The clock says that all but the newest producers are long gone.
    const { first } = await nextProducerIdBlock(store);
    expect(first).toBeGreaterThanOrEqual(7);
  });
});

test("metadata of ours that is lost after Kafka's was taken over: folders say what there is", async () => {
  const first = await start();
  const controller = await openController(first.store);
  await controller.deleteTopics([ORDERS_ID]);
  controller.close();
  await stop(first);
  for (const name of await disk.list("/data/orders-0")) await disk.remove(`/data/orders-0/${name}`);
  await disk.remove("/data/orders-0");
  await disk.makeDirectory("/data/later-0");
  await disk.remove("/data/odradek-metadata.log");
  told = [];

  const { image } = await start();

  expect(image.topic("orders")).toBeUndefined();
  expect(image.topic("later")).toBeDefined();
  expect(image.topic("compacted")?.configs.get("cleanup.policy")).toBe("compact");
  expect(told[0]).toContain("has lost its odradek-metadata.log");
});

test("a directory that is new has nothing to be taken over", async () => {
  for (const name of await readdir(new URL("../../golden/log-dir/", import.meta.url))) {
    await disk.remove(`/data/${name}`);
  }

  const { image } = await start();

  expect(image.topicCount).toBe(0);
  expect(await disk.list("/data")).not.toContain("odradek-adopted");
  expect(told).toEqual([]);
});
