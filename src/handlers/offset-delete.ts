import { ErrorCode } from "../protocol/errors.ts";
import { type OffsetDeleteRequest, offsetDelete } from "../protocol/generated/offset-delete.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";
import { mergedTopics } from "./merged-topics.ts";

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
    const checked = request.topics.map((topic) => check(topic, context, services));
    const accepted = checked.map((each) => each.accepted);
    const { errorCode, topics } = await services.groups.deleteOffsets({
      ...request,
      topics: accepted,
    });
    if (errorCode !== ErrorCode.NONE) return { errorCode, topics: [] };
    const refused = checked.map((each) => each.refused);
    return { errorCode, topics: mergedTopics(refused, topics) };
  },
});

/** Parts what may be deleted from what is refused. */
function check({ name, partitions }: Topic, context: RequestContext, { image }: Services) {
  const known = image().topic(name);
  const refusalOf = (partitionIndex: number): ErrorCode | undefined => {
    if (!context.may("read", "topic", name)) return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    return known?.partitions[partitionIndex] === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : undefined;
  };
  const refused = partitions.flatMap(({ partitionIndex }) => {
    const errorCode = refusalOf(partitionIndex);
    return errorCode === undefined ? [] : [{ partitionIndex, errorCode }];
  });
  const accepted = partitions.filter((each) => refusalOf(each.partitionIndex) === undefined);
  return { refused: { name, partitions: refused }, accepted: { name, partitions: accepted } };
}
