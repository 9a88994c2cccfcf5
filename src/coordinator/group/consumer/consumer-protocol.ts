import {
  type ConsumerProtocolAssignment,
  consumerProtocolAssignment,
} from "../../../protocol/generated/records/consumer-protocol-assignment.ts";
import {
  type ConsumerProtocolSubscription,
  consumerProtocolSubscription,
} from "../../../protocol/generated/records/consumer-protocol-subscription.ts";
import { Reader } from "../../../protocol/reader.ts";
import { Writer } from "../../../protocol/writer.ts";
import { type Assignment, asTopicPartitions } from "./assignment.ts";
import type { TopicCatalog } from "./metadata-hash.ts";

/** The bytes are none that a classic consumer sends. */
export class MalformedConsumerProtocol extends Error {
  override readonly name = "MalformedConsumerProtocol";
}

/**
 * What a classic consumer tells the leader of its group. A version newer than any we know is read as
 * the newest, as clients do.
 *
 * @throws MalformedConsumerProtocol
 */
export function decodeSubscription(metadata: Buffer): ConsumerProtocolSubscription {
  return decode(metadata, consumerProtocolSubscription);
}

/** @throws MalformedConsumerProtocol */
export function decodeAssignment(assignment: Buffer): ConsumerProtocolAssignment {
  return decode(assignment, consumerProtocolAssignment);
}

function decode<Value>(
  bytes: Buffer,
  codec: { readonly maxVersion: number; decode(reader: Reader, version: number): Value },
): Value {
  try {
    const reader = new Reader(bytes);
    return codec.decode(reader, Math.min(reader.int16(), codec.maxVersion));
  } catch (cause) {
    throw new MalformedConsumerProtocol("malformed embedded consumer protocol", { cause });
  }
}

/** An assignment as the leader would send it to a member with this subscription. */
export function encodeAssignment(
  assignment: Assignment,
  subscription: Buffer,
  topics: TopicCatalog,
): Buffer {
  const { maxVersion } = consumerProtocolAssignment;
  const asked = subscription.length < 2 ? 0 : subscription.readInt16BE(0);
  const version = Math.min(Math.max(asked, 0), maxVersion);
  const assignedPartitions = asTopicPartitions(assignment).flatMap(({ topicId, partitions }) => {
    const topic = topics.topicName(topicId);
    return topic === undefined ? [] : [{ topic, partitions }];
  });
  const writer = new Writer();
  writer.int16(version);
  consumerProtocolAssignment.encode(writer, { assignedPartitions }, version);
  return writer.toBuffer();
}
