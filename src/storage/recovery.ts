import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  baseOffsetAt,
  isIntact,
  LOG_OVERHEAD_BYTES,
  MAGIC_V2,
  magicAt,
  readBatchHeader,
  sizeInBytesAt,
} from "../records/batch.ts";
import type { Logger } from "../telemetry/logger.ts";
import { recoverSwaps } from "./compaction/swap-recovery.ts";
import type { Disk } from "./fs.ts";
import { type EpochStart, LeaderEpochs } from "./leader-epochs.ts";
import type { LogContent } from "./log-content.ts";
import { EPOCHS_FILE, type LogFiles } from "./log-files.ts";
import { decodeSnapshot } from "./producer-snapshot.ts";
import { ProducerStates } from "./producer-states.ts";
import { type Segment, segmentFile } from "./segment.ts";

export interface LoadOptions {
  readonly disk: Disk;
  readonly files: LogFiles;
  readonly logger: Logger;
  readonly nowMs: number;
  /** Batches below were on the disk when the broker last said so. */
  readonly recoveryPoint: number;
  /** What the checkpoint says; the first segment may begin later. */
  readonly startOffset: number;
  readonly wasCleanShutdown: boolean;
  readonly indexIntervalBytes: number;
  /** The cleaner leaves gaps between batches. */
  readonly compacted: boolean;
}

/** What it takes to look through one segment. */
export type RecoveryOptions = Pick<
  LoadOptions,
  "files" | "logger" | "indexIntervalBytes" | "compacted"
>;

const READ_BYTES = 1024 * 1024;
/** How far back the batches are looked for that a client may send again: five, of a megabyte each, and some. */
const RECALLED_BYTES_MAX = 8 * 1024 * 1024;

/** A log without files. */
export function emptyContent(offset = 0): LogContent {
  return {
    segments: [],
    startOffset: offset,
    endOffset: offset,
    recoveryPoint: offset,
    epochs: new LeaderEpochs(),
  };
}

/**
 * Reads what a partition's folder holds. After a clean shutdown only the newest segment is looked
 * at, from its last index entry on. After a crash every batch from the recovery point on is checked:
 * the log ends before the first that is not whole, later segments are dropped, and indexes, producers
 * and leader epochs are made anew from the batches (Kafka's LogLoader, LogSegment.recover).
 */
export function loadLog(options: LoadOptions): LogContent {
  const { disk, files } = options;
  const names = recoverSwaps(options);
  const baseOffsets = offsetsOf(names, ".log");
  const epochsText = disk.readFileSync(`${files.directory}/${EPOCHS_FILE}`);
  const epochs = LeaderEpochs.parse(epochsText?.toString("utf8") ?? "");
  if (baseOffsets.length === 0) return { ...emptyContent(options.startOffset), epochs };
  const { segments, endOffset, foundEpochs } = loadSegments(options, baseOffsets);
  if (endOffset < options.startOffset) return startAnew(options, segments);
  const startOffset = Math.max(options.startOffset, segments[0]?.baseOffset ?? 0);
  epochs.truncateFromEnd(endOffset);
  for (const { epoch, startOffset: from } of foundEpochs) epochs.begin(epoch, from);
  epochs.truncateFromStart(startOffset);
  removeSnapshots(options, names, { segments, endOffset });
  return {
    segments,
    startOffset,
    endOffset,
    recoveryPoint: options.wasCleanShutdown
      ? endOffset
      : Math.min(options.recoveryPoint, endOffset),
    epochs,
  };
}

/** What is left ends before the offset up to which everything was deleted: none of it counts. */
function startAnew(options: LoadOptions, segments: readonly Segment[]): LogContent {
  const bases = segments.map(({ baseOffset }) => baseOffset);
  dropSegments(options, bases);
  options.files.removeSnapshots(() => true);
  return emptyContent(options.startOffset);
}

function offsetsOf(names: readonly string[], suffix: string): number[] {
  return names
    .filter((name) => name.endsWith(suffix) && /^\d{20}\./.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((one, other) => one - other);
}

interface Loaded {
  readonly segments: Segment[];
  readonly endOffset: number;
  /** Of the batches that were looked at. */
  readonly foundEpochs: readonly EpochStart[];
}

function loadSegments(options: LoadOptions, baseOffsets: readonly number[]): Loaded {
  const segments: Segment[] = [];
  const foundEpochs: EpochStart[] = [];
  let endOffset = baseOffsets[0] as number;
  for (const [i, baseOffset] of baseOffsets.entries()) {
    const segment = options.files.newSegment(baseOffset, options.nowMs);
    const next = baseOffsets[i + 1];
    const isDurable = next !== undefined && next <= options.recoveryPoint;
    const isTrusted = (options.wasCleanShutdown || isDurable) && segment.adopt();
    segments.push(segment);
    if (isTrusted) {
      endOffset = next ?? segment.readEndOffset();
      segment.unloadIndexes();
      continue;
    }
    const recovered = recoverSegment(segment, options, foundEpochs);
    endOffset = recovered.endOffset;
    // What was never synced may have come to the disk in any order: a file that is whole may be short.
    const isFollowed = next === undefined || next === endOffset || isDurable || options.compacted;
    if (recovered.isWhole && isFollowed) continue;
    dropSegments(options, baseOffsets.slice(i + 1));
    break;
  }
  return { segments, endOffset, foundEpochs };
}

function dropSegments({ files, logger, nowMs }: LoadOptions, baseOffsets: readonly number[]): void {
  for (const baseOffset of baseOffsets) {
    logger.warn(`${files.directory}: segment ${baseOffset} lies behind damage and is dropped`);
    files.newSegment(baseOffset, nowMs).delete();
  }
}

/** Checks every batch of a segment and truncates behind the last that is whole. */
export function recoverSegment(
  segment: Segment,
  { files, logger, indexIntervalBytes, compacted }: RecoveryOptions,
  foundEpochs: EpochStart[] = [],
): { readonly endOffset: number; readonly isWhole: boolean } {
  let endOffset = segment.baseOffset;
  const fileBytes = segment.file().size;
  segment.reset();
  walkBatches(segment, 0, (bytes, at) => {
    const header = wholeBatch(bytes, at);
    if (header === undefined) return false;
    const mayFollow = compacted || follows(header, endOffset, segment);
    if (header.baseOffset < endOffset || !mayFollow) return false;
    const latest = foundEpochs.at(-1)?.epoch ?? -1;
    if (header.partitionLeaderEpoch > latest) {
      foundEpochs.push({ epoch: header.partitionLeaderEpoch, startOffset: header.baseOffset });
    }
    segment.add(header, indexIntervalBytes);
    endOffset = header.baseOffset + header.lastOffsetDelta + 1;
    return true;
  });
  const isWhole = segment.size === fileBytes;
  if (!isWhole) {
    logger.warn(
      `${files.directory}: ${fileBytes - segment.size} bytes behind offset ${endOffset} are no whole batches and are cut off`,
    );
    segment.file().truncateSync(segment.size);
  }
  return { endOffset, isWhole };
}

/**
 * The base offset is not under the CRC, so it has to fit to its neighbours. A gap before a batch may
 * be the cleaner's, of a topic that once was compacted; a base offset that is too large reaches into
 * the batch behind it.
 */
function follows(header: BatchHeader, endOffset: number, segment: Segment): boolean {
  if (header.baseOffset === endOffset) return true;
  const next = Buffer.alloc(LOG_OVERHEAD_BYTES);
  const count = segment.file().readSync(next, segment.size + header.sizeInBytes);
  return (
    count === next.length && baseOffsetAt(next, 0) > header.baseOffset + header.lastOffsetDelta
  );
}

/** The header of a batch that is as it was written; else undefined. */
function wholeBatch(bytes: Buffer, at: number): BatchHeader | undefined {
  if (magicAt(bytes, at) !== MAGIC_V2 || !isIntact(bytes, at)) return undefined;
  try {
    const header = readBatchHeader(bytes, at);
    return header.lastOffsetDelta >= 0 ? header : undefined;
  } catch {
    return undefined;
  }
}

/** Looks at the batch at `at`; false once it has seen enough. */
type Visit = (bytes: Buffer, at: number) => boolean;

/** Reused: nothing that is walked over is kept. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Shows every batch that lies in the file as a whole. */
function walkBatches(segment: Segment, from: number, visit: Visit): void {
  const fileBytes = segment.file().size;
  let position = from;
  let wanted = READ_BYTES;
  while (position < fileBytes) {
    const buffer = wanted > READ_BYTES ? Buffer.allocUnsafe(wanted) : readBuffer;
    const count = segment.file().readSync(buffer, position);
    const chunk = buffer.subarray(0, count);
    const step = visitChunk(chunk, fileBytes - position, visit);
    if (step.isOver || (step.bytes === 0 && step.wanted <= chunk.length)) return;
    position += step.bytes;
    wanted = Math.max(READ_BYTES, step.wanted);
  }
}

/** How far the whole batches of a chunk went, and how large the next one is. */
function visitChunk(
  chunk: Buffer,
  left: number,
  visit: Visit,
): { readonly bytes: number; readonly wanted: number; readonly isOver: boolean } {
  let at = 0;
  while (at + BATCH_HEADER_BYTES <= chunk.length) {
    const size = sizeInBytesAt(chunk, at);
    const isWhole = size >= BATCH_HEADER_BYTES && size <= left - at;
    if (isWhole && at + size > chunk.length) return { bytes: at, wanted: size, isOver: false };
    if (!isWhole || !visit(chunk, at)) return { bytes: at, wanted: 0, isOver: true };
    at += size;
  }
  return { bytes: at, wanted: 0, isOver: false };
}

/** Snapshots that nobody will ask for: of what is gone, and old ones that no segment begins with. */
function removeSnapshots(
  { files }: LoadOptions,
  names: readonly string[],
  { segments, endOffset }: { readonly segments: readonly Segment[]; readonly endOffset: number },
): void {
  const all = offsetsOf(names, ".snapshot");
  const newest = all.findLast((offset) => offset <= endOffset);
  const kept = new Set([...segments.map(({ baseOffset }) => baseOffset), newest]);
  const isStale = (offset: number) => offset > endOffset || !kept.has(offset);
  if (all.some(isStale)) files.removeSnapshots(isStale);
}

/**
 * From the newest snapshot at or before the end, and the batches since.
 *
 * A snapshot tells only the last batch of each producer, and a client has up to five on their way: if
 * all of them were appended and none of the answers arrived, the first that it sends again would be
 * out of order, as in Kafka; Java's producer then begins anew, and all five are there twice. So the
 * batches before the snapshot are looked through as well.
 */
export function loadProducers(
  { disk, files }: Pick<LoadOptions, "disk" | "files">,
  segments: readonly Segment[],
  endOffset: number,
): ProducerStates {
  const { producers, from } = newestSnapshot(disk, files, endOffset);
  if (producers.size > 0) producers.recall(producersBefore(from, segments));
  for (const [i, segment] of segments.entries()) {
    const end = segments[i + 1]?.baseOffset ?? endOffset;
    if (end <= from) continue;
    walkBatches(segment, segment.locate(from)?.position ?? segment.size, (bytes, at) => {
      const header = readBatchHeader(bytes, at);
      producers.note(header, bytes, at);
      return true;
    });
  }
  return producers;
}

/** Those of the last few megabytes before an offset. */
function producersBefore(offset: number, segments: readonly Segment[]): ProducerStates {
  const producers = new ProducerStates();
  for (const { segment, position } of lastBytesBefore(offset, segments)) {
    walkBatches(segment, position, (bytes, at) => {
      if (baseOffsetAt(bytes, at) >= offset) return false;
      producers.note(readBatchHeader(bytes, at), bytes, at);
      return true;
    });
  }
  return producers;
}

/** Where to begin in each of the segments that hold them, the oldest first. */
function lastBytesBefore(
  offset: number,
  segments: readonly Segment[],
): { readonly segment: Segment; readonly position: number }[] {
  const places: { segment: Segment; position: number }[] = [];
  let room = RECALLED_BYTES_MAX;
  for (const segment of segments.filter(({ baseOffset }) => baseOffset < offset).reverse()) {
    const end = segment.locate(offset)?.position ?? segment.size;
    const position = segment.batchStartUpTo(end - room);
    places.unshift({ segment, position });
    room -= end - position;
    if (room <= 0) break;
  }
  return places;
}

function newestSnapshot(
  disk: Disk,
  files: LogFiles,
  endOffset: number,
): { readonly producers: ProducerStates; readonly from: number } {
  const offsets = offsetsOf(disk.listSync(files.directory), ".snapshot");
  for (const offset of offsets.reverse()) {
    if (offset > endOffset) continue;
    const bytes = disk.readFileSync(segmentFile(files.directory, offset, ".snapshot"));
    const producers = bytes === undefined ? undefined : decodeSnapshot(bytes);
    if (producers !== undefined) return { producers, from: offset };
  }
  return { producers: new ProducerStates(), from: 0 };
}
