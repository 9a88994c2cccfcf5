import {
  type Fetched,
  failed,
  isOutOfReach,
  PlanReading,
  type Terms,
  type Wanted,
  worthReading,
} from "../partition/fetch-plan.ts";
import type { Asked, FetchScope } from "../partition/fetch-sessions.ts";
import type { Partition } from "../partition/partition.ts";
import { ErrorCode, toErrorCode } from "../protocol/errors.ts";
import { type FetchRequest, type FetchResponseInput, fetch } from "../protocol/generated/fetch.ts";
import { ZERO_UUID } from "../protocol/uuid.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";
import { LeadersTold } from "./leaders-told.ts";

/** First version whose answer has an error code of its own. */
const ERROR_FROM_VERSION = 7;

/** What a partition takes in an answer beside its records, about. */
const ANSWER_BYTES_EACH = 50;

interface Call {
  readonly request: FetchRequest;
  readonly context: RequestContext;
  readonly services: Services;
}

/**
 * Fetch reads batches as they lie in the log, and waits for them where a client asks it to.
 *
 * v7   incremental sessions (KIP-227)        v9   fenced by leader epoch (KIP-320)
 * v11  rack of the consumer (KIP-392)        v12  diverging epochs (KIP-595)
 * v13  topics by id                          v15  replica state (KIP-903)
 * v16  the new leader in the answer (KIP-951)
 *
 * A fetch that waits holds no file and no timer of its own: it looks at offsets in memory whenever
 * one of its partitions moves, and reads once, when it is worth it.
 */
export const fetchHandler: Handler = defineHandler({
  api: fetch,

  refuse: (errorCode, version) =>
    version >= ERROR_FROM_VERSION ? { errorCode, sessionId: 0, responses: [] } : undefined,

  handle(request, context, services) {
    const call: Call = { request, context, services };
    const terms = termsOf(call);
    if (terms === undefined) return unreadable(call);
    let scope: FetchScope;
    try {
      scope = openScope(call);
    } catch (error) {
      return { errorCode: toErrorCode(error), sessionId: 0, responses: [] };
    }
    const plan = scope.asked.map((asked) => wantedOf(asked, call));
    const waiting = worthReading(plan, terms, {
      clock: services.clock,
      lifetime: context.lifetime,
    });
    const answer = () => readAndAnswer(plan, terms, scope, call);
    return waiting === undefined ? answer() : waiting.then(answer);
  },
});

/** Undefined for an isolation level that does not exist. */
function termsOf({ request, context, services }: Call): Terms | undefined {
  const { isolationLevel } = request;
  if (isolationLevel !== 0 && isolationLevel !== 1) return undefined;
  const inQuota = context.usage?.maxFetchBytes ?? Number.POSITIVE_INFINITY;
  const maxBytes = Math.min(request.maxBytes, services.config.fetchMaxBytes, inQuota);
  return {
    minBytes: Math.min(request.minBytes, maxBytes),
    maxBytes,
    maxWaitMs: request.maxWaitMs,
    isolation: isolationLevel === 1 ? "read_committed" : "read_uncommitted",
  };
}

function openScope({ request, context, services }: Call): FetchScope {
  const usesTopicIds = context.version >= 13;
  const asked: Asked[] = [];
  for (const topic of request.topics) {
    const name = usesTopicIds ? topic.topicId : topic.topic;
    for (const partition of topic.partitions) {
      asked.push({
        topic: name,
        index: partition.partition,
        fetchOffset: partition.fetchOffset,
        maxBytes: partition.partitionMaxBytes,
        currentLeaderEpoch: partition.currentLeaderEpoch,
        lastFetchedEpoch: partition.lastFetchedEpoch,
      });
    }
  }
  const forgotten = request.forgottenTopicsData.flatMap((topic) =>
    topic.partitions.map((index) => ({ topic: usesTopicIds ? topic.topicId : topic.topic, index })),
  );
  const { sessionId, sessionEpoch } = request;
  return services.fetchSessions.open({ sessionId, sessionEpoch, usesTopicIds, asked, forgotten });
}

function wantedOf(asked: Asked, call: Call): Wanted {
  return {
    target: targetOf(asked, call),
    fetchOffset: asked.fetchOffset,
    maxBytes: asked.maxBytes,
    currentLeaderEpoch: asked.currentLeaderEpoch,
    lastFetchedEpoch: asked.lastFetchedEpoch,
  };
}

function replicaIdOf({ request, context }: Call): number {
  return context.version >= 15 ? request.replicaState.replicaId : request.replicaId;
}

function targetOf({ topic, index }: Asked, call: Call) {
  const { context, services } = call;
  const { partitions } = services;
  const byId = context.version >= 13;
  const partition: Partition | undefined = byId
    ? partitions.getById(topic, index)
    : partitions.get(topic, index);
  const name = partition?.topic ?? (byId ? services.image().topicById(topic)?.name : topic);
  if (name === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
  if (!context.may("read", "topic", name)) return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  // Only replicas may fetch as replicas, and this broker is the only one of every partition.
  return replicaIdOf(call) >= 0 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : partition;
}

function readAndAnswer(
  plan: readonly Wanted[],
  terms: Terms,
  scope: FetchScope,
  call: Call,
): FetchResponseInput | Promise<FetchResponseInput> {
  const reading = new PlanReading(plan, terms, call.services);
  call.context.whenSent(() => reading.release());
  const answer = () =>
    call.context.usage?.fetched(bytesOf(reading.results)) === false
      ? { errorCode: ErrorCode.NONE, sessionId: scope.throttledSessionId, responses: [] }
      : responseOf(plan, reading.results, scope, call);
  const late = reading.run();
  return late === undefined ? answer() : late.then(answer);
}

/** What an answer comes to for quotas: the records, and so much around those of each partition. */
function bytesOf(results: readonly Fetched[]): number {
  let bytes = 0;
  for (const result of results) bytes += ANSWER_BYTES_EACH + result.bytes;
  return bytes;
}

function responseOf(
  plan: readonly Wanted[],
  results: readonly Fetched[],
  scope: FetchScope,
  call: Call,
): FetchResponseInput {
  const { request, context } = call;
  const { sessionId, included } = scope.answer(results);
  const readsCommitted = request.isolationLevel === 1;
  const leaders = new LeadersTold(call);
  const responses: { topic: string; topicId: string; partitions: PartitionAnswer[] }[] = [];
  for (const i of lastOutOfReach(included, plan)) {
    const asked = scope.asked[i] as Asked;
    const result = results[i] as Fetched;
    // Kafka says "none" to those who care and where no log was asked, else null.
    const saysNone = isOutOfReach(plan[i] as Wanted) || (readsCommitted && result.errorCode === 0);
    const answer = {
      ...partitionAnswer(asked.index, result, saysNone),
      errorCode: knownTo(context, result.errorCode),
      currentLeader: leaders.tell(asked, result.errorCode),
    };
    const last = responses.at(-1);
    const name = context.version >= 13 ? last?.topicId : last?.topic;
    if (last !== undefined && name === asked.topic) last.partitions.push(answer);
    else responses.push({ ...topicOf(asked, context), partitions: [answer] });
  }
  // A replica knows where the others are.
  const nodeEndpoints = replicaIdOf(call) < 0 ? leaders.endpoints() : undefined;
  return { errorCode: ErrorCode.NONE, sessionId, responses, nodeEndpoints };
}

/** Before v6 clients do not know that a disk may fail, and look for the leader anew, as in Kafka. */
function knownTo({ version }: RequestContext, code: ErrorCode): ErrorCode {
  const isNews = version <= 5 && code === ErrorCode.KAFKA_STORAGE_ERROR;
  return isNews ? ErrorCode.NOT_LEADER_OR_FOLLOWER : code;
}

/** Kafka's order: what was read, unknown ids, what else is out of reach; a topic may be in it twice. */
function lastOutOfReach(included: readonly number[], plan: readonly Wanted[]): readonly number[] {
  if (!plan.some(isOutOfReach)) return included;
  const rank = (i: number): number => {
    const wanted = plan[i] as Wanted;
    if (!isOutOfReach(wanted)) return 0;
    return wanted.target === ErrorCode.UNKNOWN_TOPIC_ID ? 1 : 2;
  };
  return included.toSorted((a, b) => rank(a) - rank(b));
}

function topicOf({ topic }: Asked, { version }: RequestContext) {
  return version >= 13 ? { topic: "", topicId: topic } : { topic, topicId: ZERO_UUID };
}

type PartitionAnswer = ReturnType<typeof partitionAnswer> & {
  readonly currentLeader: ReturnType<LeadersTold["tell"]>;
};

function partitionAnswer(partitionIndex: number, fetched: Fetched, saysNoneAborted: boolean) {
  return {
    partitionIndex,
    errorCode: fetched.errorCode,
    highWatermark: fetched.highWatermark,
    lastStableOffset: fetched.lastStableOffset,
    logStartOffset: fetched.logStartOffset,
    divergingEpoch: fetched.divergingEpoch,
    abortedTransactions: saysNoneAborted ? [] : null,
    preferredReadReplica: -1,
    records: fetched.records,
  };
}

/** Kafka fails on such a request as a whole, and names every partition of it, if by name. */
function unreadable({ request, context }: Call): FetchResponseInput {
  const errorCode = ErrorCode.UNKNOWN_SERVER_ERROR;
  const named = context.version >= 13 ? [] : request.topics;
  return {
    errorCode,
    sessionId: 0,
    responses: named.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) =>
        partitionAnswer(partition, failed(errorCode), true),
      ),
    })),
  };
}
