import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { batchesIn } from "../../src/records/records.ts";
import type { Log } from "../../src/storage/log.ts";
import { type Fate, FaultyDisk } from "../support/storage/faulty-disk.ts";
import { append, batchOf, fromClient, openDirectory, openLog } from "../support/storage/logs.ts";
import { expectWhole, storedRecords } from "../support/storage/model/checks.ts";
import type { ModelRecord } from "../support/storage/model/log-model.ts";
import { seededRandom } from "../support/storage/random.ts";

const SETTINGS = { segmentBytes: 1500, indexIntervalBytes: 150 };
const FOLDER = "/data/orders-0";
const BATCHES = 40;
const FLIPS = 1000;

interface Written {
  readonly disk: FaultyDisk;
  readonly records: readonly ModelRecord[];
  /** Where each batch begins; and the end. */
  readonly edges: readonly number[];
}

/** Batches of one to three records, by three producers in turn, in every codec. */
async function written(): Promise<Written> {
  const disk = new FaultyDisk();
  const directory = await openDirectory({ disk });
  const log = await openLog(directory, { settings: SETTINGS });
  const edges = [0];
  const sequences = [0, 0, 0];
  for (let i = 0; i < BATCHES; i++) {
    const values = Array.from({ length: 1 + (i % 3) }, (_, n) => `${i}/${n}`.padEnd(30 + i, "xyz"));
    const producerId = i % 3;
    const baseSequence = sequences[producerId] ?? 0;
    sequences[producerId] = baseSequence + values.length;
    await append(log, values, { producerId, producerEpoch: 0, baseSequence, compression: i % 5 });
    edges.push(log.endOffset);
  }
  return { disk, records: await storedRecords(log), edges };
}

/** A start, after which the log is a part of what was written, from the beginning on, and goes on. */
async function expectSoundStart(disk: FaultyDisk, { records, edges }: Written): Promise<Log> {
  const directory = await openDirectory({ disk });
  expect(directory.wasCleanShutdown).toBe(false);
  const log = await openLog(directory, { settings: SETTINGS });
  const { endOffset } = log;
  expect(edges).toContain(endOffset);
  expect(await storedRecords(log)).toEqual(records.slice(0, endOffset));
  expectWhole(log);
  const [last] = records.slice(0, endOffset).slice(-1);
  const found = await log.offsetForTimestamp(last?.timestamp ?? 0, endOffset);
  expect(found?.offset).toBe(last === undefined ? undefined : 0);
  expectProducersAt(log, edges);
  expect(await append(log, ["next"])).toBe(endOffset);
  expect(await storedRecords(log)).toHaveLength(endOffset + 1);
  return log;
}

/** The last batch that is there is known as a repeat, and what would leave a gap is refused. */
function expectProducersAt(log: Log, edges: readonly number[]): void {
  const count = edges.indexOf(log.endOffset);
  if (count < 3) return;
  const i = count - 1;
  const sizes = edges.slice(0, count).map((at, n) => (edges[n + 1] ?? at) - at);
  const producerId = i % 3;
  const baseSequence = sizes
    .filter((_, n) => n % 3 === producerId && n < i)
    .reduce((sum, size) => sum + size, 0);
  const batch = (from: number) =>
    batchOf(
      Array.from({ length: sizes[i] ?? 0 }, () => "again"),
      { producerId, producerEpoch: 0, baseSequence: from },
    );
  expect(log.append(batch(baseSequence), fromClient)).toMatchObject({
    duplicate: true,
    baseOffset: edges[i],
  });
  expect(() => log.append(batch(baseSequence + 50), fromClient)).toThrow(
    expect.objectContaining({ code: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER }),
  );
}

async function sizesOf(disk: FaultyDisk): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of [...(await disk.list(FOLDER))].sort()) {
    const bytes = await disk.readFile(`${FOLDER}/${name}`);
    if (bytes !== undefined && bytes.length > 0) files.set(name, bytes);
  }
  return files;
}

describe("after a crash", () => {
  test("the log ends with its last whole batch, cut at whichever byte of its last three", async () => {
    const before = await written();
    const files = await sizesOf(before.disk);
    const logs = [...files.keys()].filter((name) => name.endsWith(".log"));
    // From the end back, over the edges of segments.
    let left = 3;
    let starts = 0;
    for (const name of logs.reverse()) {
      const bytes = files.get(name) ?? Buffer.alloc(0);
      const places = [...batchesIn(bytes)];
      const from = places.at(-Math.min(left, places.length)) ?? 0;
      const base = Number.parseInt(name, 10);
      for (let size = from; size <= bytes.length; size++) {
        const cut: Fate = (_synced, all, path) => {
          if (!path.endsWith(".log") || Number.parseInt(path.slice(-24), 10) < base) return all;
          return path.endsWith(name) ? all.subarray(0, size) : undefined;
        };
        const log = await expectSoundStart(await before.disk.afterPowerCut(cut), before);
        const whole = places.filter((_, i) => (places[i + 1] ?? bytes.length) <= size).length;
        expect(log.endOffset - 1).toBe(before.edges[before.edges.indexOf(base) + whole]);
        starts += 1;
      }
      left -= places.length;
      if (left <= 0) break;
    }
    expect(starts).toBeGreaterThan(300);
  }, 60_000);

  test("a byte that has changed, in whichever file, is never served, and costs nothing before it", async () => {
    const before = await written();
    const files = [...(await sizesOf(before.disk))];
    expect(files.length).toBeGreaterThan(6);
    const random = seededRandom(20261123);
    const bytesInAll = files.reduce((sum, [, bytes]) => sum + bytes.length, 0);
    let noticed = 0;
    for (let turn = 0; turn < FLIPS; turn++) {
      // As often in each file as it is large; every tenth in one of the small ones.
      let at = Math.floor(random() * bytesInAll);
      let index = files.findIndex(([, bytes]) => {
        const isIn = at < bytes.length;
        if (!isIn) at -= bytes.length;
        return isIn;
      });
      if (turn % 10 === 0) index = Math.floor(random() * files.length);
      const [name, bytes] = files[index] ?? ["", Buffer.alloc(1)];
      const place = at % bytes.length;
      const change = 1 + Math.floor(random() * 255);
      const flip: Fate = (_synced, all, path) => {
        if (path !== `${FOLDER}/${name}`) return all;
        const changed = Buffer.from(all);
        changed[place] = (changed[place] ?? 0) ^ change;
        return changed;
      };
      const log = await expectSoundStart(await before.disk.afterPowerCut(flip), before);
      const end = log.endOffset - 1;
      if (end < before.records.length) noticed += 1;
      if (!name.endsWith(".log")) {
        expect(end, name).toBe(before.records.length);
        continue;
      }
      const intact = [...batchesIn(bytes)].filter((start) => start <= place).length - 1;
      const edge = before.edges.indexOf(Number.parseInt(name, 10)) + intact;
      expect(end).toBeGreaterThanOrEqual(before.edges[edge] ?? 0);
    }
    expect(noticed).toBeGreaterThan(FLIPS / 2);
  }, 120_000);
});
