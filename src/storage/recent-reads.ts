import type { BufferPool } from "../memory/buffer-pool.ts";
import type { LogSlice } from "./log-reader.ts";
import type { Segment } from "./segment.ts";

/** Kept beside those that somebody looks at. Readers that follow each other are one read apart. */
const KEPT_MAX = 4;

/** Bytes of a file. Once written they do not change, unless their log says so ({@link RecentReads.forget}). */
export interface FileRange {
  readonly segment: Segment;
  readonly position: number;
  readonly length: number;
}

/**
 * What was read last, for others who read the same: several groups that consume a topic together cost
 * one read, and stay together by that.
 */
export class RecentReads {
  readonly #buffers: BufferPool;
  #kept: Read[] = [];

  constructor(buffers: BufferPool) {
    this.#buffers = buffers;
  }

  /** The bytes of a range, which `load` brings into a buffer unless they are here. */
  read(
    range: FileRange,
    load: (into: Buffer) => number | Promise<number>,
  ): LogSlice | Promise<LogSlice> {
    const known = this.#kept.find((read) => read.holds(range));
    if (known !== undefined) return known.slice(range);
    const buffer = this.#buffers.take(range.length);
    const made = new Read(range, buffer, this.#buffers);
    made.loads(load(buffer.subarray(0, range.length)));
    this.#kept.push(made);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift()?.drop();
    return made.slice(range);
  }

  /** These segments are not what they were, or are gone. */
  forget(segments: readonly Segment[]): void {
    const gone = new Set(segments);
    for (const read of this.#kept) if (gone.has(read.segment)) read.drop();
    this.#kept = this.#kept.filter(({ segment }) => !gone.has(segment));
  }
}

/** One read, for as long as it is kept or looked at. */
class Read {
  readonly segment: Segment;
  readonly #position: number;
  readonly #buffer: Buffer;
  readonly #buffers: BufferPool;
  #length: number;
  #loading: Promise<void> | undefined;
  /** Those who look at it, and one for being kept. */
  #users = 1;

  constructor({ segment, position, length }: FileRange, buffer: Buffer, buffers: BufferPool) {
    this.segment = segment;
    this.#position = position;
    this.#length = length;
    this.#buffer = buffer;
    this.#buffers = buffers;
  }

  loads(count: number | Promise<number>): void {
    if (typeof count === "number") {
      this.#length = count;
      return;
    }
    this.#loading = count.then(
      (read) => {
        this.#length = read;
        this.#loading = undefined;
      },
      (error: unknown) => {
        // Nobody finds it from now on; those who wait are told.
        this.#length = 0;
        throw error;
      },
    );
    this.#loading.catch(() => undefined);
  }

  holds({ segment, position, length }: FileRange): boolean {
    return (
      segment === this.segment &&
      position >= this.#position &&
      position + length <= this.#position + this.#length
    );
  }

  slice(range: FileRange): LogSlice | Promise<LogSlice> {
    this.#users += 1;
    if (this.#loading === undefined) return this.#cut(range);
    return this.#loading.then(
      () => this.#cut(range),
      (error: unknown) => {
        this.drop();
        throw error;
      },
    );
  }

  /** One user less. */
  drop(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#buffers.give(this.#buffer);
  }

  #cut({ position, length }: FileRange): LogSlice {
    const from = position - this.#position;
    const chunk = this.#buffer.subarray(from, Math.min(from + length, this.#length));
    let isReleased = false;
    const release = () => {
      if (!isReleased) this.drop();
      isReleased = true;
    };
    return { chunks: [chunk], bytes: chunk.length, release };
  }
}
