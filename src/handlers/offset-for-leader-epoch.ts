import { codeTold } from "../partition/code-told.ts";
import { ErrorCode } from "../protocol/errors.ts";
import {
  type OffsetForLeaderEpochRequest,
  offsetForLeaderEpoch,
} from "../protocol/generated/offset-for-leader-epoch.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";

type Wanted = OffsetForLeaderEpochRequest["topics"][number]["partitions"][number];

/**
 * OffsetForLeaderEpoch tells where an epoch of a partition's leaders ended, so that a client or
 * follower finds the point up to which its log and the leader's agree (KIP-101, KIP-320).
 *
 * v3  the asking replica names itself        v4  flexible encoding
 */
export const offsetForLeaderEpochHandler: Handler = defineHandler({
  api: offsetForLeaderEpoch,

  handle({ topics }, context, services) {
    return {
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((wanted) => endOf(topic, wanted, { context, services })),
      })),
    };
  },
});

function endOf(
  topic: string,
  { partition: index, currentLeaderEpoch, leaderEpoch }: Wanted,
  { context, services }: { context: RequestContext; services: Services },
) {
  const failed = (errorCode: ErrorCode) => ({
    partition: index,
    errorCode,
    leaderEpoch: -1,
    endOffset: -1,
  });

  if (!context.may("describe", "topic", topic)) return failed(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  const partition = services.partitions.get(topic, index);
  if (partition === undefined) return failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  try {
    partition.checkLeaderEpoch(currentLeaderEpoch);
    const end = partition.endOffsetForEpoch(leaderEpoch);
    return { partition: index, errorCode: ErrorCode.NONE, ...end };
  } catch (error) {
    const what = `a search for the end of an epoch of ${topic}-${index}`;
    return failed(codeTold(error, services.logger, what));
  }
}
