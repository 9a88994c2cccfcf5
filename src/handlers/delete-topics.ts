import type { MetadataImage, TopicImage } from "../cluster/image.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  type DeletableTopicResultInput,
  type DeleteTopicState,
  type DeleteTopicsRequest,
  deleteTopics,
} from "../protocol/generated/delete-topics.ts";
import { ZERO_UUID } from "../protocol/uuid.ts";
import { beforeDeadline } from "./deadline.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";
import { overMutationQuota } from "./mutation-quota.ts";

type Result = DeletableTopicResultInput;

const NOTHING: DeleteTopicState = { name: null, topicId: ZERO_UUID };

/**
 * DeleteTopics removes topics with all their records, each or not. Answers keep the request's order,
 * where Kafka shuffles them.
 *
 * v3  TOPIC_DELETION_DISABLED where delete.topic.enable=false; INVALID_REQUEST before
 * v5  a message beside the error code (KIP-599)
 * v6  topics by id (KIP-516)
 */
export const deleteTopicsHandler: Handler = defineHandler({
  api: deleteTopics,

  async handle(request, context, services) {
    const asked = statesOf(request);
    try {
      checkEnabled(context.version, services);
      const responses = await beforeDeadline(services.clock, request.timeoutMs, () =>
        remove(asked, context, services),
      );
      return { throttleTimeMs: 0, responses };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      const { code, message } = error;
      const responses = asked.map((state) => failed(state, code, message));
      return { throttleTimeMs: 0, responses };
    }
  },
});

function statesOf(request: DeleteTopicsRequest): readonly DeleteTopicState[] {
  const byName = request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
  return [...byName, ...request.topics];
}

function checkEnabled(version: number, { config }: Services): void {
  if (config.deleteTopicEnable) return;
  throw new KafkaError(
    version < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED,
    "this broker runs with delete.topic.enable=false",
  );
}

async function remove(
  asked: readonly DeleteTopicState[],
  context: RequestContext,
  { image, controller }: Services,
): Promise<Result[]> {
  const targets = withoutMeetings(targetsOf(asked, image(), context));
  const topics = targets.flatMap((target) => ("topic" in target ? target.topic : []));
  const overQuota = await overMutationQuota(context, {
    items: topics,
    strictFrom: 5,
    partitionsOf: async () => topics.map(({ partitions }) => partitions.length),
  });
  const ids = topics.filter((topic) => !overQuota.has(topic)).map(({ id }) => id);
  const missing = new Set(await controller.deleteTopics(ids));
  return targets.map((target) => {
    if (!("topic" in target)) return target.refused;
    const { name, id } = target.topic;
    const quota = overQuota.get(target.topic);
    if (quota !== undefined) return failed({ name, topicId: id }, quota.code, quota.message);
    if (missing.has(id)) return failed({ name, topicId: id }, ErrorCode.UNKNOWN_TOPIC_ID, "");
    return { name, topicId: id, errorCode: ErrorCode.NONE, errorMessage: null };
  });
}

/** What one entry of a request comes to. */
type Target = { readonly refused: Result } | { readonly topic: TopicImage; readonly byId: boolean };

function targetsOf(
  asked: readonly DeleteTopicState[],
  image: MetadataImage,
  context: RequestContext,
): Target[] {
  const entries = new Map<string, DeleteTopicState[]>();
  for (const [at, state] of asked.entries()) {
    const { name, topicId } = state;
    // Entries that make no sense are answered one by one.
    const isClear = (name === null) !== (topicId === ZERO_UUID);
    const key = isClear ? `${name} ${topicId}` : `entry ${at}`;
    const same = entries.get(key);
    if (same === undefined) entries.set(key, [state]);
    else same.push(state);
  }
  return [...entries.values()].map(([state = NOTHING, ...more]) => {
    if (more.length === 0) return targetOf(state, image, context);
    const message = "the request has this topic more than once";
    return { refused: failed(state, ErrorCode.INVALID_REQUEST, message) };
  });
}

function targetOf(state: DeleteTopicState, image: MetadataImage, context: RequestContext): Target {
  const { name, topicId } = state;
  const byId = topicId !== ZERO_UUID;
  const refuse = (code: ErrorCode, message: string): Target => ({
    refused: failed(state, code, message),
  });
  if (byId && name !== null) {
    return refuse(ErrorCode.INVALID_REQUEST, "a topic is named by its name or by its id, not both");
  }
  if (!byId && name === null) {
    return refuse(ErrorCode.INVALID_REQUEST, "neither a name nor an id is given");
  }
  const topic = name === null ? image.topicById(topicId) : image.topic(name);
  const hidden = topic?.name ?? name ?? "";
  if (byId && topic === undefined) return refuse(ErrorCode.UNKNOWN_TOPIC_ID, "no such topic id");
  if (!context.may("describe", "topic", hidden)) {
    return refuse(ErrorCode.TOPIC_AUTHORIZATION_FAILED, "not allowed to see this topic");
  }
  if (topic === undefined) {
    return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "no such topic");
  }
  if (!context.may("delete", "topic", topic.name)) {
    const seen = { name: topic.name, topicId };
    const message = "not allowed to delete this topic";
    return { refused: failed(seen, ErrorCode.TOPIC_AUTHORIZATION_FAILED, message) };
  }
  return { topic, byId };
}

/** A topic given once by name and once by id is refused under its name. */
function withoutMeetings(targets: readonly Target[]): Target[] {
  const byName = new Set<string>();
  const byIds = new Set<string>();
  for (const target of targets) {
    if ("topic" in target) (target.byId ? byIds : byName).add(target.topic.id);
  }
  return targets.flatMap((target): Target[] => {
    if (!("topic" in target) || !byName.has(target.topic.id) || !byIds.has(target.topic.id)) {
      return [target];
    }
    if (target.byId) return [];
    const { name, id } = target.topic;
    const message = "this topic is in the request by its id too";
    return [{ refused: failed({ name, topicId: id }, ErrorCode.INVALID_REQUEST, message) }];
  });
}

function failed(
  { name, topicId }: DeleteTopicState,
  errorCode: ErrorCode,
  message: string,
): Result {
  return { name, topicId, errorCode, errorMessage: message === "" ? null : message };
}
