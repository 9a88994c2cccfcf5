import { ErrorCode, toErrorCode } from "../../../protocol/errors.ts";
import type { LeaveGroupRequest } from "../../../protocol/generated/leave-group.ts";
import { NOTHING, type Outcome } from "../group-record.ts";
import type { ClassicGroup } from "./classic-group.ts";
import { type ClassicSurroundings, expel, rebalanceOrCompleteJoin } from "./rebalance.ts";

export type LeavingMember = LeaveGroupRequest["members"][number];

export interface LeaveResult {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly errorCode: ErrorCode;
}

/**
 * Takes out the members named, each with its own result. An administrator names a static member by
 * its instance id alone (KIP-345).
 */
export function leave(
  group: ClassicGroup,
  members: readonly LeavingMember[],
  world: ClassicSurroundings,
): { readonly results: readonly LeaveResult[]; readonly outcome: Outcome } {
  const results = members.map((leaving) => ({
    memberId: leaving.memberId,
    groupInstanceId: leaving.groupInstanceId,
    errorCode: takeOut(group, leaving),
  }));
  const left = results.filter(({ errorCode }) => errorCode === ErrorCode.NONE);
  if (left.length === 0 || group.isEmpty) return { results, outcome: NOTHING };

  const names = left.map(({ memberId, groupInstanceId }) => memberId || groupInstanceId);
  const outcome = rebalanceOrCompleteJoin(group, `left: ${names.join(", ")}`, world);
  return { results, outcome };
}

function takeOut(group: ClassicGroup, leaving: LeavingMember): ErrorCode {
  const { memberId, groupInstanceId } = leaving;
  if (memberId !== "" && group.isPending(memberId)) {
    group.remove(memberId);
    return ErrorCode.NONE;
  }
  const known =
    memberId === "" && groupInstanceId !== null
      ? (group.memberIdOf(groupInstanceId) ?? "")
      : memberId;
  try {
    expel(group, group.checkMember(known, groupInstanceId));
    return ErrorCode.NONE;
  } catch (error) {
    return toErrorCode(error);
  }
}
