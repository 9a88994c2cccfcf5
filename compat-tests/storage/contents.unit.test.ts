import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { committedIn, type InspectedPartition, type Row, sameRecords } from "./contents.ts";
import { takePlace } from "./directories.ts";

const row = (offset: number, key: string | null = null, value = `value ${offset}`): Row => [
  offset,
  1000 + offset,
  key,
  value,
  [["header", null]],
];

describe("records that were wanted", () => {
  const wanted = { "o-plain-0": [row(0), row(1), row(2)] };
  const found = (...rows: Row[]) => ({ "o-plain-0": rows });

  test("are those that were found, whatever the order of partitions", () => {
    const two = { "o-a-0": [row(0)], ...wanted };

    expect(() => sameRecords("r", { ...wanted, "o-a-0": [row(0)] }, two)).not.toThrow();
  });

  test.each([
    ["lost at the end", found(row(0), row(1))],
    ["lost in the middle", found(row(0), row(2))],
    ["doubled", found(row(0), row(1), row(1), row(2))],
    ["one more", found(row(0), row(1), row(2), row(3))],
    ["at another offset", found(row(0), row(1), [3, 1002, null, "value 2", [["header", null]]])],
    ["of another time", found(row(0), row(1), [2, 7, null, "value 2", [["header", null]]])],
    ["of another key", found(row(0), row(1), row(2, "key"))],
    ["of another value", found(row(0), row(1), row(2, null, "other"))],
    ["without a header", found(row(0), row(1), [2, 1002, null, "value 2", []])],
    ["in no partition", {}],
    ["in another partition too", { ...wanted, "o-plain-1": [row(0)] }],
  ])("%s are told", (_what, others) => {
    expect(() => sameRecords("r", wanted, others)).toThrow(/instead of/);
  });
});

describe("records of a topic that is compacted", () => {
  const wanted = { "o-compacted-0": [row(0, "a"), row(1, "b"), row(2, "a"), row(3, "c")] };
  const found = (...rows: Row[]) => ({ "o-compacted-0": rows });

  test("may be fewer, if the last of each key is there", () => {
    expect(() =>
      sameRecords("r", wanted, found(row(1, "b"), row(2, "a"), row(3, "c"))),
    ).not.toThrow();
    expect(() => sameRecords("r", wanted, wanted)).not.toThrow();
  });

  test("are told where the last of a key is missing, or something was not written", () => {
    const older = found(row(0, "a"), row(1, "b"), row(3, "c"));
    const changed = found(row(1, "b"), row(2, "a", "other"), row(3, "c"));

    expect(() => sameRecords("r", wanted, older)).toThrow("a at 2 is missing");
    expect(() => sameRecords("r", wanted, changed)).toThrow(/instead of/);
  });
});

test("a group's offset is the last that was committed, unless it was deleted since", () => {
  const key = (group: string, partition: number) => ({ group, topic: "orders", partition });
  const value = (offset: number) => ({ offset, leaderEpoch: 2, metadata: "m" });
  const groups: InspectedPartition["groups"] = [
    [0, 1, key("one", 0), 4, value(5)],
    [1, 1, key("one", 0), 4, value(7)],
    [2, 1, key("one", 1), 4, value(3)],
    [3, 2, key("one", 0), 3, value(99)],
    [4, 1, key("one", 1), -1, null],
    [5, 1, key("two", 0), 4, value(1)],
  ];

  expect(committedIn([{ groups } as unknown as InspectedPartition])).toEqual({
    one: { "orders-0": [7, 2, "m"] },
    two: { "orders-0": [1, 2, "m"] },
  });
});

describe("partitions that take the place of Kafka's", () => {
  let root: string;
  const checkpoint = (offsets: string) => `0\n${offsets.split("\n").length - 1}\n${offsets}`;
  const RECOVERED = "recovery-point-offset-checkpoint";

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "odradek-places-"));
    for (const folder of ["ours/t-0", "kafka/t-0", "kafka/u-0"]) {
      await mkdir(join(root, folder), { recursive: true });
      await writeFile(join(root, folder, "partition.metadata"), `id of ${folder}`);
    }
    await writeFile(join(root, "ours/t-0/00000000000000000000.log"), "ours");
    await writeFile(join(root, "kafka/t-0/00000000000000000009.log"), "theirs");
    await writeFile(join(root, "ours", RECOVERED), checkpoint("t 0 41\n"));
    await writeFile(join(root, "kafka", RECOVERED), checkpoint("t 0 9\nu 0 3\n"));
  });

  afterEach(() => rm(root, { recursive: true }));

  test("bring their files and offsets, and keep the id that Kafka knows", async () => {
    const read = (path: string) => readFile(join(root, path), "utf8");

    expect(await takePlace([join(root, "ours")], [join(root, "kafka")])).toEqual(["t-0"]);

    expect(await read("kafka/t-0/00000000000000000000.log")).toBe("ours");
    await expect(read("kafka/t-0/00000000000000000009.log")).rejects.toThrow("ENOENT");
    expect(await read("kafka/t-0/partition.metadata")).toBe("id of kafka/t-0");
    expect(await read(`kafka/${RECOVERED}`)).toBe(checkpoint("u 0 3\nt 0 41\n"));
  });

  test("are told if Kafka does not know them", async () => {
    await mkdir(join(root, "ours/new-0"));

    await expect(takePlace([join(root, "ours")], [join(root, "kafka")])).rejects.toThrow("new-0");
  });
});
