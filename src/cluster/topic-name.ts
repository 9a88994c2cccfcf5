import { ErrorCode, KafkaError } from "../protocol/errors.ts";

export const GROUP_METADATA_TOPIC = "__consumer_offsets";
export const TRANSACTION_STATE_TOPIC = "__transaction_state";
export const SHARE_GROUP_STATE_TOPIC = "__share_group_state";
/** Where a KRaft cluster keeps its metadata. Nobody may have a topic of this name. */
export const CLUSTER_METADATA_TOPIC = "__cluster_metadata";

const MAX_LENGTH = 249;

const LEGAL = /^[a-zA-Z0-9._-]+$/;

const internal: ReadonlySet<string> = new Set([
  GROUP_METADATA_TOPIC,
  TRANSACTION_STATE_TOPIC,
  SHARE_GROUP_STATE_TOPIC,
]);

/** Topics that belong to the broker: clients see them marked, and may not produce to them. */
export function isInternalTopic(name: string): boolean {
  return internal.has(name);
}

/** Why a name cannot be a topic's, or undefined if it can (Kafka's Topic.validate). */
export function topicNameFault(name: string): string | undefined {
  if (name === "") return "a topic name may not be empty";
  if (name === "." || name === "..") return `'${name}' cannot be a topic name`;
  if (name.length > MAX_LENGTH) {
    return `a topic name has at most ${MAX_LENGTH} characters, this one has ${name.length}`;
  }
  if (!LEGAL.test(name)) {
    return `topic name '${name}' has characters other than letters, digits, '.', '_' and '-'`;
  }
  return undefined;
}

/** @throws KafkaError INVALID_TOPIC_EXCEPTION */
export function checkTopicName(name: string): void {
  const fault = topicNameFault(name);
  if (fault !== undefined) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, fault);
}

/**
 * What a name with '.' or '_' looks like in the names of metrics, where Kafka writes one for the
 * other: topics that look the same there collide. Undefined for names that cannot collide.
 */
export function collisionKey(name: string): string | undefined {
  return name.includes(".") || name.includes("_") ? name.replaceAll(".", "_") : undefined;
}
