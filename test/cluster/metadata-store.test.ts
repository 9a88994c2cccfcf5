import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { EmbeddedStore } from "../../src/cluster/embedded-store.ts";
import { MemoryStore } from "../../src/cluster/memory-store.ts";
import type { Change, MetadataStore, Operation } from "../../src/cluster/metadata-store.ts";
import { realDisk } from "../../src/storage/real-disk.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { CrashingDisk } from "./crashing-disk.ts";

const put = (key: string, value = "v"): Operation => ({ type: "put", key, value });
const absent = (key: string) => ({ key, target: "createRevision", revision: 0 }) as const;

let folder: string | undefined;

/** What every store promises, whatever stands behind it. */
const stores: Readonly<Record<string, () => Promise<MetadataStore>>> = {
  "memory store": async () => new MemoryStore(),
  "embedded store on the real disk": async () => {
    folder = await mkdtemp(join(tmpdir(), "odradek-metadata-"));
    return EmbeddedStore.open({ disk: realDisk, path: folder, logger: silentLogger });
  },
  "embedded store": () =>
    EmbeddedStore.open({ disk: new CrashingDisk(), path: "/data", logger: silentLogger }),
};

let store: MetadataStore;

afterEach(async () => {
  await store.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
  folder = undefined;
});

describe.each(Object.entries(stores))("transactions of a %s", (_, open) => {
  beforeEach(async () => {
    store = await open();
  });

  test("a transaction that puts is one revision, whatever it holds", async () => {
    const first = await store.txn([], [put("a"), put("b")]);
    const second = await store.txn([], [put("a", "w")]);

    expect(second.revision).toBe(first.revision + 1);
    expect(await store.get("a")).toEqual({
      key: "a",
      value: "w",
      createRevision: first.revision,
      modRevision: second.revision,
    });
  });

  test("of two that make the same key only the first succeeds", async () => {
    const [one, other] = await Promise.all([
      store.txn([absent("a")], [put("a", "one")]),
      store.txn([absent("a")], [put("a", "other")]),
    ]);

    expect([one.succeeded, other.succeeded]).toEqual([true, false]);
    expect((await store.get("a"))?.value).toBe("one");
  });

  test("a comparison that does not hold leaves everything as it was", async () => {
    const { revision } = await store.txn([], [put("a")]);

    const stale = { key: "a", target: "modRevision", revision: revision - 1 } as const;
    const outcome = await store.txn([stale, absent("b")], [put("b"), put("a", "w")]);

    expect(outcome).toEqual({ succeeded: false, revision });
    expect(await store.get("b")).toBeUndefined();
    expect((await store.get("a"))?.value).toBe("v");
  });

  test("deleting what is not there makes no revision", async () => {
    const { revision } = await store.txn([], [put("a")]);

    const outcome = await store.txn([], [{ type: "delete", key: "b" }]);

    expect(outcome).toEqual({ succeeded: true, revision });
  });

  test("a key deleted and made again has a new create revision", async () => {
    const first = await store.txn([], [put("a")]);
    await store.txn([], [{ type: "delete", key: "a" }]);

    const again = await store.txn([absent("a")], [put("a")]);

    expect(again.succeeded).toBe(true);
    expect((await store.get("a"))?.createRevision).toBeGreaterThan(first.revision);
  });

  test("a list has the keys of its prefix in order, and the revision it shows", async () => {
    await store.txn([], [put("t/b"), put("t/a"), put("u/a"), put("t/x/y")]);
    const { revision } = await store.txn([], [put("u/b")]);

    const listing = await store.list("t/");

    expect(listing.entries.map(({ key }) => key)).toEqual(["t/a", "t/b", "t/x/y"]);
    expect(listing.revision).toBe(revision);
  });

  test("a prefix is deleted with all below it and nothing beside it", async () => {
    await store.txn([], [put("p/1/0"), put("p/1/1"), put("p/10/0"), put("p/1")]);

    await store.txn([], [{ type: "deletePrefix", prefix: "p/1/" }]);

    const { entries } = await store.list("");
    expect(entries.map(({ key }) => key)).toEqual(["p/1", "p/10/0"]);
  });
});

describe.each(Object.entries(stores))("watches and leases of a %s", (_, open) => {
  beforeEach(async () => {
    store = await open();
  });

  test("a watch tells of its prefix, once, in order, a transaction at a time", async () => {
    const told: Change[] = [];
    await store.txn([], [put("t/before")]);
    const { revision } = await store.list("");
    const watch = store.watch("t/", revision, (change) => told.push(change));

    await store.txn([], [put("t/a"), put("u/a"), put("t/b")]);
    await store.txn([], [put("u/b")]);
    await store.txn([], [{ type: "delete", key: "t/a" }]);
    watch.cancel();
    await store.txn([], [put("t/after")]);

    const keys = told.map(({ events }) =>
      events.map((event) => (event.type === "put" ? `+${event.entry.key}` : `-${event.key}`)),
    );
    expect(keys).toEqual([["+t/a", "+t/b"], ["-t/a"]]);
    expect(told.map((change) => change.revision - revision)).toEqual([1, 3]);
  });

  test("a watch from a revision that has passed tells what came since", async () => {
    const told: number[] = [];
    const { revision } = await store.txn([], [put("a")]);
    await store.txn([], [put("b")]);

    store.watch("", revision, (change) => told.push(change.revision));
    await store.txn([], [put("c")]);

    expect(told).toEqual([revision + 1, revision + 2]);
  });

  test("a transaction has been told to watches when it settles", async () => {
    let told = 0;
    store.watch("", 0, (change) => {
      told = change.revision;
    });

    const { revision } = await store.txn([], [put("a")]);

    expect(told).toBe(revision);
  });

  test("keys under a lease go when it is revoked, others stay", async () => {
    const lease = await store.lease();
    await store.txn([], [{ type: "put", key: "a", value: "v", lease }, put("b")]);

    await lease.revoke();

    expect(await store.get("a")).toBeUndefined();
    expect((await store.get("b"))?.value).toBe("v");
  });

  test("a key put again without its lease outlives it", async () => {
    const lease = await store.lease();
    await store.txn([], [{ type: "put", key: "a", value: "v", lease }]);
    await store.txn([], [put("a", "w")]);

    await lease.revoke();

    expect((await store.get("a"))?.value).toBe("w");
  });
});
