import { type ClientQuotaImage, quotasOf } from "./client-quotas.ts";
import type {
  BrokerImage,
  ConfigsImage,
  FeatureLevelImage,
  ImageChanges,
  MetadataImage,
  TopicImage,
} from "./image.ts";
import type { StoredEntry, StoreEvent } from "./metadata-store.ts";
import { brokerOf, configsOf, featureLevelOf, keys, partOf, topicOf } from "./stored.ts";

interface Noted {
  readonly topics: Map<string, TopicImage | undefined>;
  readonly brokers: Map<number, BrokerImage | undefined>;
  readonly configs: Map<string, ConfigsImage | undefined>;
  readonly featureLevels: Map<string, FeatureLevelImage | undefined>;
  readonly clientQuotas: Map<string, ClientQuotaImage | undefined>;
}

/** What one revision changes, entry by entry, becomes what it changes in the image. Pure. */
export function imageChanges(image: MetadataImage, events: readonly StoreEvent[]): ImageChanges {
  const noted: Noted = {
    topics: new Map(),
    brokers: new Map(),
    configs: new Map(),
    featureLevels: new Map(),
    clientQuotas: new Map(),
  };
  const parts: StoredEntry[] = [];
  for (const event of events) {
    const isPart = event.type === "put" && event.entry.key.startsWith(keys.parts);
    if (isPart) parts.push(event.entry);
    else note(noted, image, event);
  }
  putParts(image, noted.topics, parts);
  return noted;
}

function note(noted: Noted, image: MetadataImage, event: StoreEvent): void {
  const { topics, brokers, configs, featureLevels, clientQuotas } = noted;
  const entry = event.type === "put" ? event.entry : undefined;
  const key = event.type === "put" ? event.entry.key : event.key;
  if (key.startsWith(keys.topics)) {
    const name = key.slice(keys.topics.length);
    topics.set(name, entry && topicOf(entry, image.topic(name)));
  } else if (key.startsWith(keys.brokers)) {
    brokers.set(Number(key.slice(keys.brokers.length)), entry && brokerOf(entry));
  } else if (key.startsWith(keys.configs)) {
    configs.set(key.slice(keys.configs.length), entry && configsOf(entry));
  } else if (key.startsWith(keys.features)) {
    featureLevels.set(key.slice(keys.features.length), entry && featureLevelOf(entry));
  } else if (key.startsWith(keys.quotas)) {
    clientQuotas.set(key.slice(keys.quotas.length), entry && quotasOf(entry));
  }
}

/** After the topics, whatever the order of events: a partition's entry needs its topic. */
function putParts(
  image: MetadataImage,
  topics: Map<string, TopicImage | undefined>,
  parts: readonly StoredEntry[],
): void {
  const changed = new Map<string, TopicImage>();
  for (const topic of topics.values()) if (topic !== undefined) changed.set(topic.id, topic);
  for (const entries of byTopic(parts).values()) {
    const [{ topicId }] = entries;
    const topic = changed.get(topicId) ?? image.topicById(topicId);
    // Entries that a deleted topic did not take along.
    if (topic === undefined || (topics.has(topic.name) && !changed.has(topicId))) continue;
    const partitions = [...topic.partitions];
    for (const { index, state } of entries) {
      const before = partitions[index];
      if (before !== undefined) partitions[index] = { ...before, ...state };
    }
    topics.set(topic.name, { ...topic, partitions });
  }
}

type Part = ReturnType<typeof partOf>;

function byTopic(entries: readonly StoredEntry[]): Map<string, [Part, ...Part[]]> {
  const parts = new Map<string, [Part, ...Part[]]>();
  for (const entry of entries) {
    const part = partOf(entry);
    const beside = parts.get(part.topicId);
    if (beside === undefined) parts.set(part.topicId, [part]);
    else beside.push(part);
  }
  return parts;
}
