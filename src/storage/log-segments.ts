import type { CleanLog } from "./clean-logs.ts";
import type { ClosedContent } from "./closed-content.ts";
import type { Segment } from "./segment.ts";
import type { LogTail } from "./tail-cache.ts";

/** Of the last segment, and of all. */
export type SegmentSizes = Pick<CleanLog, "activeBase" | "activeBytes" | "totalBytes">;

/** The segments of one log, the oldest first; the last one is appended to. */
export class LogSegments {
  /** Undefined until somebody asks for them. */
  #loaded: Segment[] | undefined;
  readonly #closed: ClosedContent | undefined;

  constructor(content: { readonly segments: readonly Segment[] } | ClosedContent) {
    if ("closed" in content) this.#closed = content;
    else this.#loaded = [...content.segments];
  }

  get #all(): Segment[] {
    this.#loaded ??= [...(this.#closed?.segments ?? [])];
    return this.#loaded;
  }

  /** Those that may have something open; none before they are looked at. */
  get loaded(): readonly Segment[] {
    return this.#loaded ?? [];
  }

  get isEmpty(): boolean {
    return this.#loaded?.length === 0;
  }

  get all(): readonly Segment[] {
    return this.#all;
  }

  get active(): Segment | undefined {
    return this.#all.at(-1);
  }

  get sizeInBytes(): number {
    if (this.#loaded === undefined) return this.#closed?.closed.totalBytes ?? 0;
    let bytes = 0;
    for (const { size } of this.#loaded) bytes += size;
    return bytes;
  }

  /** The last one, and the bytes of all. */
  get sizes(): SegmentSizes {
    if (this.#loaded === undefined && this.#closed !== undefined) {
      const { activeBase, activeBytes, totalBytes } = this.#closed.closed;
      return { activeBase, activeBytes, totalBytes };
    }
    const { baseOffset: activeBase = 0, size: activeBytes = 0 } = this.#loaded?.at(-1) ?? {};
    return { activeBase, activeBytes, totalBytes: this.sizeInBytes };
  }

  push(segment: Segment): void {
    // An array that grows makes room for many, and most logs have one.
    if (this.#all.length === 0) this.#loaded = [segment];
    else this.#all.push(segment);
  }

  reset(segments: readonly Segment[]): void {
    this.#loaded = [...segments];
  }

  includes(segment: Segment): boolean {
    return this.#all.includes(segment);
  }

  /** Of the segment that holds an offset, or would; 0 for those before the first. */
  indexOf(offset: number): number {
    let low = 0;
    let high = this.#all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#all[middle] as Segment).baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** Takes out those that end at or before an offset; never the last one. */
  takeBefore(offset: number): readonly Segment[] {
    let count = 0;
    while ((this.#all[count + 1]?.baseOffset ?? Number.POSITIVE_INFINITY) <= offset) count += 1;
    return this.#all.splice(0, count);
  }

  /** Whether these are there, one behind the other. */
  includesAll(segments: readonly Segment[]): boolean {
    const first = this.#all.indexOf(segments[0] as Segment);
    return first >= 0 && segments.every((segment, i) => this.#all[first + i] === segment);
  }

  /** Puts one in the place of several, which must be there. */
  replace(replaced: readonly Segment[], by: Segment): void {
    this.#all.splice(this.#all.indexOf(replaced[0] as Segment), replaced.length, by);
  }

  /** About how many bytes lie between two offsets, more than 0 if any: arithmetic in memory. */
  bytesBetween(from: number, upTo: number, tail: LogTail, endOffset: number): number {
    if (from >= upTo || from >= endOffset) return 0;
    const first = this.#place(from, tail, endOffset);
    const last = this.#place(upTo, tail, endOffset);
    let bytes = last.position - first.position;
    for (let i = first.index; i < last.index; i++) bytes += (this.#all[i] as Segment).size;
    return Math.max(1, bytes);
  }

  /** Segment and position of an offset, as exact as memory has it. */
  #place(
    offset: number,
    tail: LogTail,
    endOffset: number,
  ): { readonly index: number; readonly position: number } {
    const index = this.indexOf(offset);
    const segment = this.#all[index];
    if (segment === undefined) return { index, position: 0 };
    if (offset >= endOffset) return { index, position: segment.size };
    const cached = tail.place(offset);
    if (cached !== undefined && cached.segmentBase === segment.baseOffset) {
      return { index, position: cached.position };
    }
    return { index, position: segment.positionBefore(offset) };
  }
}
