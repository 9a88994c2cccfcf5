import { consumerProtocolAssignment } from "../../../src/protocol/generated/records/consumer-protocol-assignment.ts";
import { consumerProtocolSubscription } from "../../../src/protocol/generated/records/consumer-protocol-subscription.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { Writer } from "../../../src/protocol/writer.ts";
import type { GroupWorld } from "./group-world.ts";

const SUBSCRIPTION_VERSION = 3;

/** What a classic consumer says when it joins: "orders/3" for each partition it owns. */
export function subscription(topics: readonly string[], owned: readonly string[] = []): Buffer {
  const writer = new Writer();
  writer.int16(SUBSCRIPTION_VERSION);
  const ownedPartitions = [...byTopic(owned)].map(([topic, partitions]) => ({ topic, partitions }));
  const value = { topics, ownedPartitions };
  consumerProtocolSubscription.encode(writer, value, SUBSCRIPTION_VERSION);
  return writer.toBuffer();
}

/** What a leader gives a member. */
export function assignment(owned: readonly string[]): Buffer {
  const writer = new Writer();
  writer.int16(SUBSCRIPTION_VERSION);
  const assignedPartitions = [...byTopic(owned)].map(([topic, partitions]) => ({
    topic,
    partitions,
  }));
  consumerProtocolAssignment.encode(writer, { assignedPartitions }, SUBSCRIPTION_VERSION);
  return writer.toBuffer();
}

/** "orders/3" for each partition that the bytes assign. */
export function assigned(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const reader = new Reader(bytes);
  const { assignedPartitions } = consumerProtocolAssignment.decode(reader, reader.int16());
  return assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => `${topic}/${partition}`),
  );
}

function byTopic(names: readonly string[]): Map<string, number[]> {
  const topics = new Map<string, number[]>();
  for (const name of names) {
    const [topic = "", partition] = name.split("/");
    topics.set(topic, [...(topics.get(topic) ?? []), Number(partition)]);
  }
  return topics;
}

/** A consumer of the classic protocol that uses the cooperative protocol: it keeps what it has while it joins. */
export class ClassicSpeaker {
  readonly #world: GroupWorld;
  readonly #instance: string | null;
  memberId = "";
  generationId = -1;
  owned: readonly string[] = [];
  errorCode = 0;

  constructor(world: GroupWorld, instance: string | null = null) {
    this.#world = world;
    this.#instance = instance;
  }

  /** Joins and fetches what it owns. If it leads a classic group, it deals the partitions out. */
  async join(topics: readonly string[] = ["orders"]): Promise<this> {
    const answer = await this.#sendJoin(topics);
    if (answer.errorCode === 79) {
      this.memberId = answer.memberId;
      return await this.join(topics);
    }
    this.errorCode = answer.errorCode ?? 0;
    if (this.errorCode !== 0) return this;
    this.memberId = answer.memberId;
    this.generationId = answer.generationId ?? -1;
    const members = answer.leader === this.memberId ? (answer.members ?? []) : [];
    const all = topics.flatMap((topic) =>
      Array.from(
        { length: this.#world.topics.partitionCount(topic) ?? 0 },
        (_, partition) => `${topic}/${partition}`,
      ),
    );
    const assignments = members.map(({ memberId }, m) => {
      const own = all.filter((_, p) => p % members.length === m);
      return { memberId, assignment: assignment(own) };
    });
    return await this.sync(assignments);
  }

  async sync(assignments: { memberId: string; assignment: Buffer }[] = []): Promise<this> {
    const { memberId, generationId } = this;
    const synced = await this.#world.sync({
      memberId,
      generationId,
      groupInstanceId: this.#instance,
      assignments,
    }).promise;
    this.errorCode = synced.errorCode ?? 0;
    if (this.errorCode === 0) this.owned = assigned(synced.assignment ?? Buffer.alloc(0));
    return this;
  }

  /** Beats, and joins again if it is told to. */
  async beat(): Promise<this> {
    const { memberId, generationId } = this;
    const code = this.#world.heartbeat({
      memberId,
      generationId,
      groupInstanceId: this.#instance,
    });
    this.errorCode = code;
    return code === 27 ? await this.join() : this;
  }

  async leave(): Promise<void> {
    this.errorCode = (await this.#world.leave(this.memberId, this.#instance)) ?? 0;
    this.owned = [];
  }

  #sendJoin(topics: readonly string[]) {
    const metadata = subscription(topics, this.owned);
    return this.#world.join({
      memberId: this.memberId,
      groupInstanceId: this.#instance,
      rawProtocols: [{ name: "range", metadata }],
    }).promise;
  }
}
