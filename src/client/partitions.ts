import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { MetadataResponseTopic } from "../protocol/generated/metadata.ts";
import type { ClusterClient } from "./cluster-client.ts";

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
  const names = [...new Set(items.map(({ topic }) => topic))];
  const leaders = leadersOf(await client.topics(names));
  const grouped = new Map<number, Item[]>();
  for (const item of items) {
    const leader = leaders.get(keyOf(item));
    if (leader === undefined) {
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, unknownPartition(item));
    }
    if (leader < 0) {
      const sentence = `partition ${item.topic}-${item.partition} has no leader`;
      throw new KafkaError(ErrorCode.LEADER_NOT_AVAILABLE, sentence);
    }
    grouped.set(leader, [...(grouped.get(leader) ?? []), item]);
  }
  return grouped;
}

function unknownPartition({ topic, partition }: TopicPartition): string {
  return `there is no partition ${partition} of topic ${topic}`;
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
