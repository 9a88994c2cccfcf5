import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Decision } from "./decisions.ts";
import type { MetadataImage, PartitionImage, TopicImage } from "./image.ts";
import { keys, partValue, topicValue } from "./stored.ts";

export interface WantedReassignment {
  readonly topic: string;
  readonly index: number;
  /** Null: what is under way shall be given up. */
  readonly replicas: readonly number[] | null;
  readonly mayChangeReplicationFactor: boolean;
}

/**
 * What a reassignment comes to by this image (ReplicationControlManager). Another order, or fewer
 * replicas of which one is in sync, hold at once; so nothing is ever under way, and there is nothing
 * to give up or to list. A replica that would have to be filled first is refused: nobody copies.
 */
export function decideReassignment(
  image: MetadataImage,
  wanted: WantedReassignment,
): Decision<KafkaError | undefined> {
  try {
    const topic = image.topic(wanted.topic);
    const partition = topic?.partitions[wanted.index];
    if (topic === undefined || partition === undefined) {
      const message = `there is no partition ${wanted.topic}-${wanted.index}`;
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message);
    }
    if (wanted.replicas === null) throw new KafkaError(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, "");
    return reassigned(topic, partition, checked(image, partition, wanted, wanted.replicas));
  } catch (error) {
    if (error instanceof KafkaError) return { result: error };
    throw error;
  }
}

function checked(
  image: MetadataImage,
  { replicas: before }: PartitionImage,
  { mayChangeReplicationFactor }: WantedReassignment,
  replicas: readonly number[],
): readonly number[] {
  if (replicas.length === 0) throw badAssignment("a partition must have a replica");
  for (const [at, id] of replicas.entries()) {
    if (id < 0) throw badAssignment(`${id} cannot be a broker's id`);
    if (replicas.indexOf(id) !== at) throw badAssignment(`broker ${id} is named twice`);
    if (!image.brokers.has(id)) throw badAssignment(`there is no broker ${id}`);
  }
  if (!mayChangeReplicationFactor && replicas.length !== before.length) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `${replicas.length} replicas, where there are ${before.length}, is another replication factor`,
    );
  }
  const added = replicas.find((id) => !before.includes(id));
  if (added !== undefined) {
    throw badAssignment(`broker ${added} has no copy, and none of those that have can give it one`);
  }
  return replicas;
}

function badAssignment(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
}

function reassigned(
  topic: TopicImage,
  before: PartitionImage,
  replicas: readonly number[],
): Decision<KafkaError | undefined> {
  const isSame = before.replicas.every((id, at) => replicas[at] === id);
  if (isSame && replicas.length === before.replicas.length) return { result: undefined };
  const isr = before.isr.filter((id) => replicas.includes(id));
  const [inSync] = isr;
  if (inSync === undefined) throw badAssignment("none of these replicas is in sync");
  const leader = replicas.includes(before.leader) ? before.leader : inSync;
  const { index, leaderEpoch, partitionEpoch } = before;
  const after: PartitionImage = {
    ...before,
    replicas,
    isr,
    leader,
    leaderEpoch: leader === before.leader ? leaderEpoch : leaderEpoch + 1,
    partitionEpoch: partitionEpoch + 1,
  };
  const partitions = topic.partitions.with(index, after);
  const [topicKey, partKey] = [keys.topic(topic.name), keys.part(topic.id, index)];
  return {
    result: undefined,
    write: {
      comparison: { key: topicKey, target: "modRevision", revision: topic.revision },
      also: [{ key: partKey, target: "modRevision", revision: before.revision }],
      operations: [
        { type: "put", key: topicKey, value: topicValue({ ...topic, partitions }) },
        { type: "put", key: partKey, value: partValue(after) },
      ],
    },
  };
}
