import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import type { HeartbeatRequest } from "../../../protocol/generated/heartbeat.ts";
import type { ClassicGroup } from "./classic-group.ts";

/**
 * Takes a sign of life. While members sync, a heartbeat is fine: Java clients send them from the
 * moment they have joined.
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID or ILLEGAL_GENERATION
 */
export function heartbeat(
  group: ClassicGroup,
  request: HeartbeatRequest,
  nowMs: number,
): ErrorCode {
  const member = group.checkMember(request.memberId, request.groupInstanceId);
  if (request.generationId !== group.generation) {
    throw new KafkaError(ErrorCode.ILLEGAL_GENERATION, "the group is in another generation");
  }
  group.renewSession(member, nowMs);
  return group.state === "PreparingRebalance" ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}
