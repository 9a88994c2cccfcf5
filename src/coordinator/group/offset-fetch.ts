import { ErrorCode } from "../../protocol/errors.ts";
import { ZERO_UUID } from "../../protocol/uuid.ts";
import type { CommittedOffset } from "./group-record.ts";
import type { OffsetsByTopic } from "./offset-store.ts";

/** Partitions asked for. `topicId` is the topic's present id, ZERO_UUID where there is none. */
export interface WantedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}

export interface FetchedPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: ErrorCode;
}

export interface FetchedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly FetchedPartition[];
}

/** The answer for a partition without an offset; also with an error it looks like this. */
export function noOffset(partitionIndex: number, errorCode: ErrorCode): FetchedPartition {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: "", errorCode };
}

/** What a group committed for the partitions asked for. */
export function fetchOffsets(
  offsets: OffsetsByTopic | undefined,
  wanted: readonly WantedTopic[],
): FetchedTopic[] {
  return wanted.map(({ name, topicId, partitionIndexes }) => {
    const partitions = offsets?.get(name);
    return {
      name,
      topicId,
      partitions: partitionIndexes.map((index) => {
        const committed = partitions?.get(index);
        return committed === undefined || isOfAnotherTopic(committed, topicId)
          ? noOffset(index, ErrorCode.NONE)
          : fetched(index, committed);
      }),
    };
  });
}

/** Everything that a group committed. */
export function fetchAllOffsets(
  offsets: OffsetsByTopic | undefined,
  topicId: (name: string) => string | undefined,
): FetchedTopic[] {
  const topics: FetchedTopic[] = [];
  for (const [name, partitions] of offsets ?? []) {
    const id = topicId(name) ?? ZERO_UUID;
    const found: FetchedPartition[] = [];
    for (const [index, committed] of partitions) {
      if (!isOfAnotherTopic(committed, id)) found.push(fetched(index, committed));
    }
    if (found.length > 0) topics.push({ name, topicId: id, partitions: found });
  }
  return topics;
}

/** Committed for a topic of the same name that was deleted since: worthless for the new one. */
function isOfAnotherTopic(committed: CommittedOffset, topicId: string): boolean {
  return committed.topicId !== ZERO_UUID && topicId !== ZERO_UUID && committed.topicId !== topicId;
}

function fetched(partitionIndex: number, committed: CommittedOffset): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: committed.offset,
    committedLeaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    errorCode: ErrorCode.NONE,
  };
}
