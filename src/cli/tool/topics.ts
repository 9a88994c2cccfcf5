import type { ClusterClient } from "../../client/cluster-client.ts";
import { ErrorCode, KafkaError } from "../../protocol/errors.ts";
import {
  type DescribeTopicPartitionsRequestInput,
  type DescribeTopicPartitionsResponse,
  describeTopicPartitions,
} from "../../protocol/generated/describe-topic-partitions.ts";
import { type MetadataResponseTopic, metadata } from "../../protocol/generated/metadata.ts";
import { demand } from "./java-errors.ts";

/** One partition, as it is described. */
export interface PartitionDescription {
  readonly partition: number;
  /** Undefined: there is none. */
  readonly leader: number | undefined;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Undefined: the broker did not say. */
  readonly elr: readonly number[] | undefined;
  readonly lastKnownElr: readonly number[] | undefined;
}

export interface TopicDescription {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  /** By number. */
  readonly partitions: readonly PartitionDescription[];
}

/** All topics of the cluster, by name. */
export async function allTopics(client: ClusterClient): Promise<MetadataResponseTopic[]> {
  const { topics } = await client.metadata(null);
  return [...topics].sort((one, other) => compareTexts(one.name ?? "", other.name ?? ""));
}

/** By code units, as Java compares strings. */
export function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/**
 * Describes topics by name, with what only newer brokers tell where they do.
 *
 * @param partitionLimit most partitions per answer
 * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION
 */
export async function describeTopics(
  client: ClusterClient,
  names: readonly string[],
  partitionLimit = 2000,
): Promise<TopicDescription[]> {
  if (names.length === 0) return [];
  try {
    return await describeInPages(client, names, partitionLimit);
  } catch (error) {
    if (!(error instanceof KafkaError) || error.code !== ErrorCode.UNSUPPORTED_VERSION) throw error;
    const { topics } = await client.metadata(names);
    return topics.map(described);
  }
}

/** @throws KafkaError UNKNOWN_TOPIC_ID */
export async function describeTopicOfId(
  client: ClusterClient,
  topicId: string,
): Promise<TopicDescription[]> {
  const { topics } = await client.any(metadata, { topics: [{ topicId, name: null }] });
  return topics.map(described);
}

async function describeInPages(
  client: ClusterClient,
  names: readonly string[],
  responsePartitionLimit: number,
): Promise<TopicDescription[]> {
  const found = new Map<string, TopicDescription & { partitions: PartitionDescription[] }>();
  let cursor: DescribeTopicPartitionsRequestInput["cursor"] = null;
  // The protocol wants names in order, for its cursor says where the next page begins.
  let left = [...names].sort(compareTexts);
  do {
    const request: DescribeTopicPartitionsRequestInput = {
      topics: left.map((name) => ({ name })),
      responsePartitionLimit,
      cursor,
    };
    const answer: DescribeTopicPartitionsResponse = await client.any(
      describeTopicPartitions,
      request,
    );
    for (const topic of answer.topics) {
      demand(topic);
      const { topicId, isInternal, name } = topic;
      const known = found.get(name ?? "");
      const partitions = topic.partitions.map((one) => ({
        ...partitionOf(one),
        elr: one.eligibleLeaderReplicas ?? undefined,
        lastKnownElr: one.lastKnownElr ?? undefined,
      }));
      if (known !== undefined) known.partitions.push(...partitions);
      else found.set(name ?? "", { name: name ?? "", topicId, isInternal, partitions });
    }
    const from = answer.nextCursor?.topicName ?? "";
    left = left.filter((name) => name >= from);
    cursor = answer.nextCursor;
  } while (cursor !== null);
  return [...found.values()];
}

function described(topic: MetadataResponseTopic): TopicDescription {
  demand(topic);
  const { name, topicId, isInternal } = topic;
  const partitions = topic.partitions
    .map((one) => ({ ...partitionOf(one), elr: undefined, lastKnownElr: undefined }))
    .sort((one, other) => one.partition - other.partition);
  return { name: name ?? "", topicId, isInternal, partitions };
}

function partitionOf(one: {
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
}) {
  return {
    partition: one.partitionIndex,
    leader: one.leaderId < 0 ? undefined : one.leaderId,
    replicas: one.replicaNodes,
    isr: one.isrNodes,
  };
}
