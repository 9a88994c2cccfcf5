import type {
  BrokerImage,
  ConfigResourceType,
  ConfigsImage,
  Endpoint,
  FeatureLevelImage,
  PartitionImage,
  TopicImage,
} from "./image.ts";
import type { StoredEntry } from "./metadata-store.ts";
import { isInternalTopic } from "./topic-name.ts";

/**
 * What lies in the metadata store, and under which keys. Values are JSON.
 *
 *   brokers/<id>          who is alive, under a lease; its createRevision is the broker epoch
 *   topics/<name>         id, replicas of every partition, configs
 *   parts/<topic id>/<p>  leader, ISR and epochs of a partition, once they differ from the first ones
 *   configs/<type>/<name> what was set at run time on brokers (an empty name: on all of them), groups
 *                         and client-metrics; what was set on a topic is in its own entry
 *   features/<name>       the level of a feature, once it was changed
 *   quotas/<entity>       limits of a user, client id or address (client-quotas.ts)
 *   producer-ids          the first producer id that nobody was given
 *   adoption              a directory was taken over, and its logs have not been looked at yet (adoption/)
 */
export const keys = {
  brokers: "brokers/",
  topics: "topics/",
  parts: "parts/",
  configs: "configs/",
  features: "features/",
  quotas: "quotas/",
  producerIds: "producer-ids",
  adoption: "adoption",
  broker: (id: number): string => `brokers/${id}`,
  topic: (name: string): string => `topics/${name}`,
  part: (topicId: string, index: number): string => `parts/${topicId}/${index}`,
  partsOf: (topicId: string): string => `parts/${topicId}/`,
  feature: (name: string): string => `features/${name}`,
  quotasOf: (entity: string): string => `quotas/${entity}`,
  configsOf: (type: ConfigResourceType, name: string): string => `configs/${type}/${name}`,
} as const;

interface StoredBroker {
  readonly rack: string | null;
  readonly endpoints: Readonly<Record<string, Endpoint>>;
}

interface StoredTopic {
  readonly id: string;
  readonly replicas: readonly (readonly number[])[];
  readonly configs: Readonly<Record<string, string>>;
  /** By partition: how it began, where that was not with all replicas in sync and epoch 0. */
  readonly began?: Readonly<Record<string, Beginning>>;
}

interface Beginning {
  readonly isr: readonly number[];
  readonly leaderEpoch: number;
}

/** Everything about a partition that is not in its topic's entry. */
type StoredPart = Omit<PartitionImage, "index" | "replicas" | "revision">;

interface StoredProducerIds {
  readonly next: number;
}

/** A topic before the store has given it a revision. */
export type NewTopic = Omit<TopicImage, "revision">;

const none: readonly number[] = [];
const noConfigs: ReadonlyMap<string, string> = new Map();

export function brokerValue(broker: Pick<BrokerImage, "rack" | "endpoints">): string {
  const stored: StoredBroker = {
    rack: broker.rack,
    endpoints: Object.fromEntries(broker.endpoints),
  };
  return JSON.stringify(stored);
}

export function brokerOf(entry: StoredEntry): BrokerImage {
  const { rack, endpoints } = JSON.parse(entry.value) as StoredBroker;
  return {
    id: Number(entry.key.slice(keys.brokers.length)),
    epoch: entry.createRevision,
    rack,
    endpoints: new Map(Object.entries(endpoints)),
    fenced: false,
  };
}

export function topicValue(topic: NewTopic): string {
  const began = topic.partitions
    .filter(({ partitionEpoch }) => partitionEpoch === 0)
    .filter(({ isr, replicas, leaderEpoch }) => isr.length < replicas.length || leaderEpoch > 0)
    .map(({ index, isr, leaderEpoch }) => [String(index), { isr, leaderEpoch }] as const);
  const stored: StoredTopic = {
    id: topic.id,
    replicas: topic.partitions.map(({ replicas }) => replicas),
    configs: Object.fromEntries(topic.configs),
    ...(began.length === 0 ? {} : { began: Object.fromEntries(began) }),
  };
  return JSON.stringify(stored);
}

/**
 * The topic as its entry tells it. Partitions that `before` knows keep their state; the others are
 * in their first one, until an entry of their own says more.
 */
export function topicOf(entry: StoredEntry, before: TopicImage | undefined): TopicImage {
  const name = entry.key.slice(keys.topics.length);
  const { id, replicas, configs, began } = JSON.parse(entry.value) as StoredTopic;
  const known = before?.id === id ? before.partitions : [];
  const set = Object.entries(configs);
  return {
    name,
    id,
    revision: entry.modRevision,
    internal: isInternalTopic(name),
    configs: set.length === 0 ? noConfigs : new Map(set),
    partitions: replicas.map((ids, index) => {
      const partition = known[index];
      if (partition !== undefined) return { ...partition, replicas: ids };
      return firstState(index, { replicas: ids, isr: ids, leaderEpoch: 0, ...began?.[index] });
    }),
  };
}

/** A new partition is empty: whoever is alive is in sync, and the first of them leads. */
export function firstState(
  index: number,
  given: Pick<PartitionImage, "replicas" | "isr" | "leaderEpoch">,
): PartitionImage {
  const { replicas, isr, leaderEpoch } = given;
  return {
    index,
    leader: isr[0] ?? -1,
    leaderEpoch,
    replicas,
    isr,
    elr: none,
    lastKnownElr: none,
    partitionEpoch: 0,
    revision: 0,
  };
}

export function partValue(partition: PartitionImage): string {
  const { leader, leaderEpoch, isr, elr, lastKnownElr, partitionEpoch } = partition;
  const stored: StoredPart = { leader, leaderEpoch, isr, elr, lastKnownElr, partitionEpoch };
  return JSON.stringify(stored);
}

export function partOf(entry: StoredEntry): {
  readonly topicId: string;
  readonly index: number;
  readonly state: Omit<PartitionImage, "index" | "replicas">;
} {
  const [topicId = "", index] = entry.key.slice(keys.parts.length).split("/");
  const stored = JSON.parse(entry.value) as StoredPart;
  return { topicId, index: Number(index), state: { ...stored, revision: entry.modRevision } };
}

export function configsValue(values: ReadonlyMap<string, string>): string {
  return JSON.stringify(Object.fromEntries(values));
}

export function configsOf(entry: StoredEntry): ConfigsImage {
  const resource = entry.key.slice(keys.configs.length);
  const slash = resource.indexOf("/");
  return {
    type: resource.slice(0, slash) as ConfigResourceType,
    name: resource.slice(slash + 1),
    values: new Map(Object.entries(JSON.parse(entry.value) as Record<string, string>)),
    revision: entry.modRevision,
  };
}

export function featureLevelValue(level: number): string {
  return JSON.stringify({ level });
}

export function featureLevelOf(entry: StoredEntry): FeatureLevelImage {
  const { level } = JSON.parse(entry.value) as { readonly level: number };
  return { level, revision: entry.modRevision };
}

export function producerIdsValue(next: number): string {
  const stored: StoredProducerIds = { next };
  return JSON.stringify(stored);
}

export function nextProducerId(entry: StoredEntry | undefined): number {
  return entry === undefined ? 0 : (JSON.parse(entry.value) as StoredProducerIds).next;
}
