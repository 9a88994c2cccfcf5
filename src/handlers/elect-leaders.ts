import type { ElectionType, WantedElection } from "../cluster/election.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  type ElectLeadersRequest,
  electLeaders,
  type PartitionResultInput,
  type ReplicaElectionResultInput,
} from "../protocol/generated/elect-leaders.ts";
import { asRefusal, checkClusterRight, messageOf } from "./cluster-rights.ts";
import { beforeDeadline } from "./deadline.ts";
import { defineHandler, type Handler, type Services } from "./handler.ts";

const types: ReadonlyMap<number, ElectionType> = new Map([
  [0, "preferred"],
  [1, "unclean"],
]);

/**
 * ElectLeaders makes the preferred replica of each partition its leader again, or where nobody leads
 * any that is alive (KIP-183, KIP-460). Null asks for every partition, and answers only where there
 * was something to elect.
 *
 * v1  the election type; an error code of the whole
 * v2  flexible encoding
 */
export const electLeadersHandler: Handler = defineHandler({
  api: electLeaders,

  async handle(request, context, services) {
    try {
      checkClusterRight(context, "alter");
      const replicaElectionResults = await beforeDeadline(services.clock, request.timeoutMs, () =>
        elect(request, services),
      );
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, replicaElectionResults };
    } catch (error) {
      const refusal = asRefusal(error);
      const replicaElectionResults = (request.topicPartitions ?? []).map(
        ({ topic, partitions }) => ({
          topic,
          partitionResult: partitions.map((partitionId) => resultOf(partitionId, refusal)),
        }),
      );
      return { throttleTimeMs: 0, errorCode: refusal.code, replicaElectionResults };
    }
  },
});

async function elect(
  request: ElectLeadersRequest,
  { controller, image }: Services,
): Promise<ReplicaElectionResultInput[]> {
  const type = types.get(request.electionType);
  if (type === undefined) {
    const message = `${request.electionType} is not a type of election`;
    throw new KafkaError(ErrorCode.INVALID_REQUEST, message);
  }
  const isAll = request.topicPartitions === null;
  const asked = request.topicPartitions ?? everyPartition(image().topics());
  const wanted = asked.flatMap(({ topic, partitions }) =>
    partitions.map((index): WantedElection => ({ topic, index, type })),
  );
  const errors = await controller.electLeaders(wanted);
  let at = 0;
  return asked.map(({ topic, partitions }) => {
    const outcomes = partitions.map((partition) => ({ partition, error: errors[at++] }));
    const told = isAll
      ? outcomes.filter(({ error }) => error?.code !== ErrorCode.ELECTION_NOT_NEEDED)
      : outcomes;
    return {
      topic,
      partitionResult: told.map(({ partition, error }) => resultOf(partition, error)),
    };
  });
}

function everyPartition(
  topics: readonly { readonly name: string; readonly partitions: readonly { index: number }[] }[],
) {
  return topics.map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ index }) => index),
  }));
}

function resultOf(partitionId: number, error: KafkaError | undefined): PartitionResultInput {
  return {
    partitionId,
    errorCode: error?.code ?? ErrorCode.NONE,
    errorMessage: error === undefined ? null : messageOf(error),
  };
}
