import { consumerProtocolAssignment } from "../protocol/generated/records/consumer-protocol-assignment.ts";
import { consumerProtocolSubscription } from "../protocol/generated/records/consumer-protocol-subscription.ts";
import { Reader } from "../protocol/reader.ts";
import { Writer } from "../protocol/writer.ts";
import { byTopic, type TopicPartition } from "./partitions.ts";

/** What every consumer understands; later versions add what a range assignor does not ask. */
const VERSION = 0;

/** A subscription, as a member tells it. */
export function encodeTopics(topics: readonly string[]): Buffer {
  const writer = new Writer();
  writer.int16(VERSION);
  consumerProtocolSubscription.encode(writer, { topics }, VERSION);
  return writer.toBuffer();
}

/** @throws DecodeError */
export function decodeTopics(metadata: Buffer): readonly string[] {
  const reader = new Reader(metadata);
  const version = Math.min(reader.int16(), consumerProtocolSubscription.maxVersion);
  return consumerProtocolSubscription.decode(reader, version).topics;
}

/** An assignment, as the leader gives it to a member. */
export function encodeOwned(partitions: readonly TopicPartition[]): Buffer {
  const assignedPartitions = [...byTopic(partitions)].map(([topic, items]) => ({
    topic,
    partitions: items.map(({ partition }) => partition),
  }));
  const writer = new Writer();
  writer.int16(VERSION);
  consumerProtocolAssignment.encode(writer, { assignedPartitions }, VERSION);
  return writer.toBuffer();
}

/** Nothing, where a member was given nothing. @throws DecodeError */
export function decodeOwned(assignment: Buffer): TopicPartition[] {
  if (assignment.length === 0) return [];
  const reader = new Reader(assignment);
  const version = Math.min(reader.int16(), consumerProtocolAssignment.maxVersion);
  const { assignedPartitions } = consumerProtocolAssignment.decode(reader, version);
  return assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
