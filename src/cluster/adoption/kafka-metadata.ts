import { entityKey, isEntityType, type QuotaEntity } from "../client-quotas.ts";
import type { MetadataRecord } from "./metadata-record.ts";

/** A partition as Kafka's controller last described it. */
export interface KafkaPartition {
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
}

export interface KafkaTopic {
  readonly name: string;
  readonly id: string;
  /** By index. */
  readonly partitions: Map<number, KafkaPartition>;
}

export type KafkaConfigType = "topics" | "brokers" | "client-metrics" | "groups";

/** By Kafka's ConfigResource.Type. */
const configTypes: ReadonlyMap<number, KafkaConfigType> = new Map([
  [2, "topics"],
  [4, "brokers"],
  [16, "client-metrics"],
  [32, "groups"],
]);

const LEADER_UNCHANGED = -2;

type Body<Type extends MetadataRecord["type"]> = Extract<
  MetadataRecord,
  { readonly type: Type; readonly body: unknown }
>["body"];

/** What the records of `__cluster_metadata` come to: they are replayed into it, one by one. */
export class KafkaMetadata {
  readonly #topics = new Map<string, KafkaTopic>();
  readonly #configs = new Map<KafkaConfigType, Map<string, Map<string, string>>>();
  readonly #quotas = new Map<string, { entity: QuotaEntity; values: Map<string, number> }>();
  readonly #features = new Map<string, number>();
  readonly #lost = new Map<string, number>();
  #nextProducerId = 0;
  /** Of a transaction whose end has not come. */
  #open: MetadataRecord[] | undefined;

  get topics(): Iterable<KafkaTopic> {
    return this.#topics.values();
  }

  get features(): ReadonlyMap<string, number> {
    return this.#features;
  }

  get quotas(): Iterable<{
    readonly entity: QuotaEntity;
    readonly values: ReadonlyMap<string, number>;
  }> {
    return this.#quotas.values();
  }

  /** The first producer id that Kafka has given to no broker. */
  get nextProducerId(): number {
    return this.#nextProducerId;
  }

  /** How many records of each kind were passed over that this broker has no use for. */
  get lost(): ReadonlyMap<string, number> {
    return this.#lost;
  }

  /** What is set, by name of the resource. */
  configs(type: KafkaConfigType): ReadonlyMap<string, ReadonlyMap<string, string>> {
    return this.#configs.get(type) ?? new Map();
  }

  topicNamed(name: string): KafkaTopic | undefined {
    for (const topic of this.#topics.values()) if (topic.name === name) return topic;
    return undefined;
  }

  /** The records of a transaction count when its end comes, all or none (KIP-868). */
  replay(record: MetadataRecord): void {
    switch (record.type) {
      case "begin":
        this.#open = [];
        return;
      case "abort":
        this.#open = undefined;
        return;
      case "end": {
        const together = this.#open ?? [];
        this.#open = undefined;
        for (const one of together) this.#apply(one);
        return;
      }
      default:
        if (this.#open === undefined) this.#apply(record);
        else this.#open.push(record);
    }
  }

  #apply(record: MetadataRecord): void {
    if (record.type === "topic") {
      const { name, topicId: id } = record.body;
      this.#topics.set(id, { name, id, partitions: new Map() });
    } else if (record.type === "partition") this.#applyPartition(record.body);
    else if (record.type === "partitionChange") this.#applyChange(record.body);
    else if (record.type === "removeTopic") this.#removeTopic(record.body.topicId);
    else if (record.type === "config") this.#applyConfig(record.body);
    else if (record.type === "quota") this.#applyQuota(record.body);
    else if (record.type === "feature") {
      this.#features.set(record.body.name, record.body.featureLevel);
    } else if (record.type === "producerIds") {
      this.#nextProducerId = Math.max(this.#nextProducerId, record.body.nextProducerId);
    } else if (record.type === "lost") {
      this.#lost.set(record.name, (this.#lost.get(record.name) ?? 0) + 1);
    }
  }

  #applyPartition({ topicId, partitionId, leaderEpoch, replicas }: Body<"partition">): void {
    this.#topics.get(topicId)?.partitions.set(partitionId, { leaderEpoch, replicas });
  }

  /** A leader that is named, be it the same, begins an epoch (PartitionRegistration.merge). */
  #applyChange(change: Body<"partitionChange">): void {
    const partitions = this.#topics.get(change.topicId)?.partitions;
    const before = partitions?.get(change.partitionId);
    if (partitions === undefined || before === undefined) return;
    const { leaderEpoch, replicas } = before;
    partitions.set(change.partitionId, {
      leaderEpoch: change.leader === LEADER_UNCHANGED ? leaderEpoch : leaderEpoch + 1,
      replicas: change.replicas ?? replicas,
    });
  }

  #removeTopic(id: string): void {
    const topic = this.#topics.get(id);
    if (topic === undefined) return;
    this.#topics.delete(id);
    this.#configs.get("topics")?.delete(topic.name);
  }

  #applyConfig({ resourceType, resourceName, name, value }: Body<"config">): void {
    const type = configTypes.get(resourceType);
    if (type === undefined) return;
    const ofType = entryOf(this.#configs, type, () => new Map<string, Map<string, string>>());
    const values = entryOf(ofType, resourceName, () => new Map<string, string>());
    if (value === null) values.delete(name);
    else values.set(name, value);
    if (values.size === 0) ofType.delete(resourceName);
  }

  #applyQuota({ entity: parts, key, value, remove }: Body<"quota">): void {
    if (!parts.every(({ entityType }) => isEntityType(entityType))) return;
    const entity = new Map(parts.map(({ entityType, entityName }) => [entityType, entityName]));
    const quota = entryOf(this.#quotas, entityKey(entity), () => ({ entity, values: new Map() }));
    if (remove) quota.values.delete(key);
    else quota.values.set(key, value);
    if (quota.values.size === 0) this.#quotas.delete(entityKey(entity));
  }
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
