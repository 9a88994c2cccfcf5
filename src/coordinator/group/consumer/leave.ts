import { ErrorCode } from "../../../protocol/errors.ts";
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from "../../../protocol/generated/consumer-group-heartbeat.ts";
import { NOTHING_OWNED, type OwnedPartitions } from "./assignment.ts";
import { type ConsumerMember, LEAVING_STATIC_EPOCH } from "./consumer-member.ts";
import type { Deciding } from "./deciding.ts";
import { fence } from "./fencing.ts";
import { checkHolder, knownInstance, knownMember } from "./member-checks.ts";

/**
 * Decides the last heartbeat of a member. A static one may leave for a while: it keeps its partitions
 * until its session ends.
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID
 */
export function leave(
  deciding: Deciding,
  request: ConsumerGroupHeartbeatRequest,
): ConsumerGroupHeartbeatResponseInput {
  const { group } = deciding;
  const { memberId, instanceId, memberEpoch } = request;
  const member =
    instanceId === null ? knownMember(group, memberId) : knownInstance(group, instanceId);
  if (instanceId !== null) checkHolder(member, memberId);
  if (instanceId !== null && memberEpoch === LEAVING_STATIC_EPOCH) suspend(deciding, member);
  else fence(deciding, [member], "it left");
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    memberId,
    memberEpoch,
    heartbeatIntervalMs: 0,
  };
}

function suspend({ group, records }: Deciding, member: ConsumerMember): void {
  const { memberId } = member;
  const value = {
    ...member,
    memberEpoch: LEAVING_STATIC_EPOCH,
    // Whatever it commits late, it has not been here since.
    assigned: sinceEpochZero(member.assigned),
    pendingRevocation: NOTHING_OWNED,
  };
  records.push({ type: "consumer-current", groupId: group.groupId, memberId, value });
}

function sinceEpochZero(owned: OwnedPartitions): OwnedPartitions {
  return new Map(
    [...owned].map(([topicId, partitions]) => [
      topicId,
      new Map([...partitions.keys()].map((partition) => [partition, 0])),
    ]),
  );
}
