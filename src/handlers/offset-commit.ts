import type { MetadataImage } from "../cluster/image.ts";
import { commitRefusal } from "../coordinator/group/offset-commit.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { type OffsetCommitRequest, offsetCommit } from "../protocol/generated/offset-commit.ts";
import { defineHandler, type Handler, type RequestContext } from "./handler.ts";
import { mergedTopics } from "./merged-topics.ts";

/** From this version on topics are named by id. */
const TOPIC_ID_FROM_VERSION = 10;

type Topic = OffsetCommitRequest["topics"][number];

/**
 * OffsetCommit stores how far a group has read. What exists is committed though its neighbour does not.
 *
 * v2  retention time per request, until v4 (KIP-211)
 * v6  leader epoch of the last record read
 * v7  static membership (KIP-345)
 * v9  GROUP_ID_NOT_FOUND for an unknown group, where it was ILLEGAL_GENERATION
 * v10 topics by id (KIP-848)
 */
export const offsetCommitHandler: Handler = defineHandler({
  api: offsetCommit,

  async handle(request, context, { groups, image }) {
    if (!context.may("read", "group", request.groupId)) {
      return commitRefusal(request, ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const checked = request.topics.map((topic) => check(topic, context, image()));
    const refused = checked.map((each) => each.refused);
    const accepted = checked
      .map((each) => each.accepted)
      .filter(({ partitions }) => partitions.length > 0);
    if (accepted.length === 0) return { topics: mergedTopics(refused, []) };

    const { topics } = await groups.commitOffsets({ ...request, topics: accepted }, context);
    return { topics: mergedTopics(refused, topics) };
  },
});

/** Parts what may be committed from what is refused. Topics have their name from here on. */
function check(topic: Topic, context: RequestContext, image: MetadataImage) {
  const byId = context.version >= TOPIC_ID_FROM_VERSION;
  const known = byId ? image.topicById(topic.topicId) : image.topic(topic.name);
  // Without a name, the id has to tell unknown topics apart.
  const name = byId ? (known?.name ?? topic.topicId) : topic.name;
  const refusalOf = (partitionIndex: number): ErrorCode | undefined => {
    if (byId && known === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
    if (!context.may("read", "topic", name)) return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    return known?.partitions[partitionIndex] === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : undefined;
  };

  const { topicId, partitions } = topic;
  const refused = partitions.flatMap(({ partitionIndex }) => {
    const errorCode = refusalOf(partitionIndex);
    return errorCode === undefined ? [] : [{ partitionIndex, errorCode }];
  });
  const accepted = partitions.filter((each) => refusalOf(each.partitionIndex) === undefined);
  return {
    refused: { name, topicId, partitions: refused },
    accepted: { name, topicId, partitions: accepted },
  };
}
