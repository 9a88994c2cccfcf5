import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  assignedPartitions,
  clampedToBrokers,
  placedPartitions,
  refuse,
  type WantedReplicas,
} from "./assignment.ts";
import type { MetadataImage, PartitionImage } from "./image.ts";
import type { NewTopic } from "./stored.ts";
import type { TopicDefaults } from "./topic-defaults.ts";
import { checkTopicName, isInternalTopic } from "./topic-name.ts";

/** A topic as a client asks for it. */
export interface CreatableTopic {
  readonly name: string;
  /** -1: num.partitions, or as many as are assigned. */
  readonly numPartitions: number;
  /** -1: default.replication.factor, or as many as are assigned. */
  readonly replicationFactor: number;
  /** Empty: the controller chooses the replicas. */
  readonly assignments: readonly WantedReplicas[];
  readonly configs: ReadonlyMap<string, string | null>;
}

export interface CreationTerms {
  readonly defaults: TopicDefaults;
  /** Throws KafkaError INVALID_CONFIG. */
  readonly checkConfigs: (configs: ReadonlyMap<string, string | null>) => void;
  readonly newTopicId: () => string;
  /** As Math.random. */
  readonly random: () => number;
}

const DEFAULT = -1;

/**
 * The topic that a request describes, checked in Kafka's order (ReplicationControlManager).
 *
 * @throws KafkaError INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_CONFIG, INVALID_REQUEST,
 *   INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR, INVALID_PARTITIONS
 */
export function newTopic(
  image: MetadataImage,
  wanted: CreatableTopic,
  terms: CreationTerms,
): NewTopic {
  const { name, configs } = wanted;
  checkTopicName(name);
  if (image.topic(name) !== undefined) {
    throw new KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, `topic '${name}' already exists`);
  }
  const lookalike = image.lookalikeOf(name);
  if (lookalike !== undefined) {
    throw new KafkaError(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      `'${name}' would look like the topic '${lookalike}' in metrics, where '.' and '_' are one`,
    );
  }
  if (configs.size > 0) terms.checkConfigs(configs);
  const partitions =
    wanted.assignments.length > 0
      ? manualPartitions(image, wanted)
      : chosenPartitions(image, wanted, terms);
  return {
    name,
    id: terms.newTopicId(),
    internal: isInternalTopic(name),
    partitions,
    configs: withoutNulls(configs),
  };
}

function withoutNulls(configs: ReadonlyMap<string, string | null>): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of configs) {
    if (value === null) throw new KafkaError(ErrorCode.INVALID_CONFIG, `${name} has no value`);
    values.set(name, value);
  }
  return values;
}

function manualPartitions(
  image: MetadataImage,
  { replicationFactor, numPartitions, assignments }: CreatableTopic,
): PartitionImage[] {
  if (replicationFactor !== DEFAULT || numPartitions !== DEFAULT) {
    throw new KafkaError(
      ErrorCode.INVALID_REQUEST,
      "with assigned replicas, the number of partitions and the replication factor must be -1",
    );
  }
  const indexes = new Set<number>();
  for (const { partitionIndex } of assignments) {
    if (indexes.has(partitionIndex)) refuse(`partition ${partitionIndex} is assigned twice`);
    indexes.add(partitionIndex);
  }
  const partitions = assignedPartitions(image, assignments);
  partitions.sort((one, other) => one.index - other.index);
  if (partitions.some(({ index }, at) => index !== at)) {
    refuse("the assigned partitions must be numbered from 0 without gaps");
  }
  return partitions;
}

function chosenPartitions(
  image: MetadataImage,
  { replicationFactor, numPartitions }: CreatableTopic,
  { defaults, random }: CreationTerms,
): PartitionImage[] {
  if (replicationFactor < DEFAULT || replicationFactor === 0) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      "the replication factor must be positive, or -1 for the broker's default",
    );
  }
  if (numPartitions < DEFAULT || numPartitions === 0) {
    throw new KafkaError(
      ErrorCode.INVALID_PARTITIONS,
      "the number of partitions must be positive, or -1 for the broker's default",
    );
  }
  const mayClamp = replicationFactor === DEFAULT || defaults.odradekClampReplicationFactor;
  const factor =
    replicationFactor === DEFAULT ? defaults.defaultReplicationFactor : replicationFactor;
  const count = numPartitions === DEFAULT ? defaults.numPartitions : numPartitions;
  return placedPartitions(
    image,
    { from: 0, count, replicationFactor: mayClamp ? clampedToBrokers(image, factor) : factor },
    random,
  );
}
