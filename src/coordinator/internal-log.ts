import type { Controller } from "../cluster/controller.ts";
import { NO_EPOCH, type Partition } from "../partition/partition.ts";
import type { Partitions } from "../partition/partitions.ts";
import { wholeBatches } from "../records/records.ts";
import type { InternalPartition, InternalTopic } from "./internal-topic.ts";

/** An internal topic on this broker's own partitions, so that its records are like any others. */
export class InternalLogTopic implements InternalTopic {
  readonly #name: string;
  readonly #configuredCount: number;
  readonly #partitions: Partitions;
  readonly #controller: Controller;

  constructor(options: {
    readonly name: string;
    /** How many partitions it gets if it has to be made. */
    readonly partitionCount: number;
    readonly partitions: Partitions;
    readonly controller: Controller;
  }) {
    this.#name = options.name;
    this.#configuredCount = options.partitionCount;
    this.#partitions = options.partitions;
    this.#controller = options.controller;
  }

  get exists(): boolean {
    return this.#partitions.forTopic(this.#name).length > 0;
  }

  get partitionCount(): number {
    return this.#partitions.forTopic(this.#name).length || this.#configuredCount;
  }

  async ensure(): Promise<void> {
    if (!this.exists) await this.#controller.autoCreate(this.#name);
  }

  partition(index: number): InternalPartition | undefined {
    const partition = this.#partitions.get(this.#name, index);
    return partition === undefined ? undefined : new InternalLog(partition);
  }
}

class InternalLog implements InternalPartition {
  readonly #partition: Partition;

  constructor(partition: Partition) {
    this.#partition = partition;
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR while nobody knows what the log holds */
  get startOffset(): number {
    this.#partition.checkLeaderEpoch(NO_EPOCH);
    return this.#partition.logStartOffset;
  }

  get endOffset(): number {
    return this.#partition.logEndOffset;
  }

  async append(batch: Buffer): Promise<number> {
    const { baseOffset, written } = this.#partition.append(batch, "coordinator");
    await written;
    return baseOffset;
  }

  async read(offset: number, maxBytes: number): Promise<Buffer> {
    const slice = await this.#partition.read(offset, {
      maxBytes,
      minOne: true,
      isolation: "read_uncommitted",
    });
    // A copy, because the slice's buffers go back to their pool.
    const bytes = Buffer.concat(slice.chunks);
    slice.release();
    return wholeBatches(bytes);
  }
}
