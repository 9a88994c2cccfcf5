import type { Log } from "../log.ts";
import type { Segment } from "../segment.ts";

/** What of a log can be cleaned now. */
export interface Cleanable {
  readonly log: Log;
  /** Below, every key has one record: that was cleaned before. */
  readonly firstDirtyOffset: number;
  /** Where a segment begins that is not to be cleaned yet. */
  readonly upTo: number;
  /** Which part of the bytes below {@link upTo} was never cleaned, 0 to 1. */
  readonly dirtyRatio: number;
  /** Something was there for longer than `max.compaction.lag.ms`. */
  readonly isOverdue: boolean;
}

/**
 * What of a log can be cleaned, or undefined where there is nothing (Kafka's LogCleanerManager and
 * LogToClean): never the active segment, never what a transaction has not decided, nothing that is
 * younger than `min.compaction.lag.ms`.
 *
 * @param lastCleaned the first offset that was not cleaned the last time; undefined: there was none.
 */
export function cleanableOf(
  log: Log,
  lastCleaned: number | undefined,
  nowMs: number,
): Cleanable | undefined {
  // Most logs have only the segment that is appended to: they need not even be opened.
  const { activeBytes, totalBytes } = log.sizes;
  if (activeBytes === totalBytes) return undefined;
  const { segments } = log;
  const firstDirtyOffset = firstDirty(log, lastCleaned);
  const dirty = segments.slice(floorIndex(segments, firstDirtyOffset), -1);
  const upTo = firstUncleanable(log, dirty, nowMs);
  const cleanBytes = bytesOf(segments.filter(({ baseOffset }) => baseOffset < firstDirtyOffset));
  const dirtyBytes = bytesOf(dirty.filter(({ baseOffset }) => baseOffset < upTo));
  if (dirtyBytes === 0) return undefined;
  const dirtyRatio = dirtyBytes / (cleanBytes + dirtyBytes);
  return { log, firstDirtyOffset, upTo, dirtyRatio, isOverdue: isOverdue(log, dirty, nowMs) };
}

/** Whether it is worth it. */
export function isDue({ log, dirtyRatio, isOverdue: isLate }: Cleanable): boolean {
  return isLate || dirtyRatio > log.settings.minCleanableDirtyRatio;
}

/** A checkpoint that cannot be right, after a truncation or a deletion, counts for nothing. */
function firstDirty({ startOffset, endOffset }: Log, lastCleaned: number | undefined): number {
  const isValid =
    lastCleaned !== undefined && lastCleaned >= startOffset && lastCleaned <= endOffset;
  return isValid ? lastCleaned : startOffset;
}

/** The base offset of the first segment that must not be cleaned. */
function firstUncleanable(log: Log, dirty: readonly Segment[], nowMs: number): number {
  const { minCompactionLagMs } = log.settings;
  const { segments } = log;
  const active = segments.at(-1) as Segment;
  const young =
    minCompactionLagMs > 0
      ? dirty.find(({ maxTimestamp }) => maxTimestamp > nowMs - minCompactionLagMs)
      : undefined;
  const limit = Math.min(log.lastStableOffset, (young ?? active).baseOffset);
  // A segment that is decided, or written, only in part is not begun with.
  return (segments[floorIndex(segments, limit)] as Segment).baseOffset;
}

function isOverdue(log: Log, dirty: readonly Segment[], nowMs: number): boolean {
  const cleanUntilMs = nowMs - log.settings.maxCompactionLagMs;
  if (cleanUntilMs <= 0) return false;
  return dirty.some(({ firstTimestamp }) => firstTimestamp > 0 && firstTimestamp < cleanUntilMs);
}

/** Of the segment that holds an offset. */
function floorIndex(segments: readonly Segment[], offset: number): number {
  return Math.max(
    0,
    segments.findLastIndex(({ baseOffset }) => baseOffset <= offset),
  );
}

function bytesOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0);
}
