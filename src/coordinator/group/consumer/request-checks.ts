import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import type { ConsumerGroupHeartbeatRequest } from "../../../protocol/generated/consumer-group-heartbeat.ts";
import { JOINING_EPOCH, LEAVING_EPOCH, LEAVING_STATIC_EPOCH } from "./consumer-member.ts";

/** From this version on members make their ids themselves (KIP-1082). */
const MEMBER_ID_REQUIRED_FROM_VERSION = 1;

/**
 * Whether a request makes sense, whatever its group is like.
 *
 * @throws KafkaError INVALID_REQUEST or UNSUPPORTED_ASSIGNOR
 */
export function checkHeartbeatRequest(
  request: ConsumerGroupHeartbeatRequest,
  version: number,
  assignors: readonly string[],
): void {
  const { memberEpoch, serverAssignor } = request;
  const knowsItsId = memberEpoch > 0 || memberEpoch === LEAVING_EPOCH;
  if (version >= MEMBER_ID_REQUIRED_FROM_VERSION || knowsItsId) {
    checkNotBlank(request.memberId, "MemberId");
  }
  checkNotBlank(request.groupId, "GroupId");
  checkNotBlank(request.instanceId, "InstanceId");
  checkNotBlank(request.rackId, "RackId");
  if (memberEpoch === JOINING_EPOCH) checkJoining(request);
  if (memberEpoch === LEAVING_STATIC_EPOCH && request.instanceId === null) {
    throw invalid("InstanceId can't be null.");
  }
  if (memberEpoch < LEAVING_STATIC_EPOCH) throw invalid("MemberEpoch is invalid.");
  if (serverAssignor !== null && !assignors.includes(serverAssignor)) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_ASSIGNOR,
      `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${assignors.join(", ")}.`,
    );
  }
}

function checkJoining(request: ConsumerGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) {
    throw invalid("RebalanceTimeoutMs must be provided in first request.");
  }
  if (request.topicPartitions?.length !== 0) {
    throw invalid("TopicPartitions must be empty when (re-)joining.");
  }
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
    throw invalid(
      "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.",
    );
  }
}

function checkNotBlank(value: string | null, name: string): void {
  if (value?.trim() === "") throw invalid(`${name} can't be empty.`);
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}
