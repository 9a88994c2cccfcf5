import type { MetadataImage } from "../cluster/image.ts";
import { commitRefusal } from "../coordinator/group/offset-commit.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { type OffsetCommitRequest, offsetCommit } from "../protocol/generated/offset-commit.ts";
import { defineHandler, type Handler, type RequestContext } from "./handler.ts";

/** From this version on topics are named by id. */
const TOPIC_ID_FROM_VERSION = 10;

type Topic = OffsetCommitRequest["topics"][number];

/** A topic of the request, and for each of its partitions the refusal, if it has been refused. */
interface Checked {
  readonly topic: Topic;
  readonly refusals: readonly (ErrorCode | undefined)[];
}

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
    const accepted = checked.map(acceptedOf).filter(({ partitions }) => partitions.length > 0);
    if (accepted.length === 0) return { topics: checked.map((each) => answerFor(each, [])) };

    const { topics } = await groups.commitOffsets({ ...request, topics: accepted }, context);
    const codes = topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
    return { topics: checked.map((each) => answerFor(each, codes)) };
  },
});

function check(topic: Topic, context: RequestContext, image: MetadataImage): Checked {
  const byId = context.version >= TOPIC_ID_FROM_VERSION;
  const known = byId ? image.topicById(topic.topicId) : image.topic(topic.name);
  const named = byId ? { ...topic, name: known?.name ?? "" } : topic;
  const refuseAll = (code: ErrorCode) => ({
    topic: named,
    refusals: topic.partitions.map(() => code),
  });

  if (byId && known === undefined) return refuseAll(ErrorCode.UNKNOWN_TOPIC_ID);
  if (!context.may("read", "topic", named.name)) {
    return refuseAll(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  }
  if (known === undefined) return refuseAll(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const refusals = topic.partitions.map(({ partitionIndex }) =>
    known.partitions[partitionIndex] === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : undefined,
  );
  return { topic: named, refusals };
}

function acceptedOf({ topic, refusals }: Checked): Topic {
  const partitions = topic.partitions.filter((_, i) => refusals[i] === undefined);
  return { ...topic, partitions };
}

/** Takes the results of what was accepted from the front of `codes`. */
function answerFor({ topic, refusals }: Checked, codes: number[]) {
  return {
    name: topic.name,
    topicId: topic.topicId,
    partitions: topic.partitions.map(({ partitionIndex }, i) => ({
      partitionIndex,
      errorCode: refusals[i] ?? codes.shift() ?? ErrorCode.UNKNOWN_SERVER_ERROR,
    })),
  };
}
