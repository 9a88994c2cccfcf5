import { topicNameFault } from "../cluster/topic-name.ts";
import { codeTold } from "../partition/code-told.ts";
import type { KnownProducer } from "../partition/partition.ts";
import { ErrorCode } from "../protocol/errors.ts";
import {
  describeProducers,
  type PartitionResponseInput,
  type ProducerStateInput,
} from "../protocol/generated/describe-producers.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";
import { codeOfMissing } from "./missing-partition.ts";

/**
 * DescribeProducers tells which idempotent producers a partition knows, and what each sent last
 * (KIP-664). A transaction is told where the log was written by Apache Kafka and holds an open one.
 */
export const describeProducersHandler: Handler = defineHandler({
  api: describeProducers,

  handle({ topics }, context, services) {
    return {
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitionIndexes }) => {
        const refusal = refusalOf(name, context, services);
        const partitions = partitionIndexes.map((partitionIndex) =>
          refusal === undefined
            ? described(name, partitionIndex, services)
            : { partitionIndex, activeProducers: [], ...refusal },
        );
        return { name, partitions };
      }),
    };
  },
});

/** Why nothing is told of a topic, in Kafka's order of asking. */
function refusalOf(name: string, context: RequestContext, { image }: Services) {
  const fault = topicNameFault(name);
  if (fault !== undefined) {
    return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: fault };
  }
  if (!context.may("read", "topic", name)) {
    const errorMessage = `no right to read topic ${name}`;
    return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage };
  }
  if (image().topic(name) === undefined) {
    const errorMessage = `there is no topic ${name}`;
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage };
  }
  return undefined;
}

function described(
  topic: string,
  partitionIndex: number,
  services: Services,
): PartitionResponseInput {
  const partition = services.partitions.get(topic, partitionIndex);
  if (partition === undefined) {
    const errorCode = codeOfMissing(topic, partitionIndex, services);
    return { partitionIndex, errorCode, activeProducers: [] };
  }
  try {
    const activeProducers = partition.producers().map(told);
    return { partitionIndex, errorCode: ErrorCode.NONE, activeProducers };
  } catch (error) {
    const what = `listing of the producers of ${topic}-${partitionIndex}`;
    const errorCode = codeTold(error, services.logger, what);
    return { partitionIndex, errorCode, activeProducers: [] };
  }
}

function told({ epoch, transactionFirstOffset, ...state }: KnownProducer): ProducerStateInput {
  return { ...state, producerEpoch: epoch, currentTxnStartOffset: transactionFirstOffset };
}
