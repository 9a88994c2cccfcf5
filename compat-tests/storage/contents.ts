/** Offset, timestamp, key, value, headers by name; bytes in base64. */
export type Row = readonly [
  offset: number,
  timestamp: number,
  key: string | null,
  value: string | null,
  headers: readonly (readonly [string, string | null])[],
];

/** Records by partition ("topic-0"), in the order of offsets. */
export type Written = Readonly<Record<string, readonly Row[]>>;

type Committed = readonly [offset: number, leaderEpoch: number, metadata: string];

/** What clients can tell of a broker. */
export interface Readable {
  readonly topics: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly configs: Readonly<Record<string, string>>;
        readonly partitions: Readonly<
          Record<
            string,
            { readonly start: number; readonly end: number; readonly records: readonly Row[] }
          >
        >;
      }
    >
  >;
  /** By group and partition. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, Committed>>>>;
}

type Offsets = Readonly<Record<string, number>>;

/** First and last offset, leader epoch, producer, its epoch, first sequence, codec, transactional. */
type Batch = readonly [number, number, number, number, number, number, string, boolean];

export interface InspectedPartition {
  readonly topicId: string | null;
  readonly epochs: readonly (readonly [epoch: number, startOffset: number])[];
  readonly segments: number;
  readonly indexEntries: number;
  readonly batches: readonly Batch[];
  readonly records: readonly Row[];
  /** Of `__consumer_offsets`: offset, type, key, version and value of each record. */
  readonly groups: readonly (readonly [number, number, OffsetKey, number, OffsetValue | null])[];
  /** By offset. */
  readonly snapshots: Readonly<Record<string, readonly SnapshotEntry[]>>;
  /** As a broker of Kafka loads it. */
  readonly log: {
    readonly start: number;
    readonly end: number;
    readonly epoch: number;
    /** Last offset by producer. */
    readonly producers: Offsets;
  };
}

export type SnapshotEntry = readonly [
  producerId: number,
  epoch: number,
  lastSequence: number,
  lastOffset: number,
  transactionFirstOffset: number,
];

interface OffsetKey {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

interface OffsetValue {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** One of `log.dirs`, as Apache Kafka's classes see it. */
export interface InspectedDirectory {
  readonly clean: boolean;
  readonly nodeId: number;
  readonly clusterId: string;
  readonly directoryId: string;
  readonly "recovery-point-offset-checkpoint"?: Offsets;
  readonly "replication-offset-checkpoint"?: Offsets;
  readonly "log-start-offset-checkpoint"?: Offsets;
  readonly "cleaner-offset-checkpoint"?: Offsets;
  readonly partitions: Readonly<Record<string, InspectedPartition>>;
  readonly faults: readonly string[];
}

const OFFSET_COMMIT = 1;

/** The offsets of all groups, as `__consumer_offsets` tells them when it is read from its beginning. */
export function committedIn(partitions: readonly InspectedPartition[]): Readable["groups"] {
  const groups: Record<string, Record<string, Committed>> = {};
  for (const [, type, key, , value] of partitions.flatMap((partition) => partition.groups)) {
    if (type !== OFFSET_COMMIT) continue;
    const { group, topic, partition } = key;
    const offsets = groups[group] ?? {};
    groups[group] = offsets;
    if (value === null) delete offsets[`${topic}-${partition}`];
    else
      offsets[`${topic}-${partition}`] = [
        Number(value.offset),
        Number(value.leaderEpoch),
        value.metadata,
      ];
  }
  return groups;
}

/** What was written in one go after the other. */
export function joined(...parts: readonly Written[]): Written {
  const all: Record<string, readonly Row[]> = {};
  for (const part of parts) {
    for (const [partition, rows] of Object.entries(part)) {
      const together = [...(all[partition] ?? []), ...rows];
      all[partition] = together.sort(([one], [other]) => one - other);
    }
  }
  return all;
}

/** All records, by partition, without partitions that have none. */
export function readRecords({ topics }: Readable): Written {
  const all: Record<string, readonly Row[]> = {};
  for (const [topic, { partitions }] of Object.entries(topics)) {
    for (const [index, { records }] of Object.entries(partitions)) {
      if (records.length > 0) all[`${topic}-${index}`] = records;
    }
  }
  return all;
}

/** All records that lie in directories, but those of internal topics. */
export function lyingRecords(directories: readonly InspectedDirectory[]): Written {
  const all: Record<string, readonly Row[]> = {};
  for (const [name, { records, log }] of directories.flatMap(partitionsOf)) {
    const visible = records.filter(([offset]) => offset >= log.start);
    if (visible.length > 0 && !name.startsWith("__")) all[name] = visible;
  }
  return all;
}

export function partitionsOf({
  partitions,
}: InspectedDirectory): readonly (readonly [string, InspectedPartition])[] {
  return Object.entries(partitions);
}

/** Of a compacted topic: what is there is as it was written, with the last record of each key in it. */
function checkCompacted(what: string, written: readonly Row[], found: readonly Row[]): void {
  const known = new Map(written.map((row) => [row[0], row]));
  for (const row of found) same(`${what} at ${row[0]}`, known.get(row[0]), row);
  const there = new Set(found.map(([offset]) => offset));
  const last = new Map(written.map(([offset, , key]) => [key, offset]));
  for (const [key, offset] of last) {
    if (!there.has(offset)) throw new Error(`${what}: ${key} at ${offset} is missing`);
  }
}

/** Partitions of topics that are cleaned, which may go on whenever a broker runs. */
function isCompacted(partition: string): boolean {
  return partition.includes("-compacted-");
}

/** Records by partition: those that were wanted, but for what compaction takes away. */
export function sameRecords(what: string, wanted: Written, found: Written): void {
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    const [before, after] = [wanted[name] ?? [], found[name] ?? []];
    if (isCompacted(name)) checkCompacted(`${what}: ${name}`, before, after);
    else same(`${what}: ${name}`, before, after);
  }
}

/** What clients are told of topics and groups is what they were told before. */
export function sameRead(what: string, wanted: Readable, found: Readable): void {
  sameRecords(what, readRecords(wanted), readRecords(found));
  same(what, withoutRecords(wanted), withoutRecords(found));
}

function withoutRecords({ topics, groups }: Readable): unknown {
  const described = Object.entries(topics).map(([name, { id, configs, partitions }]) => {
    const ends = Object.entries(partitions).map(([index, { start, end }]) => [index, start, end]);
    return [name, { id, configs, ends }];
  });
  return { topics: Object.fromEntries(described), groups };
}

/** The part of topics and groups that are called so. */
export function labelled({ topics, groups }: Readable, label: string): Readable {
  const ofLabel = <T>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith(`${label}-`)));
  return { topics: ofLabel(topics), groups: ofLabel(groups) };
}

/** How what was found differs from what was wanted; undefined: not at all. */
export function difference(wanted: unknown, found: unknown, at = ""): string | undefined {
  if (
    typeof wanted === "object" &&
    wanted !== null &&
    typeof found === "object" &&
    found !== null
  ) {
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
      const inside = difference(
        (wanted as Record<string, unknown>)[key],
        (found as Record<string, unknown>)[key],
        `${at}/${key}`,
      );
      if (inside !== undefined) return inside;
    }
    return undefined;
  }
  if (wanted === found) return undefined;
  const shown = (value: unknown) => String(JSON.stringify(value)).slice(0, 300);
  return `${at}: ${shown(found)} instead of ${shown(wanted)}`;
}

/** Throws if there is a difference. */
export function same(what: string, wanted: unknown, found: unknown): void {
  const fault = difference(wanted, found);
  if (fault !== undefined) throw new Error(`${what} ${fault}`);
}
