import type { WantedReassignment } from "../cluster/reassignment.ts";
import { ErrorCode, type KafkaError } from "../protocol/errors.ts";
import {
  type AlterPartitionReassignmentsRequest,
  alterPartitionReassignments,
  type ReassignableTopicResponseInput,
} from "../protocol/generated/alter-partition-reassignments.ts";
import { asRefusal, checkClusterRight, messageOf } from "./cluster-rights.ts";
import { beforeDeadline } from "./deadline.ts";
import { defineHandler, type Handler } from "./handler.ts";

/**
 * AlterPartitionReassignments says which brokers shall hold a partition (KIP-455); a null list gives
 * up what is under way. What one broker can do holds at once.
 *
 * v1  the client may forbid that the number of replicas changes (KIP-860)
 */
export const alterPartitionReassignmentsHandler: Handler = defineHandler({
  api: alterPartitionReassignments,

  async handle(request, context, services) {
    const { allowReplicationFactorChange, topics } = request;
    // Kafka answers a request for nothing before it comes to setting null.
    const noMessage = topics.length === 0 ? "" : null;
    const answer = (error: KafkaError | undefined, each: readonly (KafkaError | undefined)[]) => ({
      throttleTimeMs: 0,
      allowReplicationFactorChange,
      errorCode: error?.code ?? ErrorCode.NONE,
      errorMessage: error === undefined ? noMessage : messageOf(error),
      responses: responsesOf(request, each),
    });
    const wanted = wantedIn(request);
    try {
      checkClusterRight(context, "alter");
      const errors = await beforeDeadline(services.clock, request.timeoutMs, () =>
        services.controller.reassignPartitions(wanted),
      );
      return answer(undefined, errors);
    } catch (error) {
      const refusal = asRefusal(error);
      return answer(
        refusal,
        wanted.map(() => refusal),
      );
    }
  },
});

function wantedIn({
  topics,
  allowReplicationFactorChange,
}: AlterPartitionReassignmentsRequest): readonly WantedReassignment[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicas }) => ({
      topic: name,
      index: partitionIndex,
      replicas,
      mayChangeReplicationFactor: allowReplicationFactorChange,
    })),
  );
}

/** Errors come in the order of the request's partitions. */
function responsesOf(
  { topics }: AlterPartitionReassignmentsRequest,
  errors: readonly (KafkaError | undefined)[],
): ReassignableTopicResponseInput[] {
  let at = 0;
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      const error = errors[at++];
      return {
        partitionIndex,
        errorCode: error?.code ?? ErrorCode.NONE,
        errorMessage: error === undefined ? null : messageOf(error),
      };
    }),
  }));
}
