import { ErrorCode, KafkaError } from "../../protocol/errors.ts";
import type {
  OffsetCommitRequest,
  OffsetCommitResponseInput,
} from "../../protocol/generated/offset-commit.ts";
import { ZERO_UUID } from "../../protocol/uuid.ts";
import type { ClassicGroup } from "./classic/classic-group.ts";
import type { CommittedOffset, GroupRecord } from "./group-record.ts";

/** From this version on an unknown group is told apart from a wrong generation. */
const GROUP_ID_NOT_FOUND_FROM_VERSION = 9;

type RequestTopic = OffsetCommitRequest["topics"][number];
type RequestPartition = RequestTopic["partitions"][number];

/**
 * Whether the sender may commit for the group. Members give their id and generation; a commit with
 * neither comes from a simple consumer or an administrator, and is for groups without members.
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION,
 *   REBALANCE_IN_PROGRESS (the member must sync first) or GROUP_ID_NOT_FOUND
 */
export function checkCommitter(
  group: ClassicGroup | undefined,
  request: OffsetCommitRequest,
  version: number,
): void {
  const { memberId, groupInstanceId } = request;
  const generation = request.generationIdOrMemberEpoch;
  if (group === undefined) {
    if (generation < 0) return;
    const isNamed = version >= GROUP_ID_NOT_FOUND_FROM_VERSION;
    throw new KafkaError(
      isNamed ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION,
      "there is no such group",
    );
  }
  if (generation < 0 && group.isEmpty) return;
  if (generation < 0 && memberId === "" && groupInstanceId === null) {
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, "the group does not know this member");
  }
  group.checkMember(memberId, groupInstanceId);
  if (generation !== group.generation)
    throw new KafkaError(ErrorCode.ILLEGAL_GENERATION, "the group is in another generation");
  if (group.state === "CompletingRebalance") {
    throw new KafkaError(
      ErrorCode.REBALANCE_IN_PROGRESS,
      "the member has yet to fetch its assignment",
    );
  }
}

/** Throws if the sender may not commit for this partition. */
export type CheckPartition = (topicId: string, partition: number) => void;

export interface CommitTerms {
  readonly nowMs: number;
  readonly metadataMaxLength: number;
  topicId(name: string): string | undefined;
  readonly checkPartition: CheckPartition | undefined;
}

/** The records of a commit, and its answer. A partition whose metadata is too long stands alone. */
export function commitOffsets(
  request: OffsetCommitRequest,
  terms: CommitTerms,
): { readonly records: readonly GroupRecord[]; readonly response: OffsetCommitResponseInput } {
  const records: GroupRecord[] = [];
  const topics = request.topics.map((topic) => {
    const topicId = terms.topicId(topic.name) ?? ZERO_UUID;
    const partitions = topic.partitions.map((partition) => {
      const { partitionIndex, committedMetadata } = partition;
      if (committedMetadata !== null && committedMetadata.length > terms.metadataMaxLength) {
        return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE };
      }
      terms.checkPartition?.(topicId, partitionIndex);
      records.push({
        type: "offset",
        groupId: request.groupId,
        topic: topic.name,
        partition: partitionIndex,
        value: committed(partition, topicId, request.retentionTimeMs, terms.nowMs),
      });
      return { partitionIndex, errorCode: ErrorCode.NONE };
    });
    return { name: topic.name, topicId: topic.topicId, partitions };
  });
  return { records, response: { topics } };
}

function committed(
  partition: RequestPartition,
  topicId: string,
  retentionTimeMs: number,
  nowMs: number,
): CommittedOffset {
  return {
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.committedMetadata ?? "",
    commitTimestampMs: nowMs,
    expireTimestampMs: retentionTimeMs === -1 ? -1 : nowMs + retentionTimeMs,
    topicId,
  };
}

/** The same error for everything that was asked. */
export function commitRefusal(
  request: OffsetCommitRequest,
  errorCode: ErrorCode,
): OffsetCommitResponseInput {
  return {
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}
