import { codeTold } from "../partition/code-told.ts";
import type { Isolation, Partition, TimestampedOffset } from "../partition/partition.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { type ListOffsetsRequest, listOffsets } from "../protocol/generated/list-offsets.ts";
import { OffsetSpec } from "../protocol/offset-spec.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";

type Topic = ListOffsetsRequest["topics"][number];
type Wanted = Topic["partitions"][number];

/** The version from which a client may ask each. */
const SINCE_VERSION: ReadonlyMap<number, number> = new Map([
  [OffsetSpec.LATEST, 1],
  [OffsetSpec.EARLIEST, 1],
  [OffsetSpec.MAX_TIMESTAMP, 7],
  [OffsetSpec.EARLIEST_LOCAL, 8],
  [OffsetSpec.LATEST_TIERED, 9],
  [OffsetSpec.EARLIEST_PENDING_UPLOAD, 11],
]);

const NOTHING: TimestampedOffset = { timestamp: -1, offset: -1, leaderEpoch: -1 };

interface Call {
  readonly isolation: Isolation;
  readonly context: RequestContext;
  readonly services: Services;
}

/**
 * ListOffsets finds offsets by time, and the two ends of a partition.
 *
 * v2  isolation level          v4  leader epochs (KIP-320)
 * v7  largest timestamp (KIP-734)   v8, v9, v11  tiered storage: local start, last tiered, pending
 *
 * Without tiering the local start is the log's, and nothing is ever tiered or pending.
 */
export const listOffsetsHandler: Handler = defineHandler({
  api: listOffsets,

  async handle({ isolationLevel, topics }, context, services) {
    if (isolationLevel !== 0 && isolationLevel !== 1) return unreadable(topics);
    const isolation = isolationLevel === 1 ? "read_committed" : "read_uncommitted";
    const call: Call = { isolation, context, services };
    const answers = onePerName(topics).map(async (topic) => ({
      name: topic.name,
      partitions: await Promise.all(answersFor(topic, call)),
    }));
    return { topics: await Promise.all(answers) };
  },
});

/** Kafka fails as a whole on an isolation level that does not exist. */
function unreadable(topics: readonly Topic[]) {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) =>
        failed(partitionIndex, ErrorCode.UNKNOWN_SERVER_ERROR),
      ),
    })),
  };
}

/** A topic that is named twice is answered once, and one that nothing is asked of is not. */
function onePerName(topics: readonly Topic[]): readonly Topic[] {
  const byName = new Map<string, Wanted[]>();
  for (const { name, partitions } of topics) {
    if (partitions.length === 0) continue;
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [...partitions]);
    else for (const wanted of partitions) known.push(wanted);
  }
  return [...byName].map(([name, partitions]) => ({ name, partitions }));
}

/** A partition that is named twice is answered once, with an error. */
function answersFor(topic: Topic, call: Call) {
  const byIndex = new Map<number, Wanted[]>();
  for (const wanted of topic.partitions) {
    const same = byIndex.get(wanted.partitionIndex);
    if (same === undefined) byIndex.set(wanted.partitionIndex, [wanted]);
    else same.push(wanted);
  }
  const isAllowed = call.context.may("describe", "topic", topic.name);
  return [...byIndex].map(([index, [wanted, ...more]]) => {
    if (!isAllowed) return failed(index, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    if (more.length > 0) return failed(index, ErrorCode.INVALID_REQUEST);
    return answerFor(topic.name, wanted as Wanted, call);
  });
}

async function answerFor(topic: string, wanted: Wanted, { isolation, context, services }: Call) {
  const { partitionIndex } = wanted;
  const partition = services.partitions.get(topic, partitionIndex);
  if (partition === undefined) return failed(partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  try {
    checkQuestion(wanted.timestamp, context.version);
    partition.checkLeaderEpoch(wanted.currentLeaderEpoch);
    const found = await find(partition, wanted.timestamp, isolation);
    return { partitionIndex, errorCode: ErrorCode.NONE, ...found };
  } catch (error) {
    const what = `a search for an offset of ${topic}-${partitionIndex}`;
    return failed(partitionIndex, codeTold(error, services.logger, what));
  }
}

function checkQuestion(timestamp: number, version: number): void {
  if (timestamp >= 0) return;
  const since = SINCE_VERSION.get(timestamp);
  if (since === undefined || version < since) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_VERSION,
      `timestamp ${timestamp} means nothing in ListOffsets v${version}`,
    );
  }
}

async function find(
  partition: Partition,
  timestamp: number,
  isolation: Isolation,
): Promise<TimestampedOffset> {
  switch (timestamp) {
    case OffsetSpec.LATEST:
      return {
        timestamp: -1,
        offset: partition.readLimit(isolation),
        leaderEpoch: partition.latestEpoch,
      };
    case OffsetSpec.EARLIEST:
    case OffsetSpec.EARLIEST_LOCAL: {
      const offset = partition.logStartOffset;
      return { timestamp: -1, offset, leaderEpoch: partition.epochForOffset(offset) };
    }
    case OffsetSpec.MAX_TIMESTAMP:
      return (await partition.maxTimestamp()) ?? NOTHING;
    case OffsetSpec.LATEST_TIERED:
    case OffsetSpec.EARLIEST_PENDING_UPLOAD:
      return NOTHING;
    default:
      return (await partition.offsetForTimestamp(timestamp, isolation)) ?? NOTHING;
  }
}

function failed(partitionIndex: number, errorCode: ErrorCode) {
  return { partitionIndex, errorCode, ...NOTHING };
}
