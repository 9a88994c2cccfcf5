import { ErrorCode } from "../../../protocol/errors.ts";
import type { JoinGroupResponseInput } from "../../../protocol/generated/join-group.ts";
import type { Outcome } from "../group-record.ts";
import { ClassicMember, NO_ASSIGNMENT } from "./classic-member.ts";
import type { Joining } from "./joining.ts";
import {
  completeJoinIfAllJoined,
  joinAnswer,
  joinRefusal,
  prepareRebalance,
  rebalanceOrCompleteJoin,
} from "./rebalance.ts";

/** KIP-814: from this version on a leader can be told that it need not assign. */
const SKIP_ASSIGNMENT_FROM_VERSION = 9;

/**
 * A static member came back without its member id: it gets a new one, and the old one is fenced
 * (KIP-345). In a stable group whose protocol stays the same nobody else notices.
 */
export function rejoinStatic(joining: Joining, old: ClassicMember, memberId: string): Outcome {
  const { group, terms, answer, world } = joining;
  const leaderBefore = group.leader;
  group.answerJoin(old, joinRefusal(ErrorCode.FENCED_INSTANCE_ID, old.memberId));
  group.answerSync(old, { errorCode: ErrorCode.FENCED_INSTANCE_ID, assignment: NO_ASSIGNMENT });

  const identity = {
    memberId,
    groupInstanceId: old.groupInstanceId,
    clientId: old.clientId,
    clientHost: old.clientHost,
  };
  const successor = new ClassicMember(identity, old);
  successor.assignment = old.assignment;
  group.replace(old, successor);
  group.update(successor, terms, answer);
  group.renewSession(successor, world.clock.monotonicMs());

  const reason = `static member ${memberId} of instance ${old.groupInstanceId} rejoins`;
  if (group.state === "CompletingRebalance") {
    // The leader may be assigning to the old member id already, which would leave the new one out.
    return prepareRebalance(group, reason, world);
  }
  if (group.state !== "Stable") return completeJoinIfAllJoined(group, world);
  if (group.protocolName !== (group.selectProtocol() ?? null)) {
    return rebalanceOrCompleteJoin(group, reason, world);
  }
  return group.asRecord(undefined, {
    whenCommitted: () => {
      if (group.member(memberId) !== successor) return;
      group.answerJoin(successor, unnoticedRejoin(joining, memberId, leaderBefore));
    },
    whenNotCommitted: (errorCode) => {
      if (group.member(memberId) !== successor) return;
      group.answerJoin(successor, joinRefusal(errorCode, ""));
    },
  });
}

/**
 * Before KIP-814 a returned leader is told of the old leader id, so that it takes itself for a
 * follower and asks for its assignment. Since then it is told that it leads and need not assign.
 */
function unnoticedRejoin(
  { group, context }: Joining,
  memberId: string,
  leaderBefore: string | null,
): JoinGroupResponseInput {
  if (context.version >= SKIP_ASSIGNMENT_FROM_VERSION) {
    return { ...joinAnswer(group, memberId), skipAssignment: group.isLeader(memberId) };
  }
  return { ...joinAnswer(group, memberId), leader: leaderBefore ?? "", members: [] };
}
