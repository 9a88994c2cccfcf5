import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Decision } from "./decisions.ts";
import type { ConfigResourceType, MetadataImage } from "./image.ts";
import { configsValue, keys, topicValue } from "./stored.ts";

/** A change to what is set on a topic, a broker ("" for all of them), a group or client-metrics. */
export interface ConfigAlteration {
  readonly type: ConfigResourceType | "topics";
  readonly name: string;
  /**
   * What shall be set, from what is set now. Called anew where somebody else was faster.
   *
   * Throws KafkaError.
   */
  readonly alter: (before: ReadonlyMap<string, string>) => ReadonlyMap<string, string>;
}

/** Why nothing was altered, or undefined. */
export type AlterationResult = KafkaError | undefined;

/**
 * What an alteration comes to by this image. The settings are judged before the topic is looked for,
 * as Kafka's controller does (ConfigurationControlManager).
 */
export function decideAlteration(
  image: MetadataImage,
  alteration: ConfigAlteration,
): Decision<AlterationResult> {
  try {
    return alteration.type === "topics"
      ? ofTopic(image, alteration)
      : ofOther(image, { ...alteration, type: alteration.type });
  } catch (error) {
    if (error instanceof KafkaError) return { result: error };
    throw error;
  }
}

function ofTopic(
  image: MetadataImage,
  { name, alter }: ConfigAlteration,
): Decision<AlterationResult> {
  const topic = image.topic(name);
  const configs = alter(topic?.configs ?? new Map());
  if (topic === undefined) {
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic '${name}' does not exist`);
  }
  if (isSame(topic.configs, configs)) return { result: undefined };
  const key = keys.topic(name);
  return {
    result: undefined,
    write: {
      comparison: { key, target: "modRevision", revision: topic.revision },
      operations: [{ type: "put", key, value: topicValue({ ...topic, configs }) }],
    },
  };
}

function ofOther(
  image: MetadataImage,
  { type, name, alter }: ConfigAlteration & { readonly type: ConfigResourceType },
): Decision<AlterationResult> {
  const before = image.configs(type, name);
  const values = before?.values ?? new Map<string, string>();
  const after = alter(values);
  if (isSame(values, after)) return { result: undefined };
  const key = keys.configsOf(type, name);
  return {
    result: undefined,
    write: {
      comparison: { key, target: "modRevision", revision: before?.revision ?? 0 },
      operations: [
        after.size === 0
          ? { type: "delete", key }
          : { type: "put", key, value: configsValue(after) },
      ],
    },
  };
}

function isSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, value] of one) if (other.get(name) !== value) return false;
  return true;
}
