import { isInternalTopic } from "../cluster/topic-name.ts";
import { resolveTopicConfig } from "../config/topic-config.ts";
import { ErrorCode, KafkaError, toErrorCode } from "../protocol/errors.ts";
import {
  type DeleteRecordsPartition,
  type DeleteRecordsPartitionResultInput,
  type DeleteRecordsTopic,
  deleteRecords,
} from "../protocol/generated/delete-records.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";

type Result = DeleteRecordsPartitionResultInput;

const NO_LOW_WATERMARK = -1;

/**
 * DeleteRecords forgets the records of partitions before an offset (-1: all that are committed) and
 * answers with the low watermark, the first offset that is still there.
 *
 * v1  as v0
 * v2  flexible encoding
 */
export const deleteRecordsHandler: Handler = defineHandler({
  api: deleteRecords,

  async handle(request, context, services) {
    const topics = await Promise.all(
      [...byName(request.topics)].map(async ([name, partitions]) => {
        const refusal = refusalOf(name, context, services);
        const results = [...partitions.values()].map((asked) =>
          refusal === ErrorCode.NONE ? deleteBefore(name, asked, services) : failed(asked, refusal),
        );
        return { name, partitions: await Promise.all(results) };
      }),
    );
    return { throttleTimeMs: 0, topics };
  },
});

/** Each partition once, with the offset that was given last. */
function byName(topics: readonly DeleteRecordsTopic[]) {
  const wanted = new Map<string, Map<number, DeleteRecordsPartition>>();
  for (const { name, partitions } of topics) {
    if (partitions.length === 0) continue;
    const known = wanted.get(name) ?? new Map<number, DeleteRecordsPartition>();
    for (const asked of partitions) known.set(asked.partitionIndex, asked);
    wanted.set(name, known);
  }
  return wanted;
}

/** Why nothing can be deleted from a topic, in Kafka's order of asking. */
function refusalOf(name: string, context: RequestContext, services: Services): ErrorCode {
  if (!context.may("delete", "topic", name)) return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  const topic = services.image().topic(name);
  if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  if (isInternalTopic(name)) return ErrorCode.INVALID_TOPIC_EXCEPTION;
  const { cleanupPolicy } = resolveTopicConfig(services.config, topic.configs);
  // Compaction promises to keep the last record of every key.
  return cleanupPolicy.has("delete") ? ErrorCode.NONE : ErrorCode.POLICY_VIOLATION;
}

async function deleteBefore(
  topic: string,
  asked: DeleteRecordsPartition,
  { partitions, image, logger }: Services,
): Promise<Result> {
  const { partitionIndex, offset } = asked;
  const partition = partitions.get(topic, partitionIndex);
  if (partition === undefined) {
    const exists = image().topic(topic)?.partitions[partitionIndex] !== undefined;
    const code = exists ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return failed(asked, code);
  }
  try {
    // The request's timeout is for followers: without them Kafka has deleted before it counts.
    const lowWatermark = await partition.deleteRecordsBefore(offset);
    return { partitionIndex, lowWatermark, errorCode: ErrorCode.NONE };
  } catch (error) {
    if (!(error instanceof KafkaError)) {
      logger.error("could not delete records", { topic, partition: partitionIndex, error });
    }
    return failed(asked, toErrorCode(error));
  }
}

function failed({ partitionIndex }: DeleteRecordsPartition, errorCode: ErrorCode): Result {
  return { partitionIndex, lowWatermark: NO_LOW_WATERMARK, errorCode };
}
