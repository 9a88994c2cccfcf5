import { ErrorCode, KafkaError, toErrorCode } from "../../../protocol/errors.ts";
import type { HeartbeatRequest } from "../../../protocol/generated/heartbeat.ts";
import type {
  SyncGroupRequest,
  SyncGroupResponseInput,
} from "../../../protocol/generated/sync-group.ts";
import type { LeaveResult, LeavingMember } from "../classic/leave.ts";
import type { Assignment } from "./assignment.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import { type ConsumerMember, MemberState } from "./consumer-member.ts";
import { encodeAssignment } from "./consumer-protocol.ts";
import type { Deciding } from "./deciding.ts";
import { fence } from "./fencing.ts";
import {
  type ClassicSpeaker,
  checkHolder,
  classicSpeaker,
  knownInstance,
  knownMember,
} from "./member-checks.ts";
import type { ConsumerSurroundings } from "./surroundings.ts";

/**
 * Decides a SyncGroup of a member of a consumer group: it learns what it owns.
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION,
 *   INCONSISTENT_GROUP_PROTOCOL, or REBALANCE_IN_PROGRESS if it has to join again
 */
export function syncAsClassic(
  group: ConsumerGroup,
  request: SyncGroupRequest,
  world: ConsumerSurroundings,
): SyncGroupResponseInput {
  const { memberId, protocolType, protocolName } = request;
  const member = classicSpeaker(group, memberId, request.groupInstanceId);
  checkGeneration(member, request.generationId);
  checkProtocol(group, member, request);
  const now = world.clock.monotonicMs();
  if (
    group.assignmentEpoch > member.memberEpoch &&
    member.state !== MemberState.UNREVOKED_PARTITIONS
  ) {
    group.deadlines.expectJoin(memberId, now + member.rebalanceTimeoutMs);
    throw new KafkaError(
      ErrorCode.REBALANCE_IN_PROGRESS,
      `A new rebalance is triggered in group ${group.groupId} and member ${memberId} should rejoin to catch up.`,
    );
  }
  group.deadlines.synced(memberId);
  group.deadlines.renewSession(memberId, now + member.classic.sessionTimeoutMs);
  const assigned: Assignment = new Map(
    [...member.assigned].map(([topicId, partitions]) => [topicId, new Set(partitions.keys())]),
  );
  const subscription = member.classic.protocols[0]?.metadata ?? Buffer.alloc(0);
  return {
    errorCode: ErrorCode.NONE,
    protocolType,
    protocolName,
    assignment: encodeAssignment(assigned, subscription, world.topics),
  };
}

function checkGeneration({ memberId, memberEpoch }: ConsumerMember, generationId: number): void {
  if (memberEpoch === generationId) return;
  throw new KafkaError(
    ErrorCode.ILLEGAL_GENERATION,
    `The request generation id ${generationId} is not equal to the member epoch ${memberEpoch} of member ${memberId}.`,
  );
}

function checkProtocol(
  group: ConsumerGroup,
  { classic }: ClassicSpeaker,
  { protocolType, protocolName }: SyncGroupRequest,
): void {
  const own = classic.protocols[0]?.name;
  const isRight =
    (protocolType === null || protocolType === group.protocolType) &&
    (protocolName === null || protocolName === own);
  if (isRight) return;
  throw new KafkaError(
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    "the protocol is not the one that the member joined with",
  );
}

/**
 * Takes a Heartbeat of a member of a consumer group. REBALANCE_IN_PROGRESS asks it to join again:
 * there is a new target, it has partitions to give up, or those it waited for are free.
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID or ILLEGAL_GENERATION
 */
export function heartbeatAsClassic(
  group: ConsumerGroup,
  request: HeartbeatRequest,
  world: ConsumerSurroundings,
): ErrorCode {
  const { memberId } = request;
  const member = classicSpeaker(group, memberId, request.groupInstanceId);
  checkGeneration(member, request.generationId);
  const now = world.clock.monotonicMs();
  group.deadlines.renewSession(memberId, now + member.classic.sessionTimeoutMs);
  const mustRejoin =
    member.memberEpoch < group.assignmentEpoch ||
    isForgotten(group) ||
    member.state === MemberState.UNREVOKED_PARTITIONS ||
    (member.state === MemberState.UNRELEASED_PARTITIONS && !isWaiting(group, member));
  if (!mustRejoin) return ErrorCode.NONE;
  group.deadlines.expectJoin(memberId, now + member.rebalanceTimeoutMs);
  return ErrorCode.REBALANCE_IN_PROGRESS;
}

/**
 * A new target is due, and nobody is left whose heartbeats compute one. (Kafka lets such a group be,
 * with partitions that nobody reads; it comes about where the migration policy forbids a downgrade.)
 */
function isForgotten(group: ConsumerGroup): boolean {
  return group.epoch > group.assignmentEpoch && group.classicCount === group.memberCount;
}

/** Something that the member should have is still somebody else's. */
function isWaiting(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targetOf(memberId)) {
    const own = assigned.get(topicId);
    for (const partition of partitions) {
      if (!own?.has(partition) && group.ownedAt(topicId, partition) !== -1) return true;
    }
  }
  return false;
}

/** Decides a LeaveGroup: each member named has its own result, and members of either protocol may be. */
export function leaveAsClassic(
  deciding: Deciding,
  members: readonly LeavingMember[],
): readonly LeaveResult[] {
  const leaving = new Set<ConsumerMember>();
  const results = members.map(({ memberId, groupInstanceId }) => {
    try {
      leaving.add(memberToLeave(deciding.group, memberId, groupInstanceId));
      return { memberId, groupInstanceId, errorCode: ErrorCode.NONE };
    } catch (error) {
      return { memberId, groupInstanceId, errorCode: toErrorCode(error) };
    }
  });
  fence(deciding, [...leaving], "it left");
  return results;
}

function memberToLeave(
  group: ConsumerGroup,
  memberId: string,
  instanceId: string | null,
): ConsumerMember {
  if (instanceId === null) return knownMember(group, memberId);
  const member = knownInstance(group, instanceId);
  if (memberId !== "") checkHolder(member, memberId);
  return member;
}
