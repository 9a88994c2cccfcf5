import { RELATIVE_OFFSET_MAX } from "../offset-index.ts";
import type { Segment } from "../segment.ts";

interface Limits {
  readonly segmentBytes: number;
  readonly segmentIndexBytes: number;
}

/**
 * Segments that become one each, so that a log does not end in ever smaller pieces (Kafka's
 * Cleaner.groupSegmentsBySize): as many as fit into a segment, with their indexes and their offsets.
 *
 * @param upTo the first offset that is not cleaned.
 */
export function groupSegments(
  segments: readonly Segment[],
  limits: Limits,
  upTo: number,
): readonly (readonly Segment[])[] {
  const groups: Segment[][] = [];
  let group: Group | undefined;
  for (const [i, segment] of segments.entries()) {
    const end = segments[i + 1]?.baseOffset ?? upTo;
    if (group === undefined || !group.takes(segment, end - 1)) {
      group = new Group(limits);
      groups.push(group.segments);
    }
    group.add(segment);
  }
  return groups;
}

class Group {
  readonly segments: Segment[] = [];
  readonly #limits: Limits;
  #bytes = 0;
  #offsetIndexBytes = 0;
  #timeIndexBytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  takes(segment: Segment, lastOffset: number): boolean {
    const { segmentBytes, segmentIndexBytes } = this.#limits;
    const { offsets, times } = segment.indexSizes();
    const baseOffset = this.segments[0]?.baseOffset ?? segment.baseOffset;
    return (
      this.#bytes + segment.size <= segmentBytes &&
      this.#offsetIndexBytes + offsets <= segmentIndexBytes &&
      this.#timeIndexBytes + times <= segmentIndexBytes &&
      (segment.size === 0 || lastOffset - baseOffset <= RELATIVE_OFFSET_MAX)
    );
  }

  add(segment: Segment): void {
    const { offsets, times } = segment.indexSizes();
    this.segments.push(segment);
    this.#bytes += segment.size;
    this.#offsetIndexBytes += offsets;
    this.#timeIndexBytes += times;
  }
}
