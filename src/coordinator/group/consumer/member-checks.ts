import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import { isWithin, type TopicPartitions } from "./assignment.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import {
  type ClassicTerms,
  type ConsumerMember,
  JOINING_EPOCH,
  LEAVING_STATIC_EPOCH,
} from "./consumer-member.ts";

/** @throws KafkaError GROUP_MAX_SIZE_REACHED */
export function checkRoom(
  group: ConsumerGroup,
  member: { readonly memberId: string; readonly instanceId: string | null },
  maxSize: number,
): void {
  if (group.staticMember(member.instanceId) !== undefined) return;
  if (group.memberCount < maxSize || group.member(member.memberId) !== undefined) return;
  throw new KafkaError(
    ErrorCode.GROUP_MAX_SIZE_REACHED,
    `The consumer group has reached its maximum capacity of ${maxSize} members.`,
  );
}

/** @throws KafkaError UNKNOWN_MEMBER_ID */
export function knownMember(group: ConsumerGroup, memberId: string): ConsumerMember {
  const member = group.member(memberId);
  if (member !== undefined) return member;
  throw new KafkaError(
    ErrorCode.UNKNOWN_MEMBER_ID,
    `Member ${memberId} is not a member of group ${group.groupId}.`,
  );
}

/** @throws KafkaError UNKNOWN_MEMBER_ID */
export function knownInstance(group: ConsumerGroup, instanceId: string): ConsumerMember {
  const member = group.staticMember(instanceId);
  if (member !== undefined) return member;
  throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`);
}

/** @throws KafkaError FENCED_INSTANCE_ID if somebody else holds the instance */
export function checkHolder(holder: ConsumerMember, memberId: string): void {
  if (holder.memberId === memberId) return;
  throw new KafkaError(
    ErrorCode.FENCED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${holder.instanceId} was fenced by member ${holder.memberId}.`,
  );
}

/** @throws KafkaError UNRELEASED_INSTANCE_ID while the holder of the instance has not left */
export function checkReleased(holder: ConsumerMember, memberId: string): void {
  if (holder.memberEpoch === LEAVING_STATIC_EPOCH) return;
  throw new KafkaError(
    ErrorCode.UNRELEASED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${holder.instanceId} cannot join the group because the instance id is owned by ${holder.memberId} member.`,
  );
}

/**
 * A member may be one epoch behind, if an answer was lost, as long as it owns nothing that it should
 * not.
 *
 * @throws KafkaError FENCED_MEMBER_EPOCH
 */
export function checkEpoch(
  member: ConsumerMember,
  received: number,
  claimed: readonly TopicPartitions[] | null,
): void {
  if (received === JOINING_EPOCH || received === member.memberEpoch) return;
  const isPrevious = received === member.previousMemberEpoch && isWithin(claimed, member.assigned);
  if (received < member.memberEpoch && isPrevious) return;
  const size = received > member.memberEpoch ? "greater" : "smaller";
  throw new KafkaError(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The consumer group member has a ${size} member epoch (${received}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`,
  );
}

/** A member that speaks the classic protocol. */
export type ClassicSpeaker = ConsumerMember & { readonly classic: ClassicTerms };

/**
 * The member behind a request of the classic protocol.
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, also if it speaks the consumer protocol, or FENCED_INSTANCE_ID
 */
export function classicSpeaker(
  group: ConsumerGroup,
  memberId: string,
  instanceId: string | null,
): ClassicSpeaker {
  const member =
    instanceId === null ? knownMember(group, memberId) : knownInstance(group, instanceId);
  if (instanceId !== null) checkHolder(member, memberId);
  if (speaksClassic(member)) return member;
  throw new KafkaError(
    ErrorCode.UNKNOWN_MEMBER_ID,
    `Member ${memberId} does not use the classic protocol.`,
  );
}

export function speaksClassic(member: ConsumerMember): member is ClassicSpeaker {
  return member.classic !== undefined;
}
