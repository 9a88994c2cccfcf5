/** How long and how much of a log is kept; -1: without end. */
export interface Retention {
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

export interface RetainedSegment {
  readonly baseOffset: number;
  readonly size: number;
  /** The largest of its records; -1: none has one. */
  readonly maxTimestamp: number;
  /** What counts where no record has a timestamp. */
  readonly createdMs: number;
}

interface LogState {
  readonly nowMs: number;
  readonly endOffset: number;
  /** Up to which readers may see it. */
  readonly writtenOffset: number;
}

/**
 * How many segments, from the oldest on, are to be deleted (Kafka's UnifiedLog.deleteOldSegments): as
 * long as the log is large enough without them, then as long as their newest record is too old. What
 * is not written yet stays, and so does a last segment that is empty.
 */
export function countExpired(
  segments: readonly RetainedSegment[],
  { retentionMs, retentionBytes }: Retention,
  { nowMs, endOffset, writtenOffset }: LogState,
): number {
  const isDeletable = (i: number): boolean => {
    const segment = segments[i];
    if (segment === undefined) return false;
    const next = segments[i + 1];
    if (next === undefined && segment.size === 0) return false;
    return (next?.baseOffset ?? endOffset) <= writtenOffset;
  };
  let count = 0;
  if (retentionBytes >= 0) {
    let excess = segments.reduce((sum, { size }) => sum + size, 0) - retentionBytes;
    while (isDeletable(count) && excess >= sizeOf(segments[count])) {
      excess -= sizeOf(segments[count]);
      count += 1;
    }
  }
  if (retentionMs < 0) return count;
  while (isDeletable(count) && isExpired(segments[count], retentionMs, nowMs)) count += 1;
  return count;
}

function sizeOf(segment: RetainedSegment | undefined): number {
  return segment?.size ?? 0;
}

function isExpired(segment: RetainedSegment | undefined, retentionMs: number, nowMs: number) {
  if (segment === undefined) return false;
  const { maxTimestamp, createdMs } = segment;
  return nowMs - (maxTimestamp >= 0 ? maxTimestamp : createdMs) > retentionMs;
}
