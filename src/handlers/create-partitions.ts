import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  type CreatePartitionsRequest,
  type CreatePartitionsTopic,
  type CreatePartitionsTopicResultInput,
  createPartitions,
} from "../protocol/generated/create-partitions.ts";
import { beforeDeadline } from "./deadline.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";
import { overMutationQuota } from "./mutation-quota.ts";

type Result = CreatePartitionsTopicResultInput;

/**
 * CreatePartitions gives topics more partitions, each or not. Records stay where they are; keys may
 * go to other partitions from then on.
 *
 * v2  flexible encoding
 * v3  as v2: a broker may refuse more than it can do at once (KIP-599)
 */
export const createPartitionsHandler: Handler = defineHandler({
  api: createPartitions,

  async handle(request, context, services) {
    try {
      const results = await beforeDeadline(services.clock, request.timeoutMs, () =>
        create(request, context, services),
      );
      return { throttleTimeMs: 0, results };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      return {
        throttleTimeMs: 0,
        results: request.topics.map(({ name }) => resultOf(name, error)),
      };
    }
  },
});

async function create(
  request: CreatePartitionsRequest,
  context: RequestContext,
  { controller }: Services,
): Promise<Result[]> {
  const answers = refusals(request.topics, context);
  const asked = request.topics
    .filter(({ name }) => !answers.has(name))
    .map(({ name, count, assignments }) => ({
      name,
      count,
      assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
    }));
  const overQuota = await overMutationQuota(context, {
    items: asked,
    strictFrom: 3,
    partitionsOf: async () => {
      const errors = await controller.createPartitions(asked, { validateOnly: true });
      return asked.map(({ name, count }, at) =>
        errors[at] === undefined
          ? count - (controller.image.topic(name)?.partitions.length ?? 0)
          : undefined,
      );
    },
  });
  for (const [{ name }, error] of overQuota) answers.set(name, resultOf(name, error));
  const wanted = asked.filter((topic) => !overQuota.has(topic));
  const errors = await controller.createPartitions(wanted, request);
  for (const [at, { name }] of wanted.entries()) answers.set(name, resultOf(name, errors[at]));
  const names = new Set(request.topics.map(({ name }) => name));
  return [...names].flatMap((name) => answers.get(name) ?? []);
}

/** What is refused before the controller is asked. */
function refusals(
  topics: readonly CreatePartitionsTopic[],
  context: RequestContext,
): Map<string, Result> {
  const answers = new Map<string, Result>();
  const seen = new Set<string>();
  for (const { name } of topics) {
    if (seen.has(name)) {
      const message = "the request has this topic more than once";
      answers.set(name, resultOf(name, new KafkaError(ErrorCode.INVALID_REQUEST, message)));
    } else if (!context.may("alter", "topic", name)) {
      answers.set(name, resultOf(name, new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, "")));
    }
    seen.add(name);
  }
  return answers;
}

function resultOf(name: string, error: KafkaError | undefined): Result {
  const { code = ErrorCode.NONE, message = "" } = error ?? {};
  return { name, errorCode: code, errorMessage: message === "" ? null : message };
}
