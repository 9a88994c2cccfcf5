import { ErrorCode } from "../protocol/errors.ts";
import { type OffsetDeleteRequest, offsetDelete } from "../protocol/generated/offset-delete.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";

type Topic = OffsetDeleteRequest["topics"][number];

/**
 * OffsetDelete removes committed offsets of a group, for topics that no member of it reads.
 *
 * v0  the only version
 */
export const offsetDeleteHandler: Handler = defineHandler({
  api: offsetDelete,

  async handle(request, context, services) {
    if (!context.may("delete", "group", request.groupId)) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, topics: [] };
    }
    const refusals = request.topics.map((topic) => refusalsOf(topic, context, services));
    const accepted = request.topics.map((topic, t) => ({
      ...topic,
      partitions: topic.partitions.filter((_, p) => refusals[t]?.[p] === undefined),
    }));
    const deleted = await services.groups.deleteOffsets({ ...request, topics: accepted });
    if (deleted.errorCode !== ErrorCode.NONE) return { errorCode: deleted.errorCode, topics: [] };

    const topics = request.topics.map(({ name, partitions }, t) => {
      const codes = deleted.topics[t]?.partitions.map(({ errorCode }) => errorCode) ?? [];
      return {
        name,
        partitions: partitions.map(({ partitionIndex }, p) => ({
          partitionIndex,
          errorCode: refusals[t]?.[p] ?? codes.shift() ?? ErrorCode.UNKNOWN_SERVER_ERROR,
        })),
      };
    });
    return { errorCode: ErrorCode.NONE, topics };
  },
});

function refusalsOf(
  topic: Topic,
  context: RequestContext,
  { image }: Services,
): readonly (ErrorCode | undefined)[] {
  const { name, partitions } = topic;
  if (!context.may("read", "topic", name)) {
    return partitions.map(() => ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  }
  const known = image().topic(name);
  return partitions.map(({ partitionIndex }) =>
    known?.partitions[partitionIndex] === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : undefined,
  );
}
