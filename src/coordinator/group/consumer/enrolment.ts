import type { GroupRecord } from "../group-record.ts";
import type { TopicPartitions } from "./assignment.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import { type ConsumerMember, JOINING_EPOCH, newMember } from "./consumer-member.ts";
import type { Deciding } from "./deciding.ts";
import {
  checkEpoch,
  checkHolder,
  checkReleased,
  knownInstance,
  knownMember,
} from "./member-checks.ts";

/** Who comes to the group, and how. */
export interface Arrival {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Undefined for the classic protocol, whose JoinGroup names no epoch. */
  readonly memberEpoch: number | undefined;
  readonly claimed: readonly TopicPartitions[] | null;
  /** It may be new. */
  readonly mayCreate: boolean;
}

/**
 * The member that sends the request, or a new one. A static member that comes back under another id
 * takes over what it had (KIP-345).
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, FENCED_INSTANCE_ID or
 *   UNRELEASED_INSTANCE_ID
 */
export function enrol(deciding: Deciding, arrival: Arrival): ConsumerMember {
  const { group } = deciding;
  const { memberId, instanceId, mayCreate } = arrival;
  if (instanceId !== null) return enrolStatic(deciding, { ...arrival, instanceId });
  const known = group.member(memberId);
  const member = known ?? (mayCreate ? newMember(memberId) : knownMember(group, memberId));
  checkEpochOf(member, arrival);
  return member;
}

function enrolStatic(
  deciding: Deciding,
  arrival: Arrival & { readonly instanceId: string },
): ConsumerMember {
  const { group, records } = deciding;
  const { memberId, instanceId, memberEpoch, mayCreate } = arrival;
  const holder = group.staticMember(instanceId);
  if (!mayCreate) {
    const member = knownInstance(group, instanceId);
    checkHolder(member, memberId);
    checkEpochOf(member, arrival);
    return member;
  }
  if (holder === undefined) return group.member(memberId) ?? newMember(memberId);
  const speaksConsumer = memberEpoch !== undefined && holder.classic === undefined;
  if (speaksConsumer) checkReleased(holder, memberId);
  const successor = {
    ...holder,
    memberId,
    memberEpoch: JOINING_EPOCH,
    previousMemberEpoch: JOINING_EPOCH,
  };
  for (const record of replacement(group, holder, successor)) records.push(record);
  return successor;
}

function checkEpochOf(member: ConsumerMember, { memberEpoch, claimed }: Arrival): void {
  if (memberEpoch !== undefined) checkEpoch(member, memberEpoch, claimed);
}

function replacement(
  group: ConsumerGroup,
  holder: ConsumerMember,
  successor: ConsumerMember,
): GroupRecord[] {
  const { groupId } = group;
  const { memberId } = successor;
  return [
    ...removal(groupId, holder.memberId),
    { type: "consumer-member", groupId, memberId, value: successor },
    { type: "consumer-target", groupId, memberId, value: group.targetOf(holder.memberId) },
    { type: "consumer-current", groupId, memberId, value: successor },
  ];
}

/** Tombstones of a member, in the order in which Kafka writes and expects them. */
export function removal(groupId: string, memberId: string): GroupRecord[] {
  return [
    { type: "consumer-current", groupId, memberId, value: null },
    { type: "consumer-target", groupId, memberId, value: null },
    { type: "consumer-member", groupId, memberId, value: null },
  ];
}
