import { ErrorCode, toErrorCode } from "../../../protocol/errors.ts";
import type { JoinGroupRequest } from "../../../protocol/generated/join-group.ts";
import { NOTHING, type Outcome } from "../group-record.ts";
import { ClassicMember } from "./classic-member.ts";
import type { Joining } from "./joining.ts";
import {
  completeJoinIfAllJoined,
  joinAnswer,
  joinRefusal,
  rebalanceOrCompleteJoin,
} from "./rebalance.ts";
import { rejoinStatic } from "./static-rejoin.ts";

/** KIP-394: from this version on a new member joins twice, first to get its id. */
const MEMBER_ID_REQUIRED_FROM_VERSION = 4;

/** A new member cannot heartbeat, so its parked request is given up after this long. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;

/** Decides a JoinGroup. It is answered at once, or parked until the join phase ends. */
export function join(joining: Joining): Outcome {
  const { group, request, answer } = joining;
  const { memberId } = request;
  if (!hasRoomFor(joining)) {
    group.remove(memberId);
    answer(joinRefusal(ErrorCode.GROUP_MAX_SIZE_REACHED, ""));
    return NOTHING;
  }
  const names = request.protocols.map(({ name }) => name);
  if (!group.supportsProtocols(request.protocolType, names)) {
    answer(joinRefusal(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId));
    return NOTHING;
  }
  if (memberId === "") return joinAsNew(joining);
  if (group.isPending(memberId)) return joinPending(joining);
  try {
    const member = group.checkMember(memberId, request.groupInstanceId);
    return rejoin(joining, member);
  } catch (error) {
    answer(joinRefusal(toErrorCode(error), memberId));
    return NOTHING;
  }
}

/**
 * Whether `group.max.size` leaves room. While members are joining again those who wait are counted,
 * not those who are known, so that a group above a lowered limit shrinks to it.
 */
function hasRoomFor({ group, request, world }: Joining): boolean {
  const limit = world.settings.groupMaxSize;
  const member = group.member(request.memberId);
  switch (group.state) {
    case "PreparingRebalance":
      return member?.answerJoin !== undefined || group.awaitingJoinCount < limit;
    case "CompletingRebalance":
    case "Stable":
      return member !== undefined || group.memberCount < limit;
    default:
      return true;
  }
}

function joinAsNew(joining: Joining): Outcome {
  const { group, request, context, answer, world } = joining;
  const { groupInstanceId } = request;
  const memberId = `${groupInstanceId ?? context.clientId ?? ""}-${joining.uuid()}`;
  if (groupInstanceId !== null) {
    const present = group.memberIdOf(groupInstanceId);
    const member = present === undefined ? undefined : group.member(present);
    return member === undefined
      ? admit(joining, memberId)
      : rejoinStatic(joining, member, memberId);
  }
  if (context.version < MEMBER_ID_REQUIRED_FROM_VERSION) return admit(joining, memberId);

  group.addPending(memberId, world.clock.monotonicMs() + request.sessionTimeoutMs);
  answer(joinRefusal(ErrorCode.MEMBER_ID_REQUIRED, memberId));
  return NOTHING;
}

/** The second join of a new member. An instance id it did not have before makes it another member. */
function joinPending(joining: Joining): Outcome {
  const { request, answer } = joining;
  if (request.groupInstanceId !== null) {
    answer(joinRefusal(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId));
    return NOTHING;
  }
  return admit(joining, request.memberId);
}

/** Takes a new member in and asks the others to join again. */
function admit(
  { group, request, context, terms, answer, world }: Joining,
  memberId: string,
): Outcome {
  const identity = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: context.clientId ?? "",
    clientHost: context.clientHost,
  };
  const member = new ClassicMember(identity, terms);
  member.isNew = true;
  if (group.state === "PreparingRebalance" && group.previousState === "Empty") {
    group.newMemberAdded = true;
  }
  group.adoptProtocolType(request.protocolType);
  group.add(member, answer);
  group.renewSession(member, world.clock.monotonicMs(), NEW_MEMBER_JOIN_TIMEOUT_MS);
  return rebalanceOrCompleteJoin(group, `new member ${memberId}${reasonOf(request)}`, world);
}

function rejoin(joining: Joining, member: ClassicMember): Outcome {
  const { group, request, answer } = joining;
  const { memberId } = member;
  switch (group.state) {
    case "PreparingRebalance":
      return changeAndRebalance(joining, member, "is joining");
    case "CompletingRebalance":
      // Unchanged: most likely it missed the answer, so it gets the same one again.
      if (!member.matches(joining.terms.protocols)) {
        return changeAndRebalance(joining, member, "changed its metadata");
      }
      answer(joinAnswer(group, memberId));
      return NOTHING;
    case "Stable":
      // A leader that joins asks for a rebalance: it saw something that only it can judge.
      if (group.isLeader(memberId)) return changeAndRebalance(joining, member, "leads and rejoins");
      if (!member.matches(joining.terms.protocols)) {
        return changeAndRebalance(joining, member, "changed its metadata");
      }
      answer(joinAnswer(group, memberId));
      return NOTHING;
    default:
      answer(joinRefusal(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId));
      return NOTHING;
  }
}

function changeAndRebalance(joining: Joining, member: ClassicMember, why: string): Outcome {
  const { group, request, terms, answer, world } = joining;
  group.update(member, terms, answer);
  const reason = `member ${member.memberId} ${why}${reasonOf(request)}`;
  return group.canRebalance
    ? rebalanceOrCompleteJoin(group, reason, world)
    : completeJoinIfAllJoined(group, world);
}

function reasonOf(request: JoinGroupRequest): string {
  return request.reason === null || request.reason === ""
    ? ""
    : `; client reason: ${request.reason}`;
}
