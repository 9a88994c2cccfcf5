import { ErrorCode } from "../../../protocol/errors.ts";
import type { JoinGroupResponseInput } from "../../../protocol/generated/join-group.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Clock } from "../../../time/clock.ts";
import { NOTHING, type Outcome } from "../group-record.ts";
import type { GroupSettings } from "../settings.ts";
import { type ClassicGroup, NO_JOIN } from "./classic-group.ts";
import { type ClassicMember, NO_ASSIGNMENT } from "./classic-member.ts";

/** What the rules of classic groups need of the world. */
export interface ClassicSurroundings {
  readonly clock: Clock;
  readonly settings: GroupSettings;
  readonly logger: Logger;
}

/**
 * Without `group.initial.rebalance.delay.ms` a first rebalance waits for nobody, but for those who
 * hold an id to join with (KIP-394): they are a round trip away. Else consumers that start together
 * would make the first of them stable, to be told of the others by its next heartbeat, seconds later.
 */
const COMPANY_DELAY_MS = 15;
/** So long at most: one of them may be gone. */
const COMPANY_DELAY_MAX_MS = 500;

/** A member joined, left, changed or died: begin a rebalance, or see whether the one under way ends. */
export function rebalanceOrCompleteJoin(
  group: ClassicGroup,
  reason: string,
  world: ClassicSurroundings,
): Outcome {
  return group.canRebalance
    ? prepareRebalance(group, reason, world)
    : completeJoinIfAllJoined(group, world);
}

/**
 * Opens the join phase. The first rebalance of an empty group waits `group.initial.rebalance.delay.ms`
 * for company (KIP-134); any other ends as soon as every known member has joined again, or when the
 * longest rebalance timeout is over.
 */
export function prepareRebalance(
  group: ClassicGroup,
  reason: string,
  world: ClassicSurroundings,
): Outcome {
  if (group.state === "CompletingRebalance") {
    for (const member of group.members()) member.assignment = NO_ASSIGNMENT;
    propagateAssignments(group, ErrorCode.REBALANCE_IN_PROGRESS, world);
  }
  group.forgetPendingSyncs();

  const now = world.clock.monotonicMs();
  const isFirst = group.isEmpty;
  world.logger.info("preparing to rebalance group", {
    groupId: group.groupId,
    generation: group.generation,
    reason,
  });
  if (isFirst) {
    const initial = initialDelayOf(group, world);
    group.transitionTo("PreparingRebalance", world.clock.now());
    // With nobody to wait for the answer needs no turn of the timer wheel.
    if (initial.delayMs <= 0) return completeJoin(group, world);
    group.setJoinDeadline({ atMs: now + initial.delayMs, initial });
    return NOTHING;
  }

  group.transitionTo("PreparingRebalance", world.clock.now());
  if (group.hasAllMembersJoined) return completeJoin(group, world);
  group.setJoinDeadline({ atMs: now + group.rebalanceTimeoutMs, initial: undefined });
  return NOTHING;
}

function initialDelayOf(group: ClassicGroup, world: ClassicSurroundings) {
  const isDelayed = world.settings.groupInitialRebalanceDelayMs > 0;
  const companyMs = group.pendingCount > 0 ? COMPANY_DELAY_MS : 0;
  const delayMs = isDelayed ? world.settings.groupInitialRebalanceDelayMs : companyMs;
  const longestMs = isDelayed ? group.rebalanceTimeoutMs : COMPANY_DELAY_MAX_MS;
  return { delayMs, remainingMs: Math.max(longestMs - delayMs, 0), isDelayed };
}

/** Ends the join phase if nobody is missing. The first rebalance is ended by its delay alone. */
export function completeJoinIfAllJoined(group: ClassicGroup, world: ClassicSurroundings): Outcome {
  if (group.state !== "PreparingRebalance" || group.previousState === "Empty") return NOTHING;
  return group.hasAllMembersJoined ? completeJoin(group, world) : NOTHING;
}

/** The delay of a first rebalance is over: prolong it if somebody arrived meanwhile, else go on. */
export function endInitialDelay(group: ClassicGroup, world: ClassicSurroundings): Outcome {
  const initial = group.joinDeadline?.initial;
  if (initial === undefined) return completeJoin(group, world);
  const isAwaited = !initial.isDelayed && group.pendingCount > 0;
  if (initial.remainingMs === 0 || !(group.newMemberAdded || isAwaited)) {
    return completeJoin(group, world);
  }
  group.newMemberAdded = false;
  const delayMs = Math.min(initial.delayMs, initial.remainingMs);
  const remainingMs = Math.max(initial.remainingMs - initial.delayMs, 0);
  const atMs = world.clock.monotonicMs() + delayMs;
  group.setJoinDeadline({ atMs, initial: { ...initial, delayMs, remainingMs } });
  return NOTHING;
}

/**
 * Ends the join phase. Dynamic members that did not join again are out, static ones stay (KIP-345).
 * Everybody who joined learns the new generation; the leader also learns who is in it.
 */
export function completeJoin(group: ClassicGroup, world: ClassicSurroundings): Outcome {
  const now = world.clock.monotonicMs();
  group.setJoinDeadline(undefined);
  group.newMemberAdded = false;
  for (const member of [...group.members()]) {
    if (member.answerJoin === undefined && !member.isStatic) group.remove(member.memberId);
  }

  if (group.memberCount > 0 && !group.electJoinedLeader()) {
    // Only absent static members are left: their sessions decide when this ends.
    group.setJoinDeadline({ atMs: now + group.rebalanceTimeoutMs, initial: undefined });
    return NOTHING;
  }

  group.beginGeneration(world.clock.now());
  if (group.isEmpty) return group.asRecord();

  for (const member of group.members()) {
    group.expectSyncFrom(member);
    group.renewSession(member, now);
    member.isNew = false;
    group.answerJoin(member, joinAnswer(group, member.memberId));
  }
  group.setSyncDeadline(now + group.rebalanceTimeoutMs);
  return NOTHING;
}

/** What a member learns about the current generation. */
export function joinAnswer(group: ClassicGroup, memberId: string): JoinGroupResponseInput {
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leader ?? "",
    skipAssignment: false,
    memberId,
    members: group.isLeader(memberId) ? membersForLeader(group) : [],
  };
}

function membersForLeader(group: ClassicGroup): JoinGroupResponseInput["members"] {
  const protocolName = group.protocolName ?? "";
  return [...group.members()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: member.metadataFor(protocolName),
  }));
}

export function joinRefusal(errorCode: ErrorCode, memberId: string): JoinGroupResponseInput {
  return { ...NO_JOIN, errorCode, memberId };
}

/** Answers every parked SyncGroup, and expects heartbeats again of those who waited for it. */
export function propagateAssignments(
  group: ClassicGroup,
  errorCode: ErrorCode,
  world: ClassicSurroundings,
): void {
  const now = world.clock.monotonicMs();
  const isError = errorCode !== ErrorCode.NONE;
  for (const member of group.members()) {
    const answered = group.answerSync(member, {
      errorCode,
      protocolType: isError ? null : group.protocolType,
      protocolName: isError ? null : group.protocolName,
      assignment: member.assignment,
    });
    if (answered) group.renewSession(member, now);
  }
}

/** Takes a member out, tells its parked JoinGroup so, and lets the group go on without it. */
export function removeMember(
  group: ClassicGroup,
  member: ClassicMember,
  reason: string,
  world: ClassicSurroundings,
): Outcome {
  expel(group, member);
  if (group.state === "Stable" || group.state === "CompletingRebalance") {
    return prepareRebalance(group, reason, world);
  }
  if (group.state === "PreparingRebalance" && group.hasAllMembersJoined) {
    return completeJoin(group, world);
  }
  return NOTHING;
}

/** Answers what the member has parked with UNKNOWN_MEMBER_ID (a living client joins anew), and forgets it. */
export function expel(group: ClassicGroup, member: ClassicMember): void {
  group.answerJoin(member, joinRefusal(ErrorCode.UNKNOWN_MEMBER_ID, ""));
  group.answerSync(member, {
    errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
    assignment: NO_ASSIGNMENT,
  });
  group.remove(member.memberId);
}
