import { basename, dirname, join } from "node:path";
import { readFrames } from "../../src/cluster/metadata-file.ts";
import { crc32c } from "../../src/records/crc32c.ts";
import { decodeSnapshot } from "../../src/storage/producer-snapshot.ts";
import { describeLog, type LogDisplay } from "./batches.ts";
import { describeOffsetIndex, describeTimeIndex, describeTransactionIndex } from "./indexes.ts";
import { readingOf } from "./internal-records.ts";
import { line, shownTime } from "./shown.ts";

export interface DumpedFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Undefined where there is no such file. */
type ReadFile = (path: string) => Buffer | undefined;

/** Files whose text is for people already. */
const TEXTS: ReadonlySet<string> = new Set([
  "partition.metadata",
  "meta.properties",
  "quorum-state",
  ".kafka_cleanshutdown",
  ".lock",
  "odradek-clean-logs",
  "odradek-adopted",
]);

/** One on its way out, or not yet in its place, is what it was, or will be. */
const PASSING = /\.(deleted|cleaned|swap)$/;

/**
 * What a file of a data directory holds, in lines for a person: the content of Kafka's
 * kafka-dump-log, of every kind of file.
 *
 * @param readFile finds the segment that an index belongs to.
 */
export function describeFile(
  { path, bytes }: DumpedFile,
  display: LogDisplay,
  readFile: ReadFile,
): Iterable<string> {
  const name = basename(path).replace(PASSING, "");
  const baseOffset = Number.parseInt(name, 10) || 0;
  const suffix = name.slice(name.lastIndexOf("."));
  if (name === "odradek-metadata.log") return describeMetadata(bytes);
  if (name.endsWith("-checkpoint")) return describeCheckpoint(bytes);
  if (TEXTS.has(name)) return bytes.toString("utf8").trimEnd().split("\n");
  switch (suffix) {
    case ".log":
    case ".checkpoint":
      return describeLog(bytes, display, readingOf(path));
    case ".index":
      return describeOffsetIndex(bytes, baseOffset, segmentOf(path, readFile));
    case ".timeindex":
      return describeTimeIndex(bytes, baseOffset, segmentOf(path, readFile));
    case ".txnindex":
      return describeTransactionIndex(bytes);
    case ".snapshot":
      return describeSnapshot(bytes);
    default:
      return ["a file of a kind that is not known here"];
  }
}

function segmentOf(path: string, readFile: ReadFile): Buffer | undefined {
  return readFile(join(dirname(path), basename(path).replace(/\.(time)?index/, ".log")));
}

function* describeSnapshot(bytes: Buffer): Generator<string> {
  const states = decodeSnapshot(bytes);
  if (states === undefined) {
    yield "NO WHOLE SNAPSHOT: version, length or CRC is wrong";
    return;
  }
  let count = 0;
  for (const state of states.all()) {
    const last = state.batches.at(-1);
    const { coordinatorEpoch, transactionFirstOffset } = state;
    count += 1;
    yield line(
      `producer ${state.producerId}/${state.epoch}`,
      last === undefined
        ? "no records"
        : `sequences ${last.lastSequence - last.offsetDelta}-${last.lastSequence}`,
      last === undefined ? "" : `offsets ${last.lastOffset - last.offsetDelta}-${last.lastOffset}`,
      shownTime(state.lastTimestamp),
      coordinatorEpoch < 0 ? "" : `coordinator epoch ${coordinatorEpoch}`,
      transactionFirstOffset < 0 ? "" : `transaction from ${transactionFirstOffset}`,
    );
  }
  yield `${count} producers`;
}

/** A version, a count, and as many lines: of a partition each, or of an epoch. */
function* describeCheckpoint(bytes: Buffer): Generator<string> {
  const [version, count, ...entries] = bytes.toString("utf8").trimEnd().split("\n");
  for (const entry of entries) {
    const parts = entry.trim().split(" ");
    yield parts.length === 3
      ? `${parts[0]}-${parts[1]}  offset ${parts[2]}`
      : `epoch ${parts[0]}  from offset ${parts[1]}`;
  }
  if (bytes.length === 0) yield "empty";
  else if (version !== "0") yield `VERSION ${version}`;
  else if (Number(count) !== entries.length) yield `${entries.length} LINES, NOT ${count}`;
}

/** What Odradek keeps of topics, configs and the rest. */
function* describeMetadata(bytes: Buffer): Generator<string> {
  const { frames, end, damagedAt } = readFrames(bytes, (part) => crc32c(part));
  for (const { revision, puts, deletes } of frames) {
    yield `revision ${revision}`;
    for (const { key, value } of puts) yield `    ${key} = ${value}`;
    for (const key of deletes) yield `    ${key} is deleted`;
  }
  if (damagedAt !== undefined) yield `@${damagedAt}  DAMAGED`;
  else if (end < bytes.length) yield `@${end}  ${bytes.length - end} bytes that are no whole frame`;
}
