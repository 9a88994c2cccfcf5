import type { ProducerState } from "../../../../src/storage/producer-states.ts";

/** A record as it was appended, with the offset it got. */
export interface ModelRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** A batch of an idempotent producer that is in the log, or was. */
export interface ModelBatch {
  readonly epoch: number;
  readonly baseSequence: number;
  readonly records: readonly Omit<ModelRecord, "offset">[];
  readonly baseOffset: number;
}

/** What a log is: an array of records, and who wrote them. Nothing here knows of files. */
export class LogModel {
  /** Those that are in the log, in the order of their offsets. */
  records: readonly ModelRecord[] = [];
  /** Every offset at which a batch began, or the log ended. */
  edges: readonly number[] = [0];
  startOffset = 0;
  endOffset = 0;
  /** What the checkpoint says: a start that was moved since may be forgotten in a crash. */
  checkpointedStart = 0;
  /** Something may have gone out of the middle. */
  hasGaps = false;
  /** What the cleaner knows of the log may speak of records that were cut off. */
  wasTruncated = false;
  /** When a pass of the cleaner may first have seen a tombstone, by its offset. */
  readonly seenTombstones = new Map<number, number>();
  /** By producer id, the oldest batch first. */
  readonly #producers = new Map<number, readonly ModelBatch[]>();

  batchesOf(producerId: number): readonly ModelBatch[] {
    return this.#producers.get(producerId) ?? [];
  }

  get producerIds(): Iterable<number> {
    return this.#producers.keys();
  }

  append(records: readonly Omit<ModelRecord, "offset">[]): void {
    const added = records.map((record, i) => ({ ...record, offset: this.endOffset + i }));
    this.records = [...this.records, ...added];
    this.endOffset += records.length;
    this.edges = [...this.edges, this.endOffset];
  }

  produced(producerId: number, batch: ModelBatch): void {
    this.#producers.set(producerId, [...this.batchesOf(producerId), batch]);
  }

  moveStart(offset: number): void {
    this.startOffset = offset;
    this.records = this.records.filter((record) => record.offset >= offset);
  }

  /** Ends at `offset`; nothing of what lies behind was ever there. */
  truncate(offset: number): void {
    this.wasTruncated = true;
    this.endOffset = offset;
    this.startOffset = Math.min(this.startOffset, offset);
    this.records = this.records.filter((record) => record.offset < offset);
    this.edges = [...this.edges.filter((edge) => edge < offset), offset];
    for (const seen of [...this.seenTombstones.keys()]) {
      if (seen >= offset) this.seenTombstones.delete(seen);
    }
    for (const [id, batches] of this.#producers) {
      const left = batches.filter((b) => b.baseOffset + b.records.length <= offset);
      if (left.length === 0) this.#producers.delete(id);
      else this.#producers.set(id, left);
    }
  }

  /** A producer is known only as far as the log has heard of it (its batches may be gone). */
  adoptProducer(producerId: number, known: ProducerState | undefined): void {
    const last = known?.batches.at(-1);
    const left = this.batchesOf(producerId).filter(
      ({ baseOffset, records }) =>
        last !== undefined && baseOffset + records.length - 1 <= last.lastOffset,
    );
    if (left.length === 0) this.#producers.delete(producerId);
    else this.#producers.set(producerId, left);
  }

  /** The first record that is of that time or later. */
  firstAt(timestamp: number, upTo: number): ModelRecord | undefined {
    return this.records.find((one) => one.offset < upTo && one.timestamp >= timestamp);
  }

  /** The first of those with the largest timestamp. */
  latest(): ModelRecord | undefined {
    let latest: ModelRecord | undefined;
    for (const one of this.records) {
      if (latest === undefined || one.timestamp > latest.timestamp) latest = one;
    }
    return latest;
  }
}
