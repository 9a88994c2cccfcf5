import type { MetadataImage } from "../cluster/image.ts";
import { CLUSTER_METADATA_TOPIC } from "../cluster/topic-name.ts";
import { ErrorCode } from "../protocol/errors.ts";
import {
  type DescribeQuorumRequest,
  type DescribeQuorumResponseInput,
  describeQuorum,
  type NodeInput,
  type PartitionDataResponseInput,
  type ReplicaStateInput,
} from "../protocol/generated/describe-quorum.ts";
import { asRefusal, checkClusterRight, messageOf } from "./cluster-rights.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";

/**
 * DescribeQuorum tells who keeps the cluster's metadata (KIP-595). Where Kafka has a Raft log, this
 * broker has a store: its revision is told as the log's end, the controller as the leader and only
 * voter, and the leader's epoch is that of its registration. Every other broker observes.
 *
 * v1  when a replica last fetched, and last was at the end (KIP-836)
 * v2  messages beside codes; the nodes and where they are reached (KIP-853): by the listener that the
 *     client came in on, for there is none for controllers
 */
export const describeQuorumHandler: Handler = defineHandler({
  api: describeQuorum,

  handle(request, context, services) {
    try {
      checkClusterRight(context, "describe");
    } catch (error) {
      const refusal = asRefusal(error);
      return { errorCode: refusal.code, errorMessage: messageOf(refusal), topics: [] };
    }
    return isMetadataPartition(request) ? described(context, services) : refused(request);
  },
});

function isMetadataPartition({ topics: [topic, ...others] }: DescribeQuorumRequest): boolean {
  if (topic === undefined || others.length > 0) return false;
  const [partition, ...more] = topic.partitions;
  const isFirst = partition?.partitionIndex === 0 && more.length === 0;
  return topic.topicName === CLUSTER_METADATA_TOPIC && isFirst;
}

/** As Kafka does, every partition that was asked for gets the error, none the whole. */
function refused({ topics }: DescribeQuorumRequest): DescribeQuorumResponseInput {
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: "",
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(
        ({ partitionIndex }): PartitionDataResponseInput => ({
          partitionIndex,
          errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          errorMessage: "this is not the topic of the cluster's metadata",
          leaderId: 0,
          leaderEpoch: 0,
          highWatermark: 0,
          currentVoters: [],
          observers: [],
        }),
      ),
    })),
  };
}

function described(context: RequestContext, services: Services): DescribeQuorumResponseInput {
  const image = services.image();
  const leaderId = image.controllerId();
  const nowMs = services.clock.now();
  const replicas = [...image.brokers.keys()].map(
    (replicaId): ReplicaStateInput => ({
      replicaId,
      logEndOffset: image.revision,
      lastFetchTimestamp: nowMs,
      lastCaughtUpTimestamp: nowMs,
    }),
  );
  const partition: PartitionDataResponseInput = {
    partitionIndex: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: "",
    leaderId,
    leaderEpoch: image.brokers.get(leaderId)?.epoch ?? -1,
    highWatermark: image.revision,
    currentVoters: replicas.filter(({ replicaId }) => replicaId === leaderId),
    observers: replicas.filter(({ replicaId }) => replicaId !== leaderId),
  };
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: "",
    topics: [{ topicName: CLUSTER_METADATA_TOPIC, partitions: [partition] }],
    nodes: nodesOf(image, leaderId, context.listenerName),
  };
}

function nodesOf(image: MetadataImage, leaderId: number, name: string): NodeInput[] {
  const endpoint = image.endpoint(leaderId, name);
  if (endpoint === undefined) return [];
  const { host, port } = endpoint;
  return [{ nodeId: leaderId, listeners: [{ name, host, port }] }];
}
