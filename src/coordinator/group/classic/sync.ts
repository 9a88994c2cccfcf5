import { ErrorCode, toErrorCode } from "../../../protocol/errors.ts";
import type {
  SyncGroupRequest,
  SyncGroupResponseInput,
} from "../../../protocol/generated/sync-group.ts";
import { NOTHING, type Outcome } from "../group-record.ts";
import type { ClassicGroup } from "./classic-group.ts";
import { type AnswerSync, NO_ASSIGNMENT } from "./classic-member.ts";
import { type ClassicSurroundings, prepareRebalance, propagateAssignments } from "./rebalance.ts";

/** Decides a SyncGroup: the leader brings the assignments, everybody takes his own. */
export function sync(
  group: ClassicGroup,
  request: SyncGroupRequest,
  answer: AnswerSync,
  world: ClassicSurroundings,
): Outcome {
  const errorCode = refusalOf(group, request);
  if (errorCode !== ErrorCode.NONE) {
    answer(syncRefusal(errorCode));
    return NOTHING;
  }
  const member = group.checkMember(request.memberId, request.groupInstanceId);
  group.receivedSync(member.memberId);
  if (group.state === "Stable") {
    answer({
      errorCode: ErrorCode.NONE,
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      assignment: member.assignment,
    });
    return NOTHING;
  }
  group.parkSync(member, answer);
  return group.isLeader(member.memberId) ? takeAssignments(group, request, world) : NOTHING;
}

export function syncRefusal(errorCode: ErrorCode): SyncGroupResponseInput {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_ASSIGNMENT };
}

function refusalOf(group: ClassicGroup, request: SyncGroupRequest): ErrorCode {
  try {
    group.checkMember(request.memberId, request.groupInstanceId);
  } catch (error) {
    return toErrorCode(error);
  }
  if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
  const contradicts = (said: string | null, is: string | null) =>
    said !== null && is !== null && said !== is;
  if (
    contradicts(request.protocolType, group.protocolType) ||
    contradicts(request.protocolName, group.protocolName)
  ) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  }
  return group.state === "PreparingRebalance" ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

/** The group is stable once its assignments are durable, if nobody joined or left meanwhile. */
function takeAssignments(
  group: ClassicGroup,
  request: SyncGroupRequest,
  world: ClassicSurroundings,
): Outcome {
  const assignments = new Map(
    request.assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)]),
  );
  const isStillWanted = () =>
    group.state === "CompletingRebalance" && group.generation === request.generationId;

  return group.asRecord(assignments, {
    whenCommitted: () => {
      if (!isStillWanted()) return;
      for (const member of group.members()) {
        member.assignment = assignments.get(member.memberId) ?? NO_ASSIGNMENT;
      }
      propagateAssignments(group, ErrorCode.NONE, world);
      group.transitionTo("Stable", world.clock.now());
    },
    whenNotCommitted: (errorCode) => {
      if (!isStillWanted()) return;
      for (const member of group.members()) member.assignment = NO_ASSIGNMENT;
      propagateAssignments(group, errorCode, world);
      // Nothing to persist comes of it, since its members have yet to join again.
      prepareRebalance(group, "the assignments could not be stored", world);
    },
  });
}
