import { firstState, type NewTopic } from "../stored.ts";
import { shapeOf, type TopicDefaults } from "../topic-defaults.ts";
import { isInternalTopic, topicNameFault } from "../topic-name.ts";
import { type FolderTopic, PARTITION_INDEX_MAX } from "./folders.ts";
import type { KafkaTopic } from "./kafka-metadata.ts";
import type { ReadMetadata } from "./metadata-log.ts";

export interface AdoptionTerms {
  readonly nodeId: number;
  readonly defaults: TopicDefaults;
  /** Throws KafkaError INVALID_CONFIG. */
  readonly checkConfigs: (configs: ReadonlyMap<string, string>) => void;
  readonly newTopicId: () => string;
}

/** What there was to take over, and what of it could not be. */
export interface Takeover {
  readonly topics: readonly NewTopic[];
  /** Partitions that Kafka kept on other brokers only: here they are empty. */
  readonly elsewhere: number;
  /** `topic: name=value` that this broker does not take. */
  readonly refusedConfigs: readonly string[];
}

export interface Found {
  /** What Kafka's log says. */
  readonly kafka?: ReadMetadata | undefined;
  /** What Kafka's log says is of long ago: what lies in folders has been kept by this broker since. */
  readonly isStale: boolean;
  readonly folders: ReadonlyMap<string, FolderTopic>;
}

/**
 * The topics of a data directory that this broker takes over. Kafka's log decides where there is one;
 * else, and for what it does not tell, the folders do.
 */
export function adoptedTopics(found: Found, terms: AdoptionTerms): Takeover {
  const { kafka, isStale, folders } = found;
  const refusedConfigs: string[] = [];
  const described = [...(kafka?.metadata.topics ?? [])].filter(
    ({ name, id }) =>
      topicNameFault(name) === undefined &&
      // Else it was deleted since, or made again.
      (!isStale || folders.get(name)?.id === id),
  );
  const topics = described.map((topic) => {
    const { name, id } = topic;
    const given = kafka?.metadata.configs("topics").get(name) ?? new Map<string, string>();
    const configs = takenConfigs(name, given, { terms, refusedConfigs });
    const folder = folders.get(name);
    const lies = folder?.id === undefined || folder.id === id ? folder : undefined;
    return adopted({ name, id, configs, kafka: topic, lies }, terms);
  });
  // Where Kafka's log is whole, it knows best: what it does not have was deleted.
  const isComplete = kafka !== undefined && kafka.damagedAt === undefined && !isStale;
  const others = isComplete ? [] : topicsOfFolders(folders, topics, terms);
  const elsewhere = described.reduce((sum, topic) => sum + countElsewhere(topic, terms.nodeId), 0);
  return { topics: [...topics, ...others], elsewhere, refusedConfigs };
}

function topicsOfFolders(
  folders: ReadonlyMap<string, FolderTopic>,
  known: readonly NewTopic[],
  terms: AdoptionTerms,
): readonly NewTopic[] {
  const taken = new Set(known.map(({ name }) => name));
  return [...folders.values()]
    .filter(({ name }) => !taken.has(name) && topicNameFault(name) === undefined)
    .map((lies) => {
      const { name, id = terms.newTopicId() } = lies;
      const { configs, numPartitions } = shapeOf(name, terms.defaults);
      // Kafka makes every folder at once. A gap says that these are ours, made with the first record:
      // of the topics that a broker makes for itself it is known how many there were.
      const atLeast = isInternalTopic(name) && hasGap(lies) ? numPartitions : 1;
      return adopted({ name, id, configs, lies, atLeast }, terms);
    });
}

function hasGap({ leaderEpochs }: FolderTopic): boolean {
  return Math.max(-1, ...leaderEpochs.keys()) >= leaderEpochs.size;
}

function adopted(
  given: {
    readonly name: string;
    readonly id: string;
    readonly configs: ReadonlyMap<string, string>;
    readonly kafka?: KafkaTopic;
    readonly lies?: FolderTopic | undefined;
    readonly atLeast?: number;
  },
  { nodeId }: AdoptionTerms,
): NewTopic {
  const { name, id, configs, kafka, lies, atLeast = 1 } = given;
  const indexes = [...(kafka?.partitions.keys() ?? []), ...(lies?.leaderEpochs.keys() ?? [])];
  // Nobody is without partitions, and a gap is a partition that is empty.
  const count = indexes
    .filter((index) => index <= PARTITION_INDEX_MAX)
    .reduce((most, index) => Math.max(most, index + 1), atLeast);
  const partitions = Array.from({ length: count }, (_, index) => {
    const known = Math.max(
      kafka?.partitions.get(index)?.leaderEpoch ?? -1,
      lies?.leaderEpochs.get(index) ?? -1,
    );
    // A new leader: what it writes can be told from what was there.
    return firstState(index, { replicas: [nodeId], isr: [nodeId], leaderEpoch: known + 1 });
  });
  return { name, id, internal: isInternalTopic(name), partitions, configs };
}

function countElsewhere(topic: KafkaTopic, nodeId: number): number {
  let count = 0;
  for (const { replicas } of topic.partitions.values()) if (!replicas.includes(nodeId)) count += 1;
  return count;
}

/** What an older or a later Kafka knows, and this broker does not, is left out and told of. */
function takenConfigs(
  topic: string,
  given: ReadonlyMap<string, string>,
  { terms, refusedConfigs }: { terms: AdoptionTerms; refusedConfigs: string[] },
): ReadonlyMap<string, string> {
  const taken = new Map<string, string>();
  for (const [name, value] of given) {
    try {
      terms.checkConfigs(new Map([[name, value]]));
      taken.set(name, value);
    } catch {
      refusedConfigs.push(`${topic}: ${name}=${value}`);
    }
  }
  return taken;
}
