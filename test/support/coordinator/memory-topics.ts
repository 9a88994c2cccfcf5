import type { TopicCatalog } from "../../../src/coordinator/group/consumer/metadata-hash.ts";

interface Topic {
  readonly id: string;
  readonly partitionCount: number;
}

/** Topics of users as a test makes them. There is "orders", with 12 partitions, from the beginning. */
export class MemoryTopics implements TopicCatalog {
  readonly #topics = new Map<string, Topic>();
  #revision = 0;
  #made = 0;

  constructor() {
    this.set("orders", 12);
  }

  /** Makes a topic, or gives it more partitions. Tells its id. */
  set(name: string, partitionCount: number): string {
    this.#revision++;
    const known = this.#topics.get(name);
    const id = known?.id ?? topicIdOf(++this.#made);
    this.#topics.set(name, { id, partitionCount });
    return id;
  }

  delete(name: string): void {
    this.#revision++;
    this.#topics.delete(name);
  }

  revision(): number {
    return this.#revision;
  }

  topicNames(): readonly string[] {
    return [...this.#topics.keys()];
  }

  topicId(name: string): string | undefined {
    return this.#topics.get(name)?.id;
  }

  topicName(id: string): string | undefined {
    return [...this.#topics].find(([, topic]) => topic.id === id)?.[0];
  }

  partitionCount(name: string): number | undefined {
    return this.#topics.get(name)?.partitionCount;
  }

  partitionRacks(name: string): readonly (readonly string[])[] {
    return Array.from({ length: this.partitionCount(name) ?? 0 }, () => []);
  }
}

/** 16 bytes of which only the last two say anything: the first topic has AAAAAAAAAAAAAAAAAAAAAQ. */
export function topicIdOf(number: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(number, 14);
  return bytes.toString("base64url");
}
