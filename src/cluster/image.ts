import { BucketedMap } from "./bucketed-map.ts";
import type { ClientQuotaImage } from "./client-quotas.ts";
import { type Features, featuresAt, knownFeature } from "./features.ts";
import { collisionKey } from "./topic-name.ts";

/** Where a broker is reached: what it advertises for one of its listeners. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly securityProtocol: string;
}

export interface BrokerImage {
  readonly id: number;
  /** Grows with every registration of this id. */
  readonly epoch: number;
  readonly rack: string | null;
  /** By listener name. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** Known, but not to be led by or sent to. */
  readonly fenced: boolean;
}

export interface PartitionImage {
  readonly index: number;
  /** -1: nobody can lead it now. */
  readonly leader: number;
  readonly leaderEpoch: number;
  /** In order of preference. */
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Eligible leader replicas (KIP-966). */
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  readonly partitionEpoch: number;
  /** The store's revision that last changed its own entry: the token of its CAS. 0: it has none. */
  readonly revision: number;
}

export interface TopicImage {
  readonly name: string;
  /** base64url, 22 characters. */
  readonly id: string;
  /** The store's revision that last changed its name, id, replicas or configs: the token of its CAS. */
  readonly revision: number;
  readonly internal: boolean;
  readonly partitions: readonly PartitionImage[];
  /** What was set on the topic itself; everything else is a default of the broker. */
  readonly configs: ReadonlyMap<string, string>;
}

/** What has settings of its own beside topics: how the store's keys name it. */
export type ConfigResourceType = "brokers" | "groups" | "client-metrics";

/** What was set at run time on a resource that is not a topic. */
export interface ConfigsImage {
  readonly type: ConfigResourceType;
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
  /** The store's revision that last changed it: the token of its CAS. */
  readonly revision: number;
}

/** A feature whose level was changed. */
export interface FeatureLevelImage {
  readonly level: number;
  /** The store's revision that last changed it: the token of its CAS. */
  readonly revision: number;
}

/** What makes the next image of this one. Undefined means gone. */
export interface ImageChanges {
  readonly topics?: ReadonlyMap<string, TopicImage | undefined>;
  readonly brokers?: ReadonlyMap<number, BrokerImage | undefined>;
  /** By type and name, with a slash between. */
  readonly configs?: ReadonlyMap<string, ConfigsImage | undefined>;
  readonly featureLevels?: ReadonlyMap<string, FeatureLevelImage | undefined>;
  /** By the entity's key. */
  readonly clientQuotas?: ReadonlyMap<string, ClientQuotaImage | undefined>;
}

interface Parts {
  readonly clusterId: string;
  readonly revision: number;
  readonly topics: BucketedMap<TopicImage>;
  readonly topicsById: BucketedMap<TopicImage>;
  readonly lookalikes: BucketedMap<readonly string[]>;
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  readonly configs: BucketedMap<ConfigsImage>;
  readonly featureLevels: ReadonlyMap<string, FeatureLevelImage>;
  readonly clientQuotas: BucketedMap<ClientQuotaImage>;
}

const none: readonly number[] = [];
const noConfigs: ReadonlyMap<string, string> = new Map();

/**
 * All that a broker knows about its cluster at one revision of the metadata store. Immutable: the
 * next one is derived and replaces it as a whole, so whoever holds one sees a consistent cluster.
 */
export class MetadataImage {
  readonly #parts: Parts;
  #sorted: readonly TopicImage[] | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A cluster without brokers or topics. */
  static empty(clusterId: string): MetadataImage {
    return new MetadataImage({
      clusterId,
      revision: 0,
      topics: BucketedMap.empty(),
      topicsById: BucketedMap.empty(),
      lookalikes: BucketedMap.empty(),
      brokers: new Map(),
      configs: BucketedMap.empty(),
      featureLevels: new Map(),
      clientQuotas: BucketedMap.empty(),
    });
  }

  get clusterId(): string {
    return this.#parts.clusterId;
  }

  /** The store's revision that this shows. */
  get revision(): number {
    return this.#parts.revision;
  }

  /** By id, ascending; fenced ones among them. */
  get brokers(): ReadonlyMap<number, BrokerImage> {
    return this.#parts.brokers;
  }

  get features(): Features {
    const levels = [...this.#parts.featureLevels].map(
      ([name, { level }]) => [name, level] as const,
    );
    return featuresAt(this.revision, new Map(levels));
  }

  /** The level of a feature in this cluster; 0 where it is switched off, or unknown here. */
  featureLevel(name: string): number {
    return this.changedLevel(name)?.level ?? knownFeature(name)?.initialLevel ?? 0;
  }

  /** By the entity's key. The same map for as long as none is changed. */
  get clientQuotas(): BucketedMap<ClientQuotaImage> {
    return this.#parts.clientQuotas;
  }

  /** Undefined where it is still that of a new cluster. */
  changedLevel(name: string): FeatureLevelImage | undefined {
    return this.#parts.featureLevels.get(name);
  }

  get topicCount(): number {
    return this.#parts.topics.size;
  }

  topic(name: string): TopicImage | undefined {
    return this.#parts.topics.get(name);
  }

  topicById(id: string): TopicImage | undefined {
    return this.#parts.topicsById.get(id);
  }

  /** Sorted by name, as Java sorts strings. Sorted once per image, and only if asked for. */
  topics(): readonly TopicImage[] {
    this.#sorted ??= [...this.#parts.topics.values()].sort((one, other) =>
      one.name < other.name ? -1 : 1,
    );
    return this.#sorted;
  }

  /** A topic that a new one of this name could not be told from in metrics (`a.b` and `a_b`). */
  lookalikeOf(name: string): string | undefined {
    const key = collisionKey(name);
    if (key === undefined) return undefined;
    return this.#parts.lookalikes.get(key)?.find((other) => other !== name);
  }

  /** The broker that answers as controller: the lowest id that is alive, or -1. */
  controllerId(): number {
    for (const { id, fenced } of this.brokers.values()) if (!fenced) return id;
    return -1;
  }

  isAlive(brokerId: number): boolean {
    return this.brokers.get(brokerId)?.fenced === false;
  }

  /** Where a broker that is alive is reached through this listener. */
  endpoint(brokerId: number, listenerName: string): Endpoint | undefined {
    const broker = this.brokers.get(brokerId);
    return broker === undefined || broker.fenced ? undefined : broker.endpoints.get(listenerName);
  }

  /** Replicas of a partition that do not serve, or that a client of this listener could not reach. */
  offlineReplicas(partition: PartitionImage, listenerName: string): readonly number[] {
    // One that could lead and does not: its directory is offline.
    const { leader, elr } = partition;
    const isOffline = (id: number) =>
      this.endpoint(id, listenerName) === undefined || (leader < 0 && elr.includes(id));
    return partition.replicas.some(isOffline) ? partition.replicas.filter(isOffline) : none;
  }

  /** What was set at run time on one broker, or with "" on all of them. */
  brokerConfigs(brokerId: number | ""): ReadonlyMap<string, string> {
    return this.configs("brokers", String(brokerId))?.values ?? noConfigs;
  }

  /** What was set on a group, which need not exist. */
  groupConfigs(groupId: string): ReadonlyMap<string, string> {
    return this.configs("groups", groupId)?.values ?? noConfigs;
  }

  /** A subscription to metrics of clients (KIP-714); empty where there is none of this name. */
  clientMetricsConfigs(name: string): ReadonlyMap<string, string> {
    return this.configs("client-metrics", name)?.values ?? noConfigs;
  }

  /** All subscriptions to metrics of clients; the token differs as soon as they do. */
  clientMetrics(): {
    readonly token: string;
    readonly all: readonly ReadonlyMap<string, string>[];
  } {
    const all = this.namesWithConfigs("client-metrics").flatMap(
      (name) => this.configs("client-metrics", name) ?? [],
    );
    return {
      token: all.map(({ name, revision }) => `${name}@${revision}`).join(),
      all: all.map(({ values }) => values),
    };
  }

  configs(type: ConfigResourceType, name: string): ConfigsImage | undefined {
    return this.#parts.configs.get(`${type}/${name}`);
  }

  /** The names of this type for which something is set, sorted. Looks at all there are. */
  namesWithConfigs(type: ConfigResourceType): readonly string[] {
    const names: string[] = [];
    for (const configs of this.#parts.configs.values()) {
      if (configs.type === type) names.push(configs.name);
    }
    return names.sort();
  }

  derive(revision: number, changes: ImageChanges): MetadataImage {
    const { topics, brokers, configs, featureLevels, clientQuotas } = changes;
    const parts = this.#parts;
    return new MetadataImage({
      ...parts,
      ...(topics?.size ? this.#withTopics(topics) : {}),
      brokers: brokers?.size ? brokersWith(parts.brokers, brokers) : parts.brokers,
      configs: configs?.size ? parts.configs.with(configs) : parts.configs,
      featureLevels: featureLevels?.size
        ? merged(parts.featureLevels, featureLevels)
        : parts.featureLevels,
      clientQuotas: clientQuotas?.size ? parts.clientQuotas.with(clientQuotas) : parts.clientQuotas,
      revision,
    });
  }

  #withTopics(
    changes: ReadonlyMap<string, TopicImage | undefined>,
  ): Pick<Parts, "topics" | "topicsById" | "lookalikes"> {
    const { topics, topicsById, lookalikes } = this.#parts;
    const byId: [string, TopicImage | undefined][] = [];
    const alike = new Map<string, readonly string[]>();
    for (const [name, topic] of changes) {
      const before = topics.get(name);
      if (before !== undefined && before.id !== topic?.id) byId.push([before.id, undefined]);
      if (topic !== undefined) byId.push([topic.id, topic]);
      const key = collisionKey(name);
      if (key !== undefined && (before === undefined || topic === undefined)) {
        const others = (alike.get(key) ?? lookalikes.get(key) ?? []).filter((n) => n !== name);
        alike.set(key, topic === undefined ? others : [...others, name]);
      }
    }
    return {
      topics: topics.with(changes),
      topicsById: topicsById.with(byId),
      lookalikes: alike.size === 0 ? lookalikes : lookalikes.with(withoutEmpty(alike)),
    };
  }
}

function* withoutEmpty(
  alike: ReadonlyMap<string, readonly string[]>,
): Generator<readonly [string, readonly string[] | undefined]> {
  for (const [key, names] of alike) yield [key, names.length === 0 ? undefined : names];
}

function brokersWith(
  brokers: ReadonlyMap<number, BrokerImage>,
  changes: ReadonlyMap<number, BrokerImage | undefined>,
): ReadonlyMap<number, BrokerImage> {
  return new Map([...merged(brokers, changes)].sort(([one], [other]) => one - other));
}

function merged<Key, Value>(
  before: ReadonlyMap<Key, Value>,
  changes: ReadonlyMap<Key, Value | undefined>,
): ReadonlyMap<Key, Value> {
  const after = new Map(before);
  for (const [key, value] of changes) {
    if (value === undefined) after.delete(key);
    else after.set(key, value);
  }
  return after;
}
