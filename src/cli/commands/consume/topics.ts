import type { ClusterClient } from "../../../client/cluster-client.ts";
import { partitionsOf, type TopicPartition } from "../../../client/partitions.ts";
import { errorOf } from "../../../client/retries.ts";
import { ErrorCode } from "../../../protocol/errors.ts";
import type { Plan } from "./plan.ts";

/** Topics that may still come are not an error. */
const mayCome: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
]);

/** The topics that a plan means and that are there now. */
export interface FoundTopics {
  readonly partitions: readonly TopicPartition[];
  /** Some are not there yet. */
  readonly areMissing: boolean;
}

/**
 * Looks for what is to be read. A topic by name is made, where the broker does so.
 *
 * @throws KafkaError for topics that cannot be read
 */
export async function findTopics(
  client: ClusterClient,
  { topics, settings }: Plan,
): Promise<FoundTopics> {
  if ("pattern" in topics) {
    const isInternalToo = settings["exclude.internal.topics"] === "false";
    const { topics: all } = await client.metadata(null);
    const found = all.filter(
      ({ name, isInternal }) => topics.pattern.test(name ?? "") && (isInternalToo || !isInternal),
    );
    return { partitions: partitionsOf(found), areMissing: false };
  }
  const create = settings["allow.auto.create.topics"] !== "false";
  const { topics: found } = await client.metadata([topics.name], { create });
  const refused = found.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
  if (refused !== undefined && !mayCome.has(refused.errorCode)) {
    throw errorOf(refused, topics.name);
  }
  return { partitions: partitionsOf(found), areMissing: refused !== undefined };
}
