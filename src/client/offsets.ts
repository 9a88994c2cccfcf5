import { ErrorCode, type KafkaError } from "../protocol/errors.ts";
import { type ListOffsetsResponse, listOffsets } from "../protocol/generated/list-offsets.ts";
import { offsetCommit } from "../protocol/generated/offset-commit.ts";
import { offsetFetch } from "../protocol/generated/offset-fetch.ts";
import type { ClusterClient } from "./cluster-client.ts";
import { byLeader, byTopic, keyOf, type TopicPartition } from "./partitions.ts";
import { errorOf, refuseErrors } from "./retries.ts";

/** An offset in a log; -1 where no record is that new. */
export interface LogOffset extends TopicPartition {
  readonly offset: number;
  /** Of the record that was found by its time; -1 for the ends of a log. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export interface OffsetQuestion extends TopicPartition {
  /** Milliseconds since the epoch, or an `OffsetSpec`. */
  readonly timestamp: number;
}

/** Versions that name topics, rather than give their ids. */
const OFFSET_COMMIT_BY_NAME = 9;
const OFFSET_FETCH_BY_NAME = 9;

export interface OffsetAnswers {
  readonly offsets: readonly LogOffset[];
  readonly refused: ReadonlyMap<string, KafkaError>;
}

/** Asks each partition's leader; what one partition is refused, the others are not. */
export async function logOffsets(
  client: ClusterClient,
  questions: readonly OffsetQuestion[],
): Promise<OffsetAnswers> {
  return client.retry(async () => {
    const offsets: LogOffset[] = [];
    const refused = new Map<string, KafkaError>();
    for (const [leader, items] of await byLeader(client, questions)) {
      const topics = [...byTopic(items)].map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, timestamp }) => ({
          partitionIndex: partition,
          timestamp,
        })),
      }));
      const request = { replicaId: -1, topics };
      sort(await client.node(leader, listOffsets, [request]), { offsets, refused });
    }
    return { offsets, refused };
  });
}

function sort(
  { topics }: ListOffsetsResponse,
  into: { offsets: LogOffset[]; refused: Map<string, KafkaError> },
): void {
  for (const { name: topic, partitions } of topics) {
    for (const { partitionIndex: partition, errorCode, ...at } of partitions) {
      const { offset, timestamp, leaderEpoch } = at;
      if (errorCode === ErrorCode.NONE)
        into.offsets.push({ topic, partition, offset, timestamp, leaderEpoch });
      else into.refused.set(keyOf({ topic, partition }), errorOf({ errorCode }, topic));
    }
  }
}

/** As {@link logOffsets}, where a refusal is not expected: offsets by partition. */
export async function offsetsAt(
  client: ClusterClient,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<Map<string, number>> {
  const questions = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }));
  const { offsets, refused } = await logOffsets(client, questions);
  for (const error of refused.values()) throw error;
  return new Map(offsets.map((at) => [keyOf(at), at.offset]));
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

/** What a group has committed, of all partitions or of some; those without a commit are left out. */
export async function committedOffsets(
  client: ClusterClient,
  groupId: string,
  partitions?: readonly TopicPartition[],
): Promise<CommittedOffset[]> {
  const topics = partitions === undefined ? null : namedIndexes(partitions);
  const options = { versionMax: OFFSET_FETCH_BY_NAME };
  return client.retry(async () => {
    const request = { groups: [{ groupId, topics }] };
    const answer = await client.coordinator(groupId, offsetFetch, [request, options]);
    const [group] = answer.groups;
    if (group === undefined) return [];
    refuseErrors(group, `group ${groupId}`);
    return group.topics.flatMap(({ name: topic, partitions: found }) =>
      found.flatMap((at) => {
        refuseErrors(at, topic);
        if (at.committedOffset < 0) return [];
        const { partitionIndex: partition, committedOffset: offset } = at;
        const { committedLeaderEpoch: leaderEpoch, metadata } = at;
        return [{ topic, partition, offset, leaderEpoch, metadata }];
      }),
    );
  });
}

function namedIndexes(partitions: readonly TopicPartition[]) {
  return [...byTopic(partitions)].map(([name, items]) => ({
    name,
    partitionIndexes: items.map(({ partition }) => partition),
  }));
}

/** Who commits: a member in its generation, or, by default, somebody outside the group. */
export interface Committer {
  readonly groupId: string;
  readonly memberId?: string;
  readonly generationId?: number;
}

/** Commits the next offsets to read. The answer is an error per partition that was refused. */
export async function commitOffsets(
  client: ClusterClient,
  { groupId, memberId = "", generationId = -1 }: Committer,
  offsets: readonly (TopicPartition & { readonly offset: number })[],
): Promise<Map<string, KafkaError>> {
  const topics = [...byTopic(offsets)].map(([name, items]) => ({
    name,
    partitions: items.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedMetadata: "",
    })),
  }));
  const request = { groupId, memberId, generationIdOrMemberEpoch: generationId, topics };
  const options = { versionMax: OFFSET_COMMIT_BY_NAME };
  const answer = await client.coordinator(groupId, offsetCommit, [request, options]);
  const refused = new Map<string, KafkaError>();
  for (const { name: topic, partitions } of answer.topics) {
    for (const { partitionIndex: partition, errorCode } of partitions) {
      if (errorCode !== ErrorCode.NONE) {
        refused.set(keyOf({ topic, partition }), errorOf({ errorCode }, topic));
      }
    }
  }
  return refused;
}
