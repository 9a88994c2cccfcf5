import type { MetadataImage, PartitionImage, TopicImage } from "../cluster/image.ts";
import { isInternalTopic, topicNameFault } from "../cluster/topic-name.ts";
import { ErrorCode } from "../protocol/errors.ts";
import {
  type CursorRequest,
  type CursorResponse,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponseInput,
  type DescribeTopicPartitionsResponsePartitionInput,
  type DescribeTopicPartitionsResponseTopicInput,
  describeTopicPartitions,
} from "../protocol/generated/describe-topic-partitions.ts";
import { ZERO_UUID } from "../protocol/uuid.ts";
import { authorizedOperations } from "./authorized-operations.ts";
import { defineHandler, type Handler, type RequestContext } from "./handler.ts";

type Topic = DescribeTopicPartitionsResponseTopicInput;

/**
 * DescribeTopicPartitions tells of topics in pieces: sorted by name, up to a limit of partitions,
 * with a cursor from where to go on (KIP-966). All topics, where none is named.
 */
export const describeTopicPartitionsHandler: Handler = defineHandler({
  api: describeTopicPartitions,

  handle(request, context, services) {
    const image = services.image();
    if (!isCursorValid(request)) return refused(request);
    const fetchAll = request.topics.length === 0;
    const names = namesFrom(request, image);
    const maySee = (name: string) => context.may("describe", "topic", name);
    const limit = Math.min(
      services.config.maxRequestPartitionSizeLimit,
      request.responsePartitionLimit,
    );
    const page = pageOf(names.filter(maySee), image, {
      cursor: request.cursor,
      limit: Math.max(1, limit),
      listenerName: context.listenerName,
    });
    const hidden = fetchAll ? [] : names.filter((name) => !maySee(name));
    return {
      throttleTimeMs: 0,
      topics: [
        ...page.topics.map((topic) => withOperations(topic, context)),
        ...hidden.map((name) => failed(ErrorCode.TOPIC_AUTHORIZATION_FAILED, name)),
      ],
      nextCursor: page.nextCursor,
    };
  },
});

function isCursorValid({ cursor, topics }: DescribeTopicPartitionsRequest): boolean {
  if (cursor === null) return true;
  const isListed = topics.length === 0 || topics.some(({ name }) => name === cursor.topicName);
  return isListed && cursor.partitionIndex >= 0;
}

function refused({ topics }: DescribeTopicPartitionsRequest): DescribeTopicPartitionsResponseInput {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name }) => failed(ErrorCode.INVALID_REQUEST, name)),
    nextCursor: null,
  };
}

function namesFrom(request: DescribeTopicPartitionsRequest, image: MetadataImage): string[] {
  const from = request.cursor?.topicName ?? "";
  const names =
    request.topics.length === 0
      ? image.topics().map(({ name }) => name)
      : [...new Set(request.topics.map(({ name }) => name))].sort();
  return names.filter((name) => name >= from);
}

interface PageTerms {
  readonly cursor: CursorRequest | null;
  /** Most partitions; at least 1. */
  readonly limit: number;
  readonly listenerName: string;
}

function pageOf(
  names: readonly string[],
  image: MetadataImage,
  { cursor, limit, listenerName }: PageTerms,
): { readonly topics: readonly Topic[]; readonly nextCursor: CursorResponse | null } {
  const topics: Topic[] = [];
  let left = limit;
  for (const name of names) {
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } };
    const topic = image.topic(name);
    if (topic === undefined) {
      topics.push(unknown(name));
      continue;
    }
    const from = cursor?.topicName === name ? cursor.partitionIndex : 0;
    const partitions = topic.partitions.slice(from, from + left);
    topics.push(
      described(
        topic,
        partitions.map((each) => partitionOf(image, each, listenerName)),
      ),
    );
    left -= partitions.length;
    const next = from + partitions.length;
    if (next < topic.partitions.length) {
      return { topics, nextCursor: { topicName: name, partitionIndex: next } };
    }
  }
  return { topics, nextCursor: null };
}

function described(
  { name, id, internal }: TopicImage,
  partitions: readonly DescribeTopicPartitionsResponsePartitionInput[],
): Topic {
  return { errorCode: ErrorCode.NONE, name, topicId: id, isInternal: internal, partitions };
}

function partitionOf(
  image: MetadataImage,
  partition: PartitionImage,
  listenerName: string,
): DescribeTopicPartitionsResponsePartitionInput {
  const { index, leader, leaderEpoch, replicas, isr, elr, lastKnownElr } = partition;
  return {
    errorCode: ErrorCode.NONE,
    partitionIndex: index,
    leaderId: image.endpoint(leader, listenerName) === undefined ? -1 : leader,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    eligibleLeaderReplicas: elr,
    lastKnownElr,
    offlineReplicas: image.offlineReplicas(partition, listenerName),
  };
}

function unknown(name: string): Topic {
  const code =
    topicNameFault(name) === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.INVALID_TOPIC_EXCEPTION;
  return { ...failed(code, name), isInternal: isInternalTopic(name) };
}

function failed(errorCode: ErrorCode, name: string): Topic {
  return { errorCode, name, topicId: ZERO_UUID, isInternal: false, partitions: [] };
}

function withOperations(topic: Topic, context: RequestContext): Topic {
  const operations = authorizedOperations(context, "topic", topic.name ?? "");
  return { ...topic, topicAuthorizedOperations: operations };
}
