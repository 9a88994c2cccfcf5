import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { MetadataResponseTopic } from "../protocol/generated/metadata.ts";
import type { ClusterClient } from "./cluster-client.ts";
import { refuseErrors } from "./retries.ts";

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What a Map can have as key; a topic's name has no colon. */
export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}

export function partitionOfKeyText(key: string): TopicPartition {
  const colon = key.lastIndexOf(":");
  return { topic: key.slice(0, colon), partition: Number(key.slice(colon + 1)) };
}

/** Items by topic, as the protocol wants them. */
export function byTopic<Item extends { readonly topic: string }>(
  items: Iterable<Item>,
): Map<string, Item[]> {
  const grouped = new Map<string, Item[]>();
  for (const item of items) {
    const sameTopic = grouped.get(item.topic);
    if (sameTopic === undefined) grouped.set(item.topic, [item]);
    else sameTopic.push(item);
  }
  return grouped;
}

/** By topic, then partition. */
export function comparePartitions(one: TopicPartition, other: TopicPartition): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1;
  return one.partition - other.partition;
}

export function partitionsOf(topics: readonly MetadataResponseTopic[]): TopicPartition[] {
  const all = topics.flatMap((topic) =>
    topic.partitions.map(({ partitionIndex }) => ({
      topic: topic.name ?? "",
      partition: partitionIndex,
    })),
  );
  return all.sort(comparePartitions);
}

/**
 * Items by the broker that leads their partitions now.
 *
 * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE
 */
export async function byLeader<Item extends TopicPartition>(
  client: ClusterClient,
  items: readonly Item[],
): Promise<Map<number, Item[]>> {
  const { known, missing, headless } = sortByLeader(await client.topics(namesOf(items)), items);
  for (const { topic, partition } of missing) {
    const sentence = `there is no partition ${partition} of topic ${topic}`;
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, sentence);
  }
  for (const { topic, partition } of headless) {
    const sentence = `partition ${topic}-${partition} has no leader`;
    throw new KafkaError(ErrorCode.LEADER_NOT_AVAILABLE, sentence);
  }
  return known;
}

/** Items by what is known of the leaders of their partitions. */
export interface CurrentLeaders<Item> {
  /** By the broker that leads them. */
  readonly known: Map<number, Item[]>;
  /** Partitions that are not there: not yet, or not any more. */
  readonly missing: readonly Item[];
  /** Partitions that nobody leads now. */
  readonly headless: readonly Item[];
}

/** What is said of a topic that may come, or come again. */
const mayCome: ReadonlySet<number> = new Set([
  ErrorCode.NONE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
]);

/**
 * As {@link byLeader}, where partitions without a leader are no error.
 *
 * @throws KafkaError for topics that may not be seen
 */
export async function currentLeaders<Item extends TopicPartition>(
  client: ClusterClient,
  items: readonly Item[],
): Promise<CurrentLeaders<Item>> {
  const { topics } = await client.metadata(namesOf(items));
  for (const topic of topics) {
    if (!mayCome.has(topic.errorCode)) refuseErrors(topic, `topic ${topic.name}`);
  }
  return sortByLeader(topics, items);
}

function namesOf(items: readonly TopicPartition[]): string[] {
  return [...new Set(items.map(({ topic }) => topic))];
}

function sortByLeader<Item extends TopicPartition>(
  topics: readonly MetadataResponseTopic[],
  items: readonly Item[],
): CurrentLeaders<Item> {
  const leaders = leadersOf(topics);
  const known = new Map<number, Item[]>();
  const [missing, headless]: [Item[], Item[]] = [[], []];
  for (const item of items) {
    const leader = leaders.get(keyOf(item));
    if (leader === undefined) missing.push(item);
    else if (leader < 0) headless.push(item);
    else if (known.has(leader)) known.get(leader)?.push(item);
    else known.set(leader, [item]);
  }
  return { known, missing, headless };
}

function leadersOf(topics: readonly MetadataResponseTopic[]): Map<string, number> {
  const leaders = new Map<string, number>();
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, leaderId } of partitions) {
      leaders.set(keyOf({ topic: name ?? "", partition: partitionIndex }), leaderId);
    }
  }
  return leaders;
}
