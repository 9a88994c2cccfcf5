import type { InternalPartition, InternalTopic } from "../../../src/coordinator/internal-topic.ts";
import { baseOffsetAt, lastOffsetAt, stampOffsets } from "../../../src/records/batch.ts";

/** A partition of an internal topic in memory. Appends can be made to fail, or to take their time. */
export class MemoryInternalPartition implements InternalPartition {
  readonly batches: Buffer[] = [];
  readonly startOffset = 0;
  endOffset = 0;
  /** What every append answers until it is undefined again. */
  failure: Error | undefined;
  /** What every read answers until it is undefined again. */
  readFailure: Error | undefined;
  #held: (() => void)[] | undefined;
  #readsHeld: Promise<void> | undefined;

  /** Reads wait until what this gives back is called. */
  holdReads(): () => void {
    let release = () => {};
    this.#readsHeld = new Promise((resolve) => {
      release = () => {
        this.#readsHeld = undefined;
        resolve();
      };
    });
    return () => release();
  }

  /** From now on appends wait until `release`. A restart forgets those that still wait. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const proceed of held) proceed();
  }

  forgetHeld(): void {
    this.#held = undefined;
  }

  append(batch: Buffer): Promise<number> {
    if (this.#held === undefined) return this.#store(batch);
    return new Promise((resolve, reject) => {
      this.#held?.push(() => this.#store(batch).then(resolve, reject));
    });
  }

  async read(offset: number, maxBytes: number): Promise<Buffer> {
    await this.#readsHeld;
    if (this.readFailure !== undefined) throw this.readFailure;
    const from = this.batches.findIndex((batch) => lastOffsetAt(batch, 0) >= offset);
    const chosen: Buffer[] = [];
    let bytes = 0;
    for (const batch of from === -1 ? [] : this.batches.slice(from)) {
      bytes += batch.length;
      if (chosen.length > 0 && bytes > maxBytes) break;
      chosen.push(batch);
    }
    return Buffer.concat(chosen);
  }

  async #store(batch: Buffer): Promise<number> {
    if (this.failure !== undefined) throw this.failure;
    const copy = Buffer.from(batch);
    stampOffsets(copy, 0, this.endOffset, 0);
    this.batches.push(copy);
    this.endOffset = lastOffsetAt(copy, 0) + 1;
    return baseOffsetAt(copy, 0);
  }
}

/** `__consumer_offsets` in memory: it outlives the coordinators that are built on it. */
export class MemoryInternalTopic implements InternalTopic {
  readonly partitionCount: number;
  readonly partitions: MemoryInternalPartition[];
  exists = false;

  constructor(partitionCount = 1) {
    this.partitionCount = partitionCount;
    this.partitions = Array.from({ length: partitionCount }, () => new MemoryInternalPartition());
  }

  ensure(): Promise<void> {
    this.exists = true;
    return Promise.resolve();
  }

  partition(index: number): MemoryInternalPartition | undefined {
    return this.exists ? this.partitions[index] : undefined;
  }
}
