import { exceptionText } from "../../client/exceptions.ts";
import type { Outcome } from "../../client/retries.ts";
import { ErrorCode, errorName, KafkaError } from "../../protocol/errors.ts";

/**
 * What Kafka's client says where a broker gave only a code. Tools print these sentences, and
 * scripts look for them.
 */
const sentences: Readonly<Record<number, string>> = {
  [ErrorCode.UNKNOWN_SERVER_ERROR]:
    "The server experienced an unexpected error when processing the request.",
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]: "This server does not host this topic-partition.",
  [ErrorCode.UNKNOWN_TOPIC_ID]: "This server does not host this topic ID.",
  [ErrorCode.COORDINATOR_NOT_AVAILABLE]: "The coordinator is not available.",
  [ErrorCode.COORDINATOR_LOAD_IN_PROGRESS]:
    "The coordinator is loading and hence can't process requests.",
  [ErrorCode.NOT_COORDINATOR]: "This is not the correct coordinator.",
  [ErrorCode.INVALID_GROUP_ID]: "The group id is invalid.",
  [ErrorCode.GROUP_ID_NOT_FOUND]: "The group id does not exist.",
  [ErrorCode.NON_EMPTY_GROUP]: "The group is not empty.",
  [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]:
    "Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it.",
  [ErrorCode.UNKNOWN_MEMBER_ID]: "The coordinator is not aware of this member.",
  [ErrorCode.TOPIC_AUTHORIZATION_FAILED]: "Topic authorization failed.",
  [ErrorCode.GROUP_AUTHORIZATION_FAILED]: "Group authorization failed.",
  [ErrorCode.CLUSTER_AUTHORIZATION_FAILED]: "Cluster authorization failed.",
};

/** The text of an error as Kafka's client has it: the broker's, or the one for its code. */
export function sentenceOf({ errorCode, errorMessage }: Outcome): string {
  return errorMessage ?? sentences[errorCode] ?? errorName(errorCode);
}

/** @throws KafkaError with {@link sentenceOf} its answer */
export function demand(outcome: Outcome): void {
  if (outcome.errorCode === ErrorCode.NONE) return;
  throw new KafkaError(outcome.errorCode as ErrorCode, sentenceOf(outcome));
}

/** An error as Java prints it where one exception carries another. */
export function javaText(error: unknown): string {
  if (error instanceof KafkaError) return exceptionText(error);
  return error instanceof Error ? error.message : String(error);
}
