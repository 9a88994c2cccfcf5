import type { BatchHeader } from "../records/batch.ts";
import type { LogSettings } from "./log-settings.ts";
import { RELATIVE_OFFSET_MAX } from "./offset-index.ts";
import type { Segment } from "./segment.ts";

/** The time index keeps one entry free, for when the segment is sealed. */
const INDEX_ENTRY_BYTES = 12;

/** Whether the next batch begins a new segment (Kafka's LogSegment.shouldRoll). */
export function mustRoll(
  active: Segment,
  next: BatchHeader,
  settings: LogSettings,
  nowMs: number,
): boolean {
  if (active.size === 0) return false;
  if (active.size + next.sizeInBytes > settings.segmentBytes) return true;
  const lastOffset = next.baseOffset + next.lastOffsetDelta;
  if (lastOffset - active.baseOffset > RELATIVE_OFFSET_MAX) return true;
  if (active.indexBytes + INDEX_ENTRY_BYTES > settings.segmentIndexBytes) return true;
  const { firstTimestamp } = active;
  const ageMs = firstTimestamp < 0 ? nowMs - active.createdMs : next.maxTimestamp - firstTimestamp;
  return ageMs > segmentMs(settings) - jitterMs(active, settings);
}

/** The cleaner passes by what is appended to: a segment must not be that for longer than it may lag. */
function segmentMs({ compacted, maxCompactionLagMs, segmentMs: ms }: LogSettings): number {
  return compacted && maxCompactionLagMs > 0 ? Math.min(maxCompactionLagMs, ms) : ms;
}

/**
 * Spreads the rolls of partitions that were made together. Drawn from the segment's name rather than
 * by chance, so that it is the same whenever it is asked.
 */
function jitterMs({ path }: Segment, settings: LogSettings): number {
  const most = Math.min(settings.segmentJitterMs, settings.segmentMs);
  if (most <= 0) return 0;
  let hash = 0;
  for (let i = 0; i < path.length; i++) hash = (Math.imul(hash, 31) + path.charCodeAt(i)) | 0;
  return (hash >>> 0) % most;
}
