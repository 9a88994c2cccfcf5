import { MAX_PARTITIONS_PER_REQUEST } from "../cluster/controller.ts";
import type { BrokerImage, MetadataImage, PartitionImage } from "../cluster/image.ts";
import { isInternalTopic, topicNameFault } from "../cluster/topic-name.ts";
import { ErrorCode, toErrorCode } from "../protocol/errors.ts";
import {
  type MetadataRequest,
  type MetadataResponseBrokerInput,
  type MetadataResponseInput,
  type MetadataResponsePartitionInput,
  type MetadataResponseTopicInput,
  metadata,
} from "../protocol/generated/metadata.ts";
import { ZERO_UUID } from "../protocol/uuid.ts";
import {
  authorizedOperations,
  CLUSTER_NAME,
  clusterOperations,
  OPERATIONS_NOT_ASKED,
} from "./authorized-operations.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";

/** What a request is about: topics that are there, names and ids that are not. */
interface Asked {
  readonly known: readonly string[];
  readonly unknown: readonly string[];
  readonly unknownIds: readonly string[];
  readonly forbidden: readonly MetadataResponseTopicInput[];
}

const NO_LEADER = -1;

/**
 * Metadata tells which brokers there are and which of them leads what. It is how a client finds its
 * way, and it makes topics that are asked for and not there: this answer then has the new topic with
 * its leader, where Kafka answers UNKNOWN_TOPIC_OR_PARTITION once and lets the client ask again.
 *
 * v0   an empty list means all topics; a partition with a dead replica carries an error and lists
 *      only those alive
 * v1   null means all topics, empty means none
 * v4   the client may forbid that topics are made
 * v6   LISTENER_NOT_FOUND for a leader without this listener; LEADER_NOT_AVAILABLE before
 * v8   what the client may do, if asked (KIP-430); for the cluster no longer from v11 on (KIP-700)
 * v10  topic ids in the answer (KIP-516)
 * v12  topic ids in the request: those count, names beside them do not
 * v13  an error of its own for a request that is refused as a whole
 */
export const metadataHandler: Handler = defineHandler({
  api: metadata,

  handle(request, context, services) {
    const fault = faultOf(request, context.version);
    if (fault !== ErrorCode.NONE) return refused(request, fault);
    const image = services.image();
    const asked = askedFor(request, context, image);
    const answer = { request, context, services };
    return mayCreate(asked, request, services)
      ? createThenAnswer(asked, answer)
      : answerFrom(image, asked, answer);
  },
});

function mayCreate({ unknown }: Asked, request: MetadataRequest, { config }: Services): boolean {
  if (!request.allowAutoTopicCreation || !config.autoCreateTopicsEnable) return false;
  // Kafka's controller refuses more at once, and the client is told that there are no such topics.
  const partitions = unknown.length * config.numPartitions;
  return partitions > 0 && partitions <= MAX_PARTITIONS_PER_REQUEST;
}

function faultOf(request: MetadataRequest, version: number): ErrorCode {
  const topics = request.topics ?? [];
  const byId = topics.some(({ topicId }) => topicId !== ZERO_UUID);
  const nameless = topics.some(({ name }) => name === null);
  if (version < 12) return byId || nameless ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE;
  // As Kafka, which stumbles over the name.
  return nameless && !byId ? ErrorCode.UNKNOWN_SERVER_ERROR : ErrorCode.NONE;
}

/** The form that Kafka gives a request which it refuses as a whole. */
function refused(request: MetadataRequest, errorCode: ErrorCode): MetadataResponseInput {
  const topics = (request.topics ?? []).map(({ name, topicId }) =>
    failed(errorCode, name ?? "", topicId),
  );
  return { brokers: [], clusterId: null, controllerId: NO_LEADER, topics, errorCode };
}

function askedFor(request: MetadataRequest, context: RequestContext, image: MetadataImage): Asked {
  const maySee = (name: string) => context.may("describe", "topic", name);
  const { topics } = request;
  if (topics === null || (context.version === 0 && topics.length === 0)) {
    const known = image.topics().flatMap(({ name }) => (maySee(name) ? name : []));
    return { known, unknown: [], unknownIds: [], forbidden: [] };
  }
  const ids = new Set(topics.flatMap(({ topicId }) => (topicId === ZERO_UUID ? [] : topicId)));
  const byId = ids.size > 0;
  const names = byId
    ? [...ids].flatMap((id) => image.topicById(id)?.name ?? [])
    : [...new Set(topics.flatMap(({ name }) => name ?? []))];
  const visible = names.filter(maySee);
  return {
    known: visible.filter((name) => image.topic(name) !== undefined),
    unknown: visible.filter((name) => image.topic(name) === undefined),
    unknownIds: [...ids].filter((id) => image.topicById(id) === undefined),
    forbidden: names
      .filter((name) => !maySee(name))
      .map((name) => forbidden(byId ? (image.topic(name)?.id ?? ZERO_UUID) : name, byId)),
  };
}

/** Tells nothing about the topic that the client did not say itself. */
function forbidden(asked: string, byId: boolean): MetadataResponseTopicInput {
  const code = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  return byId ? failed(code, null, asked) : failed(code, asked, ZERO_UUID);
}

interface AnswerTo {
  readonly request: MetadataRequest;
  readonly context: RequestContext;
  readonly services: Services;
}

async function createThenAnswer(asked: Asked, answer: AnswerTo): Promise<MetadataResponseInput> {
  const { context, services } = answer;
  const mayCreateAny = context.may("create", "cluster", CLUSTER_NAME);
  const mayCreate = (name: string) => mayCreateAny || context.may("create", "topic", name);
  const faults = new Map<string, ErrorCode>();
  // A name that cannot be is the client's mistake, told in the answer: it is not worth a line of the log.
  const creatable = asked.unknown.filter((name) => topicNameFault(name) === undefined);
  const failures = await services.controller.autoCreateAll(creatable.filter(mayCreate));
  for (const [topic, error] of failures) {
    faults.set(topic, toErrorCode(error));
    services.logger.warn("could not create a topic that was asked for", { topic, error });
  }
  const image = services.image();
  const names = [...asked.known, ...asked.unknown.filter(mayCreate)];
  const refusedNames = asked.unknown.filter((name) => !mayCreate(name));
  return answerFrom(
    image,
    {
      unknownIds: asked.unknownIds,
      known: names.filter((name) => image.topic(name) !== undefined),
      unknown: names.filter((name) => image.topic(name) === undefined),
      forbidden: [...refusedNames.map((name) => forbidden(name, false)), ...asked.forbidden],
    },
    answer,
    faults,
  );
}

/** Known topics first, as Kafka does; everything else in the order asked for. */
function answerFrom(
  image: MetadataImage,
  asked: Asked,
  { request, context }: AnswerTo,
  faults?: ReadonlyMap<string, ErrorCode>,
): MetadataResponseInput {
  const allowed = (topic: MetadataResponseTopicInput) =>
    request.includeTopicAuthorizedOperations && topic.name !== null
      ? {
          ...topic,
          topicAuthorizedOperations: authorizedOperations(context, "topic", topic.name),
        }
      : topic;
  const unknown = asked.unknown.map((name) => {
    const code = faults?.get(name) ?? whyUnknown(name);
    return { ...failed(code, name, ZERO_UUID), isInternal: isInternalTopic(name) };
  });
  return {
    throttleTimeMs: 0,
    brokers: reachable(image, context.listenerName),
    clusterId: image.clusterId,
    controllerId: image.controllerId(),
    topics: [
      ...asked.unknownIds.map((id) => failed(ErrorCode.UNKNOWN_TOPIC_ID, null, id)),
      ...asked.known.flatMap((name) => described(image, name, context) ?? []).map(allowed),
      ...unknown.map(allowed),
      ...asked.forbidden.map(allowed),
    ],
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? clusterOperations(context)
      : OPERATIONS_NOT_ASKED,
  };
}

function whyUnknown(name: string): ErrorCode {
  return topicNameFault(name) === undefined
    ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    : ErrorCode.INVALID_TOPIC_EXCEPTION;
}

function failed(
  errorCode: ErrorCode,
  name: string | null,
  topicId: string,
): MetadataResponseTopicInput {
  return { errorCode, name, topicId, isInternal: false, partitions: [] };
}

function reachable(image: MetadataImage, listenerName: string): MetadataResponseBrokerInput[] {
  return [...image.brokers.values()].flatMap(({ id, rack }: BrokerImage) => {
    const endpoint = image.endpoint(id, listenerName);
    return endpoint ? [{ nodeId: id, host: endpoint.host, port: endpoint.port, rack }] : [];
  });
}

function described(
  image: MetadataImage,
  name: string,
  context: RequestContext,
): MetadataResponseTopicInput | undefined {
  const topic = image.topic(name);
  return (
    topic && {
      errorCode: ErrorCode.NONE,
      name,
      topicId: topic.id,
      isInternal: topic.internal,
      partitions: topic.partitions.map((partition) => partitionOf(image, partition, context)),
    }
  );
}

function partitionOf(
  image: MetadataImage,
  partition: PartitionImage,
  { version, listenerName }: RequestContext,
): MetadataResponsePartitionInput {
  const { index, leader, leaderEpoch, replicas, isr } = partition;
  const isReachable = (id: number) => image.endpoint(id, listenerName) !== undefined;
  const replicaNodes = version === 0 ? replicas.filter(isReachable) : replicas;
  const isrNodes = version === 0 ? isr.filter(isReachable) : isr;
  const isComplete = replicaNodes.length === replicas.length && isrNodes.length === isr.length;
  const hasLeader = isReachable(leader);
  const missing = isComplete ? ErrorCode.NONE : ErrorCode.REPLICA_NOT_AVAILABLE;
  return {
    errorCode: hasLeader ? missing : whyLeaderless(image, leader, version),
    partitionIndex: index,
    leaderId: hasLeader ? leader : NO_LEADER,
    leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas: image.offlineReplicas(partition, listenerName),
  };
}

function whyLeaderless(image: MetadataImage, leader: number, version: number): ErrorCode {
  const lacksListener = version >= 6 && image.isAlive(leader);
  return lacksListener ? ErrorCode.LISTENER_NOT_FOUND : ErrorCode.LEADER_NOT_AVAILABLE;
}
