import { isInternalTopic } from "../cluster/topic-name.ts";
import { resolveTopicConfig } from "../config/topic-config.ts";
import { codeTold } from "../partition/code-told.ts";
import { ErrorCode } from "../protocol/errors.ts";
import {
  type DeleteRecordsPartition,
  type DeleteRecordsPartitionResultInput,
  type DeleteRecordsTopic,
  deleteRecords,
} from "../protocol/generated/delete-records.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";
import { codeOfMissing } from "./missing-partition.ts";

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
  services: Services,
): Promise<Result> {
  const { partitionIndex, offset } = asked;
  const partition = services.partitions.get(topic, partitionIndex);
  if (partition === undefined) return failed(asked, codeOfMissing(topic, partitionIndex, services));
  try {
    // The request's timeout is for followers: without them Kafka has deleted before it counts.
    const lowWatermark = await partition.deleteRecordsBefore(offset);
    return { partitionIndex, lowWatermark, errorCode: ErrorCode.NONE };
  } catch (error) {
    const what = `deletion of records of ${topic}-${partitionIndex}`;
    return failed(asked, codeTold(error, services.logger, what));
  }
}

function failed({ partitionIndex }: DeleteRecordsPartition, errorCode: ErrorCode): Result {
  return { partitionIndex, lowWatermark: NO_LOW_WATERMARK, errorCode };
}
