import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { MetadataImage, PartitionImage } from "./image.ts";
import { placeReplicas } from "./placement.ts";
import { firstState } from "./stored.ts";

/** The replicas of one partition, as an administrator wants them. */
export interface WantedReplicas {
  readonly partitionIndex: number;
  readonly brokerIds: readonly number[];
}

/** A replication factor that nobody insists on shrinks to the brokers there are. */
export function clampedToBrokers(image: MetadataImage, replicationFactor: number): number {
  return Math.max(1, Math.min(replicationFactor, image.brokers.size));
}

/**
 * New partitions with the indexes `from` and up, their replicas chosen here.
 *
 * @throws KafkaError INVALID_REPLICATION_FACTOR
 */
export function placedPartitions(
  image: MetadataImage,
  wanted: { readonly from: number; readonly count: number; readonly replicationFactor: number },
  random: () => number,
): PartitionImage[] {
  const { from, count, replicationFactor } = wanted;
  const brokers = [...image.brokers.values()];
  if (replicationFactor > brokers.length) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `the replication factor ${replicationFactor} is more than the ${brokers.length} broker(s) ` +
        "there are; with odradek.clamp.replication.factor=true the broker takes it for as many",
    );
  }
  const start = Math.floor(random() * brokers.length);
  const placed = placeReplicas(brokers, { partitions: count, replicationFactor, start });
  if (placed.length < count) {
    throw new KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR, "no broker is alive to lead it");
  }
  return placed.map((replicas, at) => partition(image, from + at, replicas));
}

/**
 * New partitions with the replicas that an administrator chose, in the order given.
 *
 * @throws KafkaError INVALID_REPLICA_ASSIGNMENT
 */
export function assignedPartitions(
  image: MetadataImage,
  wanted: readonly WantedReplicas[],
  replicationFactor?: number,
): PartitionImage[] {
  let expected = replicationFactor;
  return wanted.map(({ partitionIndex, brokerIds }) => {
    checkReplicas(image, brokerIds, expected);
    expected = brokerIds.length;
    const made = partition(image, partitionIndex, brokerIds);
    if (made.isr.length === 0) refuse(`no replica of partition ${partitionIndex} is alive`);
    return made;
  });
}

function checkReplicas(
  image: MetadataImage,
  brokerIds: readonly number[],
  expected: number | undefined,
): void {
  if (brokerIds.length === 0) refuse("the assignment of a partition names no broker");
  const sorted = [...brokerIds].sort((one, other) => one - other);
  for (const [at, id] of sorted.entries()) {
    if (!image.brokers.has(id))
      refuse(`the assignment names broker ${id}, which is not registered`);
    if (sorted[at - 1] === id) refuse(`the assignment names broker ${id} twice for a partition`);
  }
  if (expected !== undefined && expected !== brokerIds.length) {
    refuse(`the assignment has ${brokerIds.length} replica(s) where others have ${expected}`);
  }
}

function partition(
  image: MetadataImage,
  index: number,
  replicas: readonly number[],
): PartitionImage {
  const alive = replicas.filter((id) => image.isAlive(id));
  return firstState(index, {
    replicas,
    isr: alive.length === replicas.length ? replicas : alive,
    leaderEpoch: 0,
  });
}

export function refuse(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
}
