import {
  BATCH_HEADER_BYTES,
  baseOffsetAt,
  leaderEpochAt,
  maxTimestampAt,
  sizeInBytesAt,
} from "../records/batch.ts";
import { findRecord, type RecordTime } from "../records/records.ts";
import type { ReadBuffers } from "./read-buffers.ts";
import type { Segment } from "./segment.ts";
import type { LogTail } from "./tail-cache.ts";

/** Batches as they lie in the log, back to back; the last one may be cut. */
export interface LogSlice {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  /** The chunks are not looked at any more: buffers go back to their pool. */
  release(): void;
}

export interface ReadOptions {
  readonly maxBytes: number;
  /** Offset that must not be given any more. */
  readonly upTo: number;
  /**
   * The first batch comes whole, whatever `maxBytes` says; else a first batch that does not fit is
   * not given at all (Kafka's firstEntryIncomplete).
   */
  readonly minOne: boolean;
}

export interface TimestampedOffset {
  readonly timestamp: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

export const EMPTY_SLICE: LogSlice = { chunks: [], bytes: 0, release: () => undefined };

const headerBytes = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES);

/** Finds batches: in the cached tail, or in the files. */
export class LogReader {
  readonly #buffers: ReadBuffers;
  readonly #tail: LogTail;

  constructor(buffers: ReadBuffers, tail: LogTail) {
    this.#buffers = buffers;
    this.#tail = tail;
  }

  /** From memory, if it holds `offset`. */
  readTail(offset: number, options: ReadOptions): LogSlice | undefined {
    const found = this.#tail.read(offset, options);
    if (found === undefined) return undefined;
    return found.bytes === 0 ? EMPTY_SLICE : { ...found, release: ignore };
  }

  /**
   * From the file of one segment, which ends at `end`. Undefined if it has nothing at or behind
   * `offset`.
   */
  readSegment(
    segment: Segment,
    offset: number,
    options: ReadOptions & { readonly isHot: boolean; readonly end: number },
  ): LogSlice | Promise<LogSlice> | undefined {
    const start = segment.locate(offset);
    if (start === undefined) return undefined;
    if (!options.minOne && start.batchBytes > options.maxBytes) return EMPTY_SLICE;
    const wanted = Math.max(options.maxBytes, options.minOne ? start.batchBytes : 0);
    const { upTo, end } = options;
    const endPosition = upTo < end ? segment.locate(upTo)?.position : undefined;
    // What was refused, and taken out of the log, may be in the file still.
    const written = Math.min(segment.size, segment.file().size);
    const room = (endPosition ?? written) - start.position;
    const length = Math.min(wanted, room);
    if (length <= 0) return EMPTY_SLICE;
    const range = { segment, position: start.position, length };
    return this.#buffers.recent.read(range, (into) =>
      options.isHot
        ? segment.file().readSync(into, start.position)
        : segment.during((file) => file.read(into, start.position)),
    );
  }

  /** The first record of a segment that is of that time or later, of those in [from, upTo). */
  async findTime(
    segment: Segment,
    timestamp: number,
    { from, upTo }: { readonly from: number; readonly upTo: number },
  ): Promise<TimestampedOffset | undefined> {
    const offset = Math.max(from, segment.offsetBeforeTime(timestamp));
    let position = segment.positionBefore(offset);
    for (;;) {
      const header = readHeader(segment, position);
      if (header === undefined || baseOffsetAt(header, 0) >= upTo) return undefined;
      const size = sizeInBytesAt(header, 0);
      if (maxTimestampAt(header, 0) >= timestamp) {
        const batch = await this.readBatch(segment, position, size);
        const found = await findRecord(
          batch,
          (record) => record.timestamp >= timestamp && record.offset >= from,
        );
        if (found !== undefined && found.offset < upTo) return withEpoch(found, batch);
      }
      position += size;
    }
  }

  /** The first of the records with the largest timestamp in the batch that holds `offset`. */
  async latestIn(segment: Segment, offset: number): Promise<TimestampedOffset | undefined> {
    const start = segment.locate(offset);
    if (start === undefined) return undefined;
    const batch = await this.readBatch(segment, start.position, start.batchBytes);
    // Not the one that has the header's time: in a compressed batch that is what a client says.
    let latest: RecordTime | undefined;
    await findRecord(batch, (record) => {
      if (latest === undefined || record.timestamp > latest.timestamp) latest = record;
      return false;
    });
    return latest === undefined ? undefined : withEpoch(latest, batch);
  }

  async readBatch(segment: Segment, position: number, size: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(size);
    const count = await segment.during((file) => file.read(bytes, position));
    return bytes.subarray(0, count);
  }

  /** Nothing that was learned of the files holds any more. */
  forget(segments: readonly Segment[]): void {
    this.#tail.clear();
    this.#buffers.recent.forget(segments);
  }
}

/** The header of the batch at a position; undefined at the end of the file. */
function readHeader(segment: Segment, position: number): Buffer | undefined {
  const count = segment.file().readSync(headerBytes, position);
  return count < BATCH_HEADER_BYTES ? undefined : headerBytes;
}

function withEpoch(
  { timestamp, offset }: { readonly timestamp: number; readonly offset: number },
  batch: Buffer,
): TimestampedOffset {
  return { timestamp, offset, leaderEpoch: leaderEpochAt(batch, 0) };
}

function ignore(): void {}
