import { ErrorCode } from "../protocol/errors.ts";
import type { Services } from "./handler.ts";

/** What is told of a partition that this broker does not lead: another one may, or there is none. */
export function codeOfMissing(
  topic: string,
  partitionIndex: number,
  { image }: Pick<Services, "image">,
): ErrorCode {
  return image().topic(topic)?.partitions[partitionIndex] === undefined
    ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    : ErrorCode.NOT_LEADER_OR_FOLLOWER;
}
