/** How long and how much of a log is kept; -1: without end. */
export interface Retention {
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

export interface RetainedSegment {
  readonly size: number;
  /** The largest of its records; -1: none has one. */
  readonly maxTimestamp: number;
  /** What counts where no record has a timestamp. */
  readonly createdMs: number;
}

/**
 * How many segments, from the oldest on, are to be deleted (Kafka's UnifiedLog.deleteOldSegments): a
 * segment goes when its newest record is too old, or when the log is large enough without it. The
 * last one, which is appended to, goes by age alone.
 */
export function countExpired(
  segments: readonly RetainedSegment[],
  { retentionMs, retentionBytes }: Retention,
  nowMs: number,
): number {
  let count = 0;
  if (retentionMs >= 0) {
    while (count < segments.length && isExpired(segments[count], retentionMs, nowMs)) count += 1;
  }
  if (retentionBytes < 0) return count;
  let bytes = 0;
  for (const { size } of segments.slice(count)) bytes += size;
  for (; count < segments.length - 1; count++) {
    bytes -= segments[count]?.size ?? 0;
    if (bytes < retentionBytes) break;
  }
  return count;
}

function isExpired(segment: RetainedSegment | undefined, retentionMs: number, nowMs: number) {
  if (segment === undefined || segment.size === 0) return false;
  const { maxTimestamp, createdMs } = segment;
  return nowMs - (maxTimestamp >= 0 ? maxTimestamp : createdMs) > retentionMs;
}
