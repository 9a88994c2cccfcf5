import { NOTHING, type Outcome } from "../group-record.ts";
import type { ClassicGroup } from "./classic-group.ts";
import type { ClassicMember } from "./classic-member.ts";
import {
  type ClassicSurroundings,
  completeJoin,
  endInitialDelay,
  prepareRebalance,
  removeMember,
} from "./rebalance.ts";

/**
 * Carries out everything of a group that is due: sessions that ended, ids given out and not used,
 * join and sync phases that lasted too long. The group's next wake-up is known afterwards.
 */
export function expireDue(group: ClassicGroup, world: ClassicSurroundings): Outcome[] {
  const now = world.clock.monotonicMs();
  const outcomes: Outcome[] = [];
  for (const [memberId, lapsesAtMs] of [...group.pendingMembers]) {
    if (lapsesAtMs <= now) outcomes.push(lapse(group, memberId, world));
  }
  for (const member of [...group.members()].filter(({ deadlineMs }) => deadlineMs <= now)) {
    outcomes.push(endSession(group, member, world));
  }
  const { joinDeadline } = group;
  if (joinDeadline !== undefined && joinDeadline.atMs <= now) {
    group.setJoinDeadline(joinDeadline.initial === undefined ? undefined : joinDeadline);
    outcomes.push(
      joinDeadline.initial === undefined
        ? completeJoin(group, world)
        : endInitialDelay(group, world),
    );
  }
  const { syncDeadlineMs } = group;
  if (syncDeadlineMs !== undefined && syncDeadlineMs <= now) {
    outcomes.push(endSyncPhase(group, world));
  }
  group.recomputeWake();
  return outcomes;
}

/** An id given out with MEMBER_ID_REQUIRED was not used within the session timeout (KIP-394). */
function lapse(group: ClassicGroup, memberId: string, world: ClassicSurroundings): Outcome {
  if (!group.isPending(memberId)) return NOTHING;
  group.remove(memberId);
  if (group.state !== "PreparingRebalance") return NOTHING;
  return group.hasAllMembersJoined ? completeJoin(group, world) : NOTHING;
}

function endSession(
  group: ClassicGroup,
  member: ClassicMember,
  world: ClassicSurroundings,
): Outcome {
  if (group.member(member.memberId) !== member) return NOTHING;
  if (member.hasSatisfiedHeartbeat) {
    // Its parked request stands for it; the answer starts a new session.
    member.deadlineMs = Number.POSITIVE_INFINITY;
    return NOTHING;
  }
  return removeMember(group, member, `session of ${member.memberId} ended`, world);
}

/** Members that joined but did not fetch their assignment in time hold the others up: out with them. */
function endSyncPhase(group: ClassicGroup, world: ClassicSurroundings): Outcome {
  const missing = group.pendingSyncMembers;
  group.forgetPendingSyncs();
  const isSyncing = group.state === "CompletingRebalance" || group.state === "Stable";
  if (!isSyncing || missing.length === 0) return NOTHING;

  for (const memberId of missing) group.remove(memberId);
  return prepareRebalance(group, `no SyncGroup from ${missing.join(", ")}`, world);
}
