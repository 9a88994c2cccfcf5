import { join } from "node:path";
import type { StorageSuite } from "./all.ts";
import {
  committedIn,
  type InspectedDirectory,
  type InspectedPartition,
  lyingRecords,
  partitionsOf,
  type Readable,
  type Row,
  readRecords,
  type SnapshotEntry,
  same,
  sameRecords,
  type Written,
} from "./contents.ts";
import { copies } from "./directories.ts";
import { type Moment, OURS, type OurDirectories } from "./odradek-writes.ts";

const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"];

/** What Apache Kafka's classes find in directories of ours is what clients wrote and read there. */
export async function checkInspected(suite: StorageSuite, ours: OurDirectories): Promise<void> {
  const { report, java, directory } = suite;
  const moments: readonly (readonly string[])[] = [
    ours.stopped.paths,
    ours.killed,
    ours.restarted.paths,
  ];
  // Kafka's log loader writes to them.
  const paths = await Promise.all(
    moments.map((one, index) => copies(one, join(directory, "inspected", String(index)))),
  );
  const found = await java.inspect(paths.flat());
  const inspected = moments.map((one, index) => {
    const before = moments.slice(0, index).reduce((sum, { length }) => sum + length, 0);
    return found.slice(before, before + one.length);
  });
  const [stopped = [], killed = [], restarted = []] = inspected;
  await checkMoment(suite, { name: "stopped", ...ours.stopped }, stopped);
  await checkMoment(suite, { name: "killed, started and stopped", ...ours.restarted }, restarted);
  await report.check("Kafka's recovery keeps of a killed Odradek what Odradek's own does", () =>
    recoveredAlike(killed, restarted),
  );
}

/** Inspects what a broker left at its stop, and compares it with what clients know. */
export async function checkMoment(
  { report }: Pick<StorageSuite, "report">,
  moment: Moment & { readonly name: string },
  found: readonly InspectedDirectory[],
): Promise<void> {
  const { name, written, read } = moment;
  await report.check(`Kafka's classes find no fault in a directory: ${name}`, async () => {
    same(
      "faults",
      [],
      found.flatMap(({ faults }) => faults),
    );
    const partitions = found.flatMap(partitionsOf);
    const sum = (of: (one: (typeof partitions)[number][1]) => number) =>
      partitions.reduce((all, [, partition]) => all + of(partition), 0);
    const [segments, entries] = [sum((one) => one.segments), sum((one) => one.indexEntries)];
    const batches = sum((one) => one.batches.length);
    return `${partitions.length} partitions, ${segments} segments, ${batches} batches, ${entries} index entries`;
  });
  await report.check(`records are as they were sent: ${name}`, async () => {
    const lying = lyingRecords(found);
    compareWritten(read, written, readRecords(read));
    sameRecords("on disk", readRecords(read), lying);
    return `${Object.values(lying).flat().length} records`;
  });
  await report.check(`offsets, epochs, producers and ids are what clients are told: ${name}`, () =>
    describedAlike(read, found),
  );
  await report.check(`groups' offsets are what clients are told: ${name}`, async () => {
    const known = committedIn(found.flatMap((one) => Object.values(one.partitions)));
    for (const [group, offsets] of Object.entries(read.groups)) same(group, offsets, known[group]);
    return `${Object.keys(read.groups).length} groups`;
  });
}

/** What clients read is what they had written, from where each partition begins now. */
export function compareWritten(read: Readable, written: Written, found: Written): void {
  for (const [partition, rows] of Object.entries(written)) {
    const at = partition.lastIndexOf("-");
    const { start = 0 } =
      read.topics[partition.slice(0, at)]?.partitions[partition.slice(at + 1)] ?? {};
    const kept = { [partition]: rows.filter(([offset]) => offset >= start) };
    sameRecords("written", kept, { [partition]: found[partition] ?? [] });
  }
}

async function describedAlike(
  read: Readable,
  found: readonly InspectedDirectory[],
): Promise<string> {
  const partitions = new Map(found.flatMap(partitionsOf));
  for (const [name, { id, partitions: told }] of Object.entries(read.topics)) {
    for (const [index, { start, end }] of Object.entries(told)) {
      const there = partitions.get(`${name}-${index}`);
      // A partition's folder is made with its first record.
      if (there === undefined) same(`${name}-${index}`, 0, end);
      else
        same(`${name}-${index}`, [id, start, end], [there.topicId, there.log.start, there.log.end]);
    }
  }
  let producers = 0;
  for (const [name, partition] of partitions) producers += namedAlike(name, partition);
  for (const directory of found) checkpointsAreTrue(directory);
  same("clusters", 1, new Set(found.map(({ clusterId }) => clusterId)).size);
  same("directories", found.length, new Set(found.map(({ directoryId }) => directoryId)).size);
  const codecs = new Set([...partitions.values()].flatMap((one) => one.batches.map((b) => b[6])));
  for (const codec of CODECS) if (!codecs.has(codec)) throw new Error(`nothing is ${codec}`);
  const rolled = [...partitions].filter(
    ([name, { log }]) => /-(rolled|times|bulk)-/.test(name) && log.end > 0,
  );
  for (const [name, { segments }] of rolled) {
    if (segments < 2) throw new Error(`${name} is one segment`);
  }
  return `${partitions.size} partitions, ${producers} producers`;
}

/** The newest snapshot and epoch are those that Kafka goes on with; gives the number of producers. */
function namedAlike(name: string, { log, snapshots, epochs }: InspectedPartition): number {
  const snapshot = snapshots[nameOf(log.end)] ?? [];
  same(`${name}: the last snapshot`, log.producers, lastOffsets(snapshot));
  // One without records may be noted.
  const newest = epochs.findLast(([, startOffset]) => startOffset < log.end);
  same(`${name}: the epoch`, log.end === log.start ? log.epoch : newest?.[0], log.epoch);
  return snapshot.length;
}

function lastOffsets(snapshot: readonly SnapshotEntry[]): Record<string, number> {
  return Object.fromEntries(snapshot.map(([id, , , offset]) => [String(id), offset]));
}

/** After a stop everything is synced, and acknowledged; the log start is noted where it is not 0. */
function checkpointsAreTrue(directory: InspectedDirectory): void {
  same("clean", true, directory.clean);
  for (const [name, { log }] of partitionsOf(directory)) {
    same(
      `recovery point of ${name}`,
      log.end,
      directory["recovery-point-offset-checkpoint"]?.[name],
    );
    same(`high watermark of ${name}`, log.end, directory["replication-offset-checkpoint"]?.[name]);
    same(`start of ${name}`, log.start, directory["log-start-offset-checkpoint"]?.[name] ?? 0);
  }
}

/** By partition and producer: where a transaction began that has not ended. */
export function openTransactions(
  found: readonly InspectedDirectory[],
): Readonly<Record<string, number>> {
  const open: Record<string, number> = {};
  for (const [name, { log, snapshots }] of found.flatMap(partitionsOf)) {
    for (const [producer, , , , first] of snapshots[nameOf(log.end)] ?? []) {
      if (first >= 0) open[`${name} ${producer}`] = first;
    }
  }
  return open;
}

function nameOf(offset: number): string {
  return String(offset).padStart(20, "0");
}

async function recoveredAlike(
  killed: readonly InspectedDirectory[],
  restarted: readonly InspectedDirectory[],
): Promise<string> {
  same(
    "faults",
    [],
    killed.flatMap(({ faults }) => faults),
  );
  same(
    "clean",
    [false, false],
    killed.map(({ clean }) => clean),
  );
  const later = new Map(restarted.flatMap(partitionsOf));
  let count = 0;
  for (const [name, { records, log }] of killed.flatMap(partitionsOf)) {
    const after = later.get(name);
    if (after === undefined) throw new Error(`${name} is gone`);
    // Compaction went on.
    if (name.startsWith("__") || name.startsWith(`${OURS}-compacted`)) continue;
    const kept = (rows: readonly Row[]) =>
      rows.filter(([offset]) => offset >= log.start && offset < log.end);
    same(name, kept(records), kept(after.records));
    count += kept(records).length;
  }
  return `${count} records`;
}
