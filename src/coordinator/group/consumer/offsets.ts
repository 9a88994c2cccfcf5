import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import type { OffsetCommitRequest } from "../../../protocol/generated/offset-commit.ts";
import type { CheckPartition } from "../offset-commit.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { ConsumerMember } from "./consumer-member.ts";
import { knownMember } from "./member-checks.ts";

/** From this version of OffsetCommit on there are member epochs. */
const MEMBER_EPOCH_FROM_VERSION = 9;

/**
 * Whether the sender may commit for a consumer group. A member may be behind its own epoch: then
 * each partition must have been its own at the epoch it names (KIP-1251).
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, UNSUPPORTED_VERSION, STALE_MEMBER_EPOCH, or
 *   ILLEGAL_GENERATION for members of the classic protocol
 */
export function checkConsumerCommitter(
  group: ConsumerGroup,
  request: OffsetCommitRequest,
  version: number,
): CheckPartition | undefined {
  const epoch = request.generationIdOrMemberEpoch;
  if (epoch < 0 && group.isEmpty) return undefined;
  const member = knownMember(group, request.memberId);
  if (member.classic === undefined && version < MEMBER_EPOCH_FROM_VERSION) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_VERSION,
      "members of the consumer protocol must commit with version 9 or above",
    );
  }
  if (epoch === member.memberEpoch) return undefined;
  if (epoch > member.memberEpoch) throw stale(member, epoch);
  return (topicId, partition) => {
    const since =
      member.assigned.get(topicId)?.get(partition) ??
      member.pendingRevocation.get(topicId)?.get(partition);
    if (since === undefined || epoch < since) throw stale(member, epoch);
  };
}

/**
 * Whether the sender may read the offsets of a consumer group: as a member, with its epoch, or as
 * somebody who is none.
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH, or ILLEGAL_GENERATION for members of the
 *   classic protocol
 */
export function checkConsumerReader(
  group: ConsumerGroup,
  memberId: string | null,
  memberEpoch: number,
): void {
  if (memberId === null && memberEpoch < 0) return;
  const member = knownMember(group, memberId ?? "");
  if (member.memberEpoch !== memberEpoch) throw stale(member, memberEpoch);
}

function stale({ classic, memberEpoch }: ConsumerMember, received: number): KafkaError {
  return new KafkaError(
    classic === undefined ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION,
    `member epoch ${received} was received where it is ${memberEpoch}`,
  );
}
