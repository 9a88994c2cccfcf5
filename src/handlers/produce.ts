import { isInternalTopic } from "../cluster/topic-name.ts";
import { codeTold } from "../partition/code-told.ts";
import type { Partition } from "../partition/partition.ts";
import { ErrorCode, toErrorCode } from "../protocol/errors.ts";
import {
  type ProduceRequest,
  type ProduceResponseInput,
  produce,
} from "../protocol/generated/produce.ts";
import { attributesAt, BATCH_HEADER_BYTES, isTransactional } from "../records/batch.ts";
import { checkFraming, RecordsRefused } from "../records/framing.ts";
import { PreparedBatch, type StoringRules, Turns } from "../records/prepared-batch.ts";
import {
  CloseConnection,
  defineHandler,
  type Handler,
  NO_RESPONSE,
  type RequestContext,
  type Services,
} from "./handler.ts";

type TopicData = ProduceRequest["topicData"][number];
type PartitionData = TopicData["partitionData"][number];

/** The answer for one partition: made when the append is decided, mended if the write then fails. */
interface Outcome {
  readonly index: number;
  errorCode: ErrorCode;
  baseOffset: number;
  logAppendTimeMs: number;
  logStartOffset: number;
  recordErrors: readonly {
    readonly batchIndex: number;
    readonly batchIndexErrorMessage: string | null;
  }[];
  errorMessage: string | null;
}

interface TopicOutcome {
  readonly name: string;
  readonly topicId: string;
  readonly partitionResponses: readonly Outcome[];
}

type Produced = ProduceResponseInput | typeof NO_RESPONSE;
type Appended = ReturnType<Partition["append"]>;

/** What every partition of one request shares. */
interface Call {
  readonly request: ProduceRequest;
  readonly context: RequestContext;
  readonly services: Services;
  /** One promise per append that is under way. */
  readonly writes: Promise<void>[];
}

/** Kafka's admin client may write to internal topics; nobody else may (AdminUtils). */
const ADMIN_CLIENT_ID = "__admin_client";

const turns = new Turns();
const NO_ERRORS: Outcome["recordErrors"] = [];

/**
 * Produce appends record batches to partitions this broker leads.
 *
 * v8   errors per record        v10  the new leader in the answer (KIP-951)
 * v12  implicit AddPartitions   v13  topics by id
 *
 * Every append is decided before the first await, in request order. Only where a batch has to be
 * inflated or compressed at length are the appends of one request decided one after the other, with
 * others being served in between; its connection has no second request under way meanwhile, so two
 * produces of one connection cannot swap places. acks=0 gets no frame at all; if it fails the
 * connection closes, for the client has no other way to learn of it. Versions 0-2 are advertised but
 * close the connection, as in Kafka (KIP-896).
 */
export const produceHandler: Handler = defineHandler({
  api: produce,
  // The answer waits until the batches are in the files, or will never be; the log keeps copies only.
  isDoneWithRequest: true,

  handle(request, context, services) {
    const call: Call = { request, context, services, writes: [] };
    const refused = refusalOfAll(call);
    if (refused === undefined && hasSlowBatch(call)) return produceSlowly(call);
    return produceAll(call, refused);
  },
});

function produceAll(call: Call, refused: ErrorCode | undefined): Produced | Promise<Produced> {
  const responses = topicsOf(call).map((topic) => ({
    name: topic.name,
    topicId: topic.topicId,
    partitionResponses: topic.partitionData.map((data) =>
      refused === undefined ? appendTo(topic, data, call) : failed(data.index, refused),
    ),
  }));
  return answered(responses, call);
}

/** One batch after the other, so that only one of a request is in memory inflated. */
async function produceSlowly(call: Call): Promise<Produced> {
  const responses: TopicOutcome[] = [];
  for (const topic of topicsOf(call)) {
    const partitionResponses: Outcome[] = [];
    for (const data of topic.partitionData) {
      const rules = slowRules(topic, data, call);
      const { records } = data;
      const outcome =
        rules === undefined || records === null
          ? appendTo(topic, data, call)
          : await turns.take(async () => {
              const prepared = new PreparedBatch();
              await prepared.prepare(records, rules);
              return appendTo(topic, data, call, prepared);
            });
      partitionResponses.push(outcome);
    }
    responses.push({ name: topic.name, topicId: topic.topicId, partitionResponses });
  }
  return answered(responses, call);
}

function topicsOf({ request }: Call): readonly TopicData[] {
  return request.topicData.filter(({ partitionData }) => partitionData.length > 0);
}

function answered(responses: readonly TopicOutcome[], { request, context, writes }: Call) {
  const answer = () => {
    context.usage?.produced();
    if (request.acks !== 0) return { responses };
    context.usage?.isExemptFromTime();
    closeOnError(responses.flatMap(({ partitionResponses }) => partitionResponses));
    return NO_RESPONSE;
  };
  const [first, ...others] = writes;
  if (first === undefined) return answer();
  // Also with acks=0: the next request waits until this one is written, or memory would fill.
  return others.length === 0 ? first.then(answer) : Promise.all(writes).then(answer);
}

function hasSlowBatch(call: Call): boolean {
  return call.request.topicData.some((topic) =>
    topic.partitionData.some((data) => slowRules(topic, data, call) !== undefined),
  );
}

/** How a batch is to be stored, if that takes long; undefined: it does not, or will be refused. */
function slowRules(
  { topicId, name }: TopicData,
  { index, records }: PartitionData,
  { context, services }: Call,
): StoringRules | undefined {
  const { partitions } = services;
  const partition =
    context.version >= 13 ? partitions.getById(topicId, index) : partitions.get(name, index);
  if (partition === undefined || records === null) return undefined;
  const rules = partition.slowStoring(records);
  if (rules === undefined) return undefined;
  return context.may("write", "topic", partition.topic) ? rules : undefined;
}

function refusalOfAll({ request, context, services }: Call): ErrorCode | undefined {
  if (request.transactionalId === null) return undefined;
  services.logger.warn("a producer uses transactions, which this broker does not have", {
    transactionalId: request.transactionalId,
    clientId: context.clientId,
  });
  return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

/** The checks come in Kafka's order: topic, permission, framing, acks, then the log's own. */
function appendTo(
  topic: TopicData,
  data: PartitionData,
  call: Call,
  prepared?: PreparedBatch,
): Outcome {
  const { request, context, services } = call;
  const byId = context.version >= 13;
  const { index } = data;
  try {
    const name = byId ? services.image().topicById(topic.topicId)?.name : topic.name;
    if (name === undefined) return failed(index, ErrorCode.UNKNOWN_TOPIC_ID);
    if (!context.may("write", "topic", name)) {
      return failed(index, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    }
    const partition = services.partitions.get(name, index);
    if (partition === undefined) return failed(index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    const { records } = data;
    checkFraming(records, context.version);
    if (records === null || claimsTransaction(records)) {
      return failed(index, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    }
    if (request.acks < -1 || request.acks > 1) {
      return failed(index, ErrorCode.INVALID_REQUIRED_ACKS);
    }
    if (isInternalTopic(name) && context.clientId !== ADMIN_CLIENT_ID) {
      return failed(index, ErrorCode.INVALID_TOPIC_EXCEPTION);
    }
    return append(partition, records, call, prepared);
  } catch (error) {
    return refusedBatch(index, error, call);
  }
}

function claimsTransaction(records: Buffer): boolean {
  return records.length >= BATCH_HEADER_BYTES && isTransactional(attributesAt(records, 0));
}

function append(
  partition: Partition,
  records: Buffer,
  call: Call,
  prepared: PreparedBatch | undefined,
): Outcome {
  try {
    const appended = partition.append(records, "client", prepared);
    const outcome = accepted(partition.index, appended);
    call.writes.push(
      appended.written.catch((error: unknown) => {
        call.services.logger.error(`produce to ${partition.topic}-${partition.index} was lost`, {
          error,
        });
        Object.assign(outcome, failed(partition.index, toErrorCode(error)));
      }),
    );
    return outcome;
  } catch (error) {
    return refusedBatch(partition.index, error, call, partition);
  }
}

function accepted(index: number, appended: Appended): Outcome {
  return {
    index,
    errorCode: ErrorCode.NONE,
    baseOffset: appended.baseOffset,
    logAppendTimeMs: appended.logAppendTime,
    logStartOffset: appended.logStartOffset,
    recordErrors: NO_ERRORS,
    errorMessage: null,
  };
}

function failed(index: number, errorCode: ErrorCode): Outcome {
  return {
    index,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: NO_ERRORS,
    errorMessage: null,
  };
}

/** Codes that Kafka answers without the log start offset, though the log was asked. */
const WITHOUT_LOG_START: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

/** `asked` is the partition whose log refused; undefined if it came to no log. */
function refusedBatch(
  index: number,
  error: unknown,
  { services, context }: Call,
  asked?: Partition,
): Outcome {
  const what = `produce of ${context.clientId} to ${asked?.topic ?? "a topic"}-${index}`;
  const outcome = failed(index, codeTold(error, services.logger, what));
  if (asked !== undefined && !WITHOUT_LOG_START.has(outcome.errorCode)) {
    outcome.logStartOffset = asked.logStartOffset;
  }
  if (error instanceof RecordsRefused) {
    outcome.errorMessage = error.clientMessage;
    outcome.recordErrors = error.recordErrors.map(({ batchIndex, message }) => ({
      batchIndex,
      batchIndexErrorMessage: message,
    }));
  }
  return outcome;
}

function closeOnError(outcomes: readonly Outcome[]): void {
  const bad = outcomes.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
  if (bad !== undefined) {
    throw new CloseConnection(`produce with acks=0 failed with error ${bad.errorCode}`);
  }
}
