import type { Logger } from "../telemetry/logger.ts";
import type { Disk } from "./fs.ts";
import type { LogContent } from "./log-content.ts";
import type { LogFiles } from "./log-files.ts";
import type { LogSegments } from "./log-segments.ts";
import type { LogSettings } from "./log-settings.ts";
import { recoverSegment } from "./recovery.ts";

export interface TruncationOptions {
  readonly disk: Disk;
  readonly files: LogFiles;
  readonly logger: Logger;
  readonly nowMs: number;
  readonly settings: LogSettings;
}

/**
 * Takes what lies at or behind `offset` out of the segments and their files. It is the end of what was
 * acknowledged: a batch never holds it, and all before it is in the files as a whole.
 */
export function cutSegments(
  segments: LogSegments,
  offset: number,
  { files, settings }: { readonly files: LogFiles; readonly settings: LogSettings },
): void {
  const { all } = segments;
  const kept = all.filter(({ baseOffset }, i) => i === 0 || baseOffset < offset);
  for (const segment of all.slice(kept.length)) segment.delete();
  segments.reset(kept);
  if (kept.length === 0) return;
  kept.at(-1)?.cut(offset, settings.indexIntervalBytes);
  files.removeSnapshots((snapshot) => snapshot > offset);
}

/**
 * A log without what lies at or behind `offset`, nor what shares a batch with it. Segments, indexes,
 * leader epochs and producers are as if it had never been written (Kafka's UnifiedLog.truncateTo).
 */
export function truncateContent(
  content: LogContent,
  offset: number,
  options: TruncationOptions,
): LogContent {
  const { files, settings } = options;
  const segments = content.segments.filter(({ baseOffset }) => baseOffset < offset);
  for (const segment of content.segments.slice(segments.length)) segment.delete();
  const active = segments.at(-1);
  let endOffset = offset;
  if (active !== undefined) {
    const place = active.locate(offset);
    if (place !== undefined) active.file().truncateSync(place.position);
    const { indexIntervalBytes, compacted } = settings;
    const recovery = { ...options, indexIntervalBytes, compacted };
    ({ endOffset } = recoverSegment(active, recovery));
  } else if (content.segments.length > 0) {
    const first = files.newSegment(offset, options.nowMs);
    first.createFile();
    segments.push(first);
  }
  content.epochs.truncateFromEnd(endOffset);
  files.removeSnapshots((snapshot) => snapshot > endOffset);
  return {
    segments,
    startOffset: Math.min(content.startOffset, endOffset),
    endOffset,
    recoveryPoint: Math.min(content.recoveryPoint, endOffset),
    epochs: content.epochs,
  };
}
