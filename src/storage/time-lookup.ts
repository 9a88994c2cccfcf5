import type { LogReader, TimestampedOffset } from "./log-reader.ts";
import type { LogSegments } from "./log-segments.ts";
import { unlessRetired } from "./unless-retired.ts";

/** Offsets that count: from the first that is not deleted to the first that must not be seen. */
interface Range {
  readonly from: number;
  readonly upTo: number;
}

/** Finds records of one log by their time. */
export class TimeLookup {
  readonly #segments: LogSegments;
  readonly #reader: LogReader;

  constructor(segments: LogSegments, reader: LogReader) {
    this.#segments = segments;
    this.#reader = reader;
  }

  /** The first record that is of that time or later. */
  async firstAt(timestamp: number, range: Range): Promise<TimestampedOffset | undefined> {
    for (const segment of [...this.#segments.all]) {
      if (segment.isRetired) return this.firstAt(timestamp, range);
      if (segment.maxTimestamp < timestamp || segment.baseOffset >= range.upTo) continue;
      const found = await unlessRetired(segment, () =>
        this.#reader.findTime(segment, timestamp, range),
      );
      // The cleaner, or retention, has put others in its place.
      if (found === "retired") return this.firstAt(timestamp, range);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * The first record that has the largest timestamp of all; undefined while that one must not be seen
   * (Kafka's UnifiedLog.fetchOffsetByTimestamp looks at all there are).
   */
  async latest(range: Range): Promise<TimestampedOffset | undefined> {
    const filled = this.#segments.all.filter(({ size }) => size > 0);
    const first = filled[0];
    if (first === undefined || range.from >= range.upTo) return undefined;
    const latest = filled.reduce((max, s) => (s.maxTimestamp > max.maxTimestamp ? s : max), first);
    const { offsetOfMaxTimestamp: offset } = latest;
    // Of its batch the last one, and what readers may see ends with a batch.
    if (offset >= range.upTo) return undefined;
    const found = await unlessRetired(latest, () => this.#reader.latestIn(latest, offset));
    return found === "retired" ? this.latest(range) : found;
  }
}
