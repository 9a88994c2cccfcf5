import { beforeEach, describe, expect, test } from "vitest";
import { MemoryDisk } from "../../../src/storage/memory-disk.ts";
import { batchOfPairs, compactedSettings, storedPairs } from "../../support/storage/compaction.ts";
import { openDirectory, openLog } from "../../support/storage/logs.ts";

/** One batch of one record, at its offset. */
function batchAt(offset: number, value: string): Buffer {
  const bytes = batchOfPairs([[`key-${offset}`, value]]);
  bytes.writeBigInt64BE(BigInt(offset), 0);
  return bytes;
}

function segment(offsets: readonly number[], value: string): Buffer {
  return Buffer.concat(offsets.map((offset) => batchAt(offset, value)));
}

let disk: MemoryDisk;

async function write(name: string, bytes: Buffer = Buffer.alloc(0)): Promise<void> {
  await disk.replaceFile(`/data/orders-0/${name}`, bytes);
}

function file(offset: number, suffix: string): string {
  return String(offset).padStart(20, "0") + suffix;
}

/** The log as a start finds it: which version of each record there is. */
async function found(): Promise<string> {
  const directory = await openDirectory({ disk });
  const log = await openLog(directory, { settings: compactedSettings });
  const names = await disk.list("/data/orders-0");
  expect(names.filter((name) => /\.(cleaned|swap|deleted)$/.test(name))).toEqual([]);
  return storedPairs(log)
    .map(({ offset, value }) => `${offset} ${value}`)
    .join(", ");
}

beforeEach(async () => {
  disk = new MemoryDisk();
  for (const base of [0, 2, 4]) {
    await write(file(base, ".log"), segment([base, base + 1], "old"));
    await write(file(base, ".index"));
    await write(file(base, ".timeindex"));
  }
});

const OLD = "0 old, 1 old, 2 old, 3 old, 4 old, 5 old";

describe("files that a cleaner left", () => {
  test(".cleaned ones are thrown away: they may not be complete", async () => {
    await write(file(0, ".log.cleaned"), segment([1], "new"));
    await write(file(0, ".index.cleaned"));

    expect(await found()).toBe(OLD);
  });

  test("a .swap segment whose other files are .cleaned still is thrown away", async () => {
    await write(file(0, ".log.swap"), segment([1, 3], "new"));
    await write(file(0, ".index.cleaned"));
    await write(file(0, ".timeindex.cleaned"));

    expect(await found()).toBe(OLD);
  });

  test("a .swap segment takes the place of all that it was made of", async () => {
    await write(file(0, ".log.swap"), segment([1, 3], "new"));
    await write(file(0, ".index.swap"));
    await write(file(0, ".timeindex.swap"));

    expect(await found()).toBe("1 new, 3 new, 4 old, 5 old");
  });

  test("so it does when some of those have gone already", async () => {
    await write(file(0, ".log.swap"), segment([1, 3], "new"));
    await disk.rename(
      `/data/orders-0/${file(0, ".log")}`,
      `/data/orders-0/${file(0, ".log.deleted")}`,
    );
    await disk.remove(`/data/orders-0/${file(2, ".log")}`);

    expect(await found()).toBe("1 new, 3 new, 4 old, 5 old");
  });

  test("so it does when its index has its name already", async () => {
    await write(file(0, ".log"), segment([1, 3], "new"));
    await disk.remove(`/data/orders-0/${file(2, ".log")}`);
    await write(file(0, ".timeindex.swap"), Buffer.alloc(12));

    expect(await found()).toBe("1 new, 3 new, 4 old, 5 old");
  });

  test("snapshots of producers inside of it go with the segments that began there", async () => {
    await write(file(0, ".log.swap"), segment([1, 3], "new"));
    await write(file(2, ".snapshot"), Buffer.from("of a segment that is no more"));

    await found();

    expect(await disk.list("/data/orders-0")).not.toContain(file(2, ".snapshot"));
  });

  test("of Kafka's split of a segment, all parts count or none", async () => {
    await write(file(2, ".log.swap"), segment([2], "new"));
    await write(file(3, ".log.swap"), segment([3], "new"));
    expect(await found()).toBe("0 old, 1 old, 2 new, 3 new, 4 old, 5 old");
  });

  test("of which a part is not complete, those behind it do not count either", async () => {
    await write(file(2, ".log.cleaned"), segment([2], "new"));
    await write(file(3, ".log.swap"), segment([3], "new"));

    expect(await found()).toBe(OLD);
  });

  test("one whose records are all gone leaves an empty segment", async () => {
    await write(file(0, ".log.swap"));
    await write(file(0, ".index.swap"));
    await write(file(0, ".timeindex.swap"));

    expect(await found()).toBe("2 old, 3 old, 4 old, 5 old");
  });
});
