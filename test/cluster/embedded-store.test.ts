import { beforeEach, describe, expect, test } from "vitest";
import { EmbeddedStore, METADATA_FILE } from "../../src/cluster/embedded-store.ts";
import type { Operation } from "../../src/cluster/metadata-store.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { CrashingDisk } from "./crashing-disk.ts";

const HEADER_BYTES = 16;

const FILE = `/data/${METADATA_FILE}`;

const put = (key: string, value = "v"): Operation => ({ type: "put", key, value });

const open = (disk: CrashingDisk) =>
  EmbeddedStore.open({ disk, path: "/data", logger: silentLogger });

const storageError = { code: ErrorCode.KAFKA_STORAGE_ERROR };

let disk: CrashingDisk;
let store: EmbeddedStore;

beforeEach(async () => {
  disk = new CrashingDisk();
  store = await open(disk);
});

async function keysAfter(found: CrashingDisk): Promise<string[]> {
  const { entries } = await (await open(found)).list("");
  return entries.map(({ key }) => key);
}

describe("an embedded store that is opened again", () => {
  test("has what it had, with the same revisions", async () => {
    await store.txn([], [put("a"), put("b")]);
    await store.txn([], [put("a", "w"), { type: "delete", key: "b" }]);
    const before = await store.list("");
    await store.close();

    const after = await (await open(disk)).list("");

    expect(after).toEqual(before);
  });

  test("goes on counting where it was, deletions and leases included", async () => {
    const lease = await store.lease();
    await store.txn([], [put("a")]);
    await store.txn([], [{ type: "delete", key: "a" }]);
    const { revision } = await store.txn([], [{ type: "put", key: "b", value: "v", lease }]);

    const next = await (await open(disk.afterKill())).txn([], [put("c")]);

    expect(next.revision).toBe(revision + 1);
  });

  test("has lost what was under a lease: its holder is dead", async () => {
    const lease = await store.lease();
    await store.txn([], [put("durable")]);
    await store.txn([], [{ type: "put", key: "leased", value: "v", lease }, put("beside")]);
    await store.txn([], [{ type: "put", key: "durable", value: "w", lease }]);

    expect(await keysAfter(disk.afterKill())).toEqual(["beside"]);
  });

  test("has every transaction that was answered, wherever a later write was cut off", async () => {
    await store.txn([], [put("a")]);
    await store.txn([], [put("b")]);
    const lease = await store.lease();
    await store.txn([], [{ type: "put", key: "x", value: "v", lease }]);
    const tail = disk.sizeOf(FILE) - disk.afterPowerCut().sizeOf(FILE);
    expect(tail).toBeGreaterThan(0);

    for (let torn = 0; torn <= tail; torn += 1) {
      const found = disk.afterPowerCut(torn);
      expect(await keysAfter(found)).toEqual(["a", "b"]);
      const again = await open(found);
      await again.txn([], [put("c")]);
      expect(await keysAfter(found)).toEqual(["a", "b", "c"]);
    }
  });

  test("takes what a killed process left for durable only once it is, and a power cut not for damage", async () => {
    const lease = await store.lease();
    await store.txn([], [{ type: "put", key: "x", value: "v", lease }]);
    const again = await open(disk);
    const next = await again.lease();
    await again.txn([], [{ type: "put", key: "x", value: "w", lease: next }]);

    // Of what was not synced the disk kept the later part alone.
    const cut = disk.afterLoss((synced, written) => {
      const left = Buffer.from(written);
      if (synced.length === 0) left.fill(0, 0, HEADER_BYTES);
      return left;
    });

    expect(await keysAfter(cut)).toEqual([]);
  });

  test("refuses a file that was damaged after it was written, and names it", async () => {
    await store.txn([], [put("a")]);
    await store.txn([], [put("b")]);
    const bytes = (await disk.readFile(FILE)) ?? Buffer.alloc(0);
    bytes[20] = (bytes[20] as number) ^ 1;
    disk.replace(FILE, bytes);

    const opening = open(disk);

    await expect(opening).rejects.toMatchObject(storageError);
    await expect(opening).rejects.toThrow(METADATA_FILE);
  });
});

describe("writes of an embedded store", () => {
  test("transactions of one moment share one sync", async () => {
    const before = disk.syncs;

    const keys = Array.from({ length: 50 }, (_, n) => `k${n}`);
    const outcomes = await Promise.all(keys.map((key) => store.txn([], [put(key)])));

    expect(disk.syncs - before).toBeLessThanOrEqual(2);
    expect(outcomes.map(({ revision }) => revision)).toEqual(keys.map((_, n) => n + 1));
    expect(await keysAfter(disk.afterPowerCut())).toEqual([...keys].sort());
  });

  test("what only a lease holds costs no sync", async () => {
    const before = disk.syncs;
    const lease = await store.lease();

    await store.txn([], [{ type: "put", key: "brokers/1", value: "v", lease }]);
    await lease.revoke();

    expect(disk.syncs).toBe(before);
  });

  test.each(["append", "sync"] as const)(
    "a failed %s is told to everyone, and nothing is promised any more",
    async (operation) => {
      let told = 0;
      store.watch("", 0, () => {
        told += 1;
      });
      disk.failing = operation;
      const writing = [store.txn([], [put("a")]), store.txn([], [put("b")])];

      for (const each of writing) await expect(each).rejects.toMatchObject(storageError);
      disk.failing = undefined;
      await expect(store.txn([], [put("c")])).rejects.toMatchObject(storageError);
      await expect(store.get("a")).rejects.toMatchObject(storageError);
      expect(told).toBe(0);
    },
  );

  test("a store that is closed takes nothing more", async () => {
    await store.close();

    await expect(store.txn([], [put("a")])).rejects.toMatchObject(storageError);
  });
});

describe("compaction of an embedded store", () => {
  const big = "x".repeat(10_000);

  async function fill(times: number): Promise<void> {
    for (let n = 0; n < times; n += 1) await store.txn([], [put(`k${n % 10}`, big)]);
  }

  test("the file stays small however often its keys change", async () => {
    await fill(1000);

    expect(disk.sizeOf(FILE)).toBeLessThan(2 * 1024 * 1024);
    const { entries, revision } = await (await open(disk.afterPowerCut())).list("");
    expect(revision).toBe(1000);
    expect(entries).toEqual((await store.list("")).entries);
  });

  test("the file stays small however often the store is opened", async () => {
    for (let life = 0; life < 20; life += 1) {
      await fill(100);
      await store.close();
      store = await open(disk);
    }

    expect(disk.sizeOf(FILE)).toBeLessThan(2 * 1024 * 1024);
    expect(await keysAfter(disk.afterPowerCut())).toHaveLength(10);
  });

  test("a snapshot that cannot be written leaves the old file in use", async () => {
    const many = Array.from({ length: 200 }, (_, n) => put(`k${n}`, big));
    await store.txn([], many.slice(0, 100));
    disk.failing = "open";
    await store.txn([], many.slice(100));
    disk.failing = undefined;
    await store.txn([], [put("after")]);

    expect(await keysAfter(disk.afterPowerCut())).toHaveLength(201);
  });
});
