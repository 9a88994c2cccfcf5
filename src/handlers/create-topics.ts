import type { TopicResult } from "../cluster/controller.ts";
import { CLUSTER_METADATA_TOPIC } from "../cluster/topic-name.ts";
import { describeTopicConfig } from "../config/describe.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  type CreatableTopic,
  type CreatableTopicResultInput,
  type CreateTopicsRequest,
  createTopics,
} from "../protocol/generated/create-topics.ts";
import { ZERO_UUID } from "../protocol/uuid.ts";
import { CLUSTER_NAME } from "./authorized-operations.ts";
import { beforeDeadline } from "./deadline.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";
import { overMutationQuota } from "./mutation-quota.ts";

/**
 * CreateTopics makes topics, each or not. The answer comes when they are durable and led.
 *
 * v4  -1 for the broker's default number of partitions and replicas (KIP-464)
 * v5  partitions, replicas and configs in the answer (KIP-525)
 * v7  topic ids in the answer (KIP-516)
 */
export const createTopicsHandler: Handler = defineHandler({
  api: createTopics,

  async handle(request, context, services) {
    try {
      const results = await beforeDeadline(services.clock, request.timeoutMs, () =>
        create(request, context, services),
      );
      return { throttleTimeMs: 0, topics: results };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      return { throttleTimeMs: 0, topics: request.topics.map(({ name }) => refused(name, error)) };
    }
  },
});

async function create(
  request: CreateTopicsRequest,
  context: RequestContext,
  services: Services,
): Promise<CreatableTopicResultInput[]> {
  const answers = refusals(request.topics, context);
  const asked = request.topics.filter(({ name }) => !answers.has(name));
  const wanted = asked.map((topic) => ({ ...topic, configs: configsOf(topic) }));
  const { controller } = services;
  const overQuota = await overMutationQuota(context, {
    items: wanted,
    strictFrom: 6,
    partitionsOf: async () => {
      const results = await controller.createTopics(wanted, { validateOnly: true });
      return results.map(({ topic }) => topic?.partitions.length);
    },
  });
  for (const [{ name }, error] of overQuota) answers.set(name, refused(name, error));
  const results = await controller.createTopics(
    wanted.filter((topic) => !overQuota.has(topic)),
    request,
  );
  const describe = describerOf(services);
  for (const result of results) answers.set(result.name, answerOf(result, context, describe));
  // One answer per name, in the order of the request.
  const names = new Set(request.topics.map(({ name }) => name));
  return [...names].flatMap((name) => answers.get(name) ?? []);
}

/** Of a setting that is given twice the last value counts; but null once is null, and refused. */
function configsOf({ configs }: CreatableTopic): ReadonlyMap<string, string | null> {
  const given = new Map<string, string | null>();
  for (const { name, value } of configs) {
    if (given.get(name) !== null) given.set(name, value);
  }
  return given;
}

/** What is refused before the controller is asked. */
function refusals(
  topics: readonly CreatableTopic[],
  context: RequestContext,
): Map<string, CreatableTopicResultInput> {
  const mayCreateAny = context.may("create", "cluster", CLUSTER_NAME);
  const seen = new Set<string>();
  const answers = new Map<string, CreatableTopicResultInput>();
  const refuse = (name: string, code: ErrorCode, message: string) =>
    answers.set(name, refused(name, new KafkaError(code, message)));
  for (const { name } of topics) {
    if (seen.has(name)) {
      refuse(name, ErrorCode.INVALID_REQUEST, "the request has this topic more than once");
    } else if (name === CLUSTER_METADATA_TOPIC) {
      refuse(name, ErrorCode.INVALID_REQUEST, `${name} is the cluster's own`);
    } else if (!mayCreateAny && !context.may("create", "topic", name)) {
      refuse(name, ErrorCode.TOPIC_AUTHORIZATION_FAILED, "");
    }
    seen.add(name);
  }
  return answers;
}

type Describe = (configs: ReadonlyMap<string, string>) => ReturnType<typeof describeTopicConfig>;

/** Most topics of a large request set nothing themselves, and look alike. */
function describerOf({ config }: Services): Describe {
  let plain: ReturnType<Describe> | undefined;
  return (configs) => {
    if (configs.size > 0) return asGiven(describeTopicConfig(config, configs), configs);
    plain ??= describeTopicConfig(config, configs);
    return plain;
  };
}

/** What the request set is answered letter for letter; DescribeConfigs shows what it means. */
function asGiven(
  described: ReturnType<Describe>,
  configs: ReadonlyMap<string, string>,
): ReturnType<Describe> {
  return described.map((config) => ({
    ...config,
    value: configs.get(config.name) ?? config.value,
  }));
}

function answerOf(
  { name, topic, error }: TopicResult,
  context: RequestContext,
  describe: Describe,
): CreatableTopicResultInput {
  if (error !== undefined) return refused(name, error);
  const answer = {
    name,
    topicId: topic.id,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
  };
  if (context.version < 5) return answer;
  if (!context.may("describe-configs", "topic", name)) {
    return { ...answer, topicConfigErrorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, configs: [] };
  }
  return {
    ...answer,
    numPartitions: topic.partitions.length,
    replicationFactor: topic.partitions[0]?.replicas.length ?? -1,
    configs: describe(topic.configs),
  };
}

function refused(name: string, { code, message }: KafkaError): CreatableTopicResultInput {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: code,
    errorMessage: message === "" ? null : message,
    configs: [],
  };
}
