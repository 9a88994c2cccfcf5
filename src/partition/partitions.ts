import type { Partition } from "./partition.ts";

/**
 * The partitions this broker holds, by name and by topic id. Lookup only: which partitions there
 * are is decided in cluster/, and {@link Replicas} carries it out.
 */
export class Partitions {
  readonly #byName = new Map<string, Partition[]>();
  readonly #byId = new Map<string, Partition[]>();

  get(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.[index];
  }

  getById(topicId: string, index: number): Partition | undefined {
    return this.#byId.get(topicId)?.[index];
  }

  forTopic(topic: string): readonly Partition[] {
    return this.#byName.get(topic) ?? [];
  }

  *all(): Iterable<Partition> {
    for (const partitions of this.#byName.values()) yield* partitions;
  }

  /** Adds the next partition of a topic: indexes arrive in order, without gaps. */
  add(partition: Partition): void {
    const { topic, topicId, index } = partition;
    const known = this.#byName.get(topic) ?? [];
    if (known.length !== index) throw new Error(`${topic}-${index} came out of order`);
    known.push(partition);
    this.#byName.set(topic, known);
    this.#byId.set(topicId, known);
  }

  remove(topic: string): readonly Partition[] {
    const removed = this.#byName.get(topic) ?? [];
    this.#byName.delete(topic);
    for (const { topicId } of removed) this.#byId.delete(topicId);
    return removed;
  }
}
