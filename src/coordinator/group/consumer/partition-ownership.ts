import type { OwnedPartitions } from "./assignment.ts";
import type { ConsumerMember } from "./consumer-member.ts";

/** Nobody owns the partition. */
const NO_EPOCH = -1;

/**
 * Which partitions of a consumer group are owned: assigned, or not yet given up. Each carries its
 * owner's member epoch, by which a former owner's late word is told from the present one's.
 */
export class PartitionOwnership {
  readonly #epochs = new Map<string, Map<number, number>>();

  /** The member epoch of the owner, -1 if there is none. */
  epochOf(topicId: string, partition: number): number {
    return this.#epochs.get(topicId)?.get(partition) ?? NO_EPOCH;
  }

  take({ assigned, pendingRevocation, memberEpoch }: ConsumerMember): void {
    this.#take(assigned, memberEpoch);
    this.#take(pendingRevocation, memberEpoch);
  }

  release({ assigned, pendingRevocation, memberEpoch }: ConsumerMember): void {
    this.#release(assigned, memberEpoch);
    this.#release(pendingRevocation, memberEpoch);
  }

  #take(owned: OwnedPartitions, memberEpoch: number): void {
    for (const [topicId, partitions] of owned) {
      let epochs = this.#epochs.get(topicId);
      if (epochs === undefined) {
        epochs = new Map();
        this.#epochs.set(topicId, epochs);
      }
      for (const partition of partitions.keys()) epochs.set(partition, memberEpoch);
    }
  }

  #release(owned: OwnedPartitions, memberEpoch: number): void {
    for (const [topicId, partitions] of owned) {
      const epochs = this.#epochs.get(topicId);
      if (epochs === undefined) continue;
      for (const partition of partitions.keys()) {
        if (epochs.get(partition) === memberEpoch) epochs.delete(partition);
      }
      if (epochs.size === 0) this.#epochs.delete(topicId);
    }
  }
}
