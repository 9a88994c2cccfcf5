import { ErrorCode } from "../../../protocol/errors.ts";
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from "../../../protocol/generated/consumer-group-heartbeat.ts";
import type { GroupRequestContext } from "../settings.ts";
import { asTopicPartitions, sameOwned } from "./assignment.ts";
import {
  type ConsumerMember,
  JOINING_EPOCH,
  sameMetadata,
  sameNames,
  sortedNames,
} from "./consumer-member.ts";
import type { Deciding } from "./deciding.ts";
import { enrol } from "./enrolment.ts";
import { checkRoom } from "./member-checks.ts";
import { currentTarget, reconcile } from "./reconciliation.ts";
import { changeSubscription } from "./subscription-change.ts";
import { heartbeatIntervalMs, sessionTimeoutMs } from "./surroundings.ts";

/**
 * Decides the heartbeat of a member that does not leave: it joins, changes, or tells what it owns,
 * and learns what it should own. Of a member that is where it should be nothing is recorded.
 *
 * @throws KafkaError as the checks of its parts say
 */
export function heartbeat(
  deciding: Deciding,
  request: ConsumerGroupHeartbeatRequest,
  context: GroupRequestContext,
): ConsumerGroupHeartbeatResponseInput {
  const { group, world } = deciding;
  const { memberId, memberEpoch, instanceId, topicPartitions: claimed } = request;
  checkRoom(group, request, world.settings.groupConsumerMaxSize);
  const mayCreate = memberEpoch === JOINING_EPOCH;
  const before = enrol(deciding, { memberId, instanceId, memberEpoch, claimed, mayCreate });
  const asked = asRequested(before, request, context);
  const change = { before, after: asked };
  const subscription = changeSubscription(deciding, change);
  const target = currentTarget(deciding, change, subscription);
  const { hasSubscriptionChanged } = subscription;
  const after = reconcile(deciding, asked, { target, hasSubscriptionChanged, claimed });
  const timeoutMs = sessionTimeoutMs(group.groupId, world);
  deciding.whenReplayed(() => {
    // The classic protocol's deadlines end with its use.
    if (before.classic !== undefined) group.deadlines.forget(memberId);
    group.deadlines.renewSession(memberId, world.clock.monotonicMs() + timeoutMs);
  });
  const isTold = mayCreate || isFull(request) || !sameOwned(before.assigned, after.assigned);
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    memberId,
    memberEpoch: after.memberEpoch,
    heartbeatIntervalMs: heartbeatIntervalMs(group.groupId, world),
    assignment: isTold ? { topicPartitions: asTopicPartitions(after.assigned) } : null,
  };
}

/** What the request leaves out stays as it was. The same member if nothing changes. */
function asRequested(
  member: ConsumerMember,
  request: ConsumerGroupHeartbeatRequest,
  context: GroupRequestContext,
): ConsumerMember {
  const names = request.subscribedTopicNames;
  const sorted = names === null ? member.subscribedTopicNames : sortedNames(names);
  const { rebalanceTimeoutMs } = request;
  const metadata = {
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    clientId: context.clientId ?? "",
    clientHost: context.clientHost,
    subscribedTopicNames: sameNames(sorted, member.subscribedTopicNames)
      ? member.subscribedTopicNames
      : sorted,
    subscribedTopicRegex: request.subscribedTopicRegex ?? member.subscribedTopicRegex,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    classic: undefined,
  };
  return sameMetadata(metadata, member) ? member : { ...member, ...metadata };
}

/** The member says everything that it can say, and wants to hear everything. */
function isFull(request: ConsumerGroupHeartbeatRequest): boolean {
  const { rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex } = request;
  if (rebalanceTimeoutMs === -1 || request.topicPartitions === null) return false;
  return subscribedTopicNames !== null || subscribedTopicRegex !== null;
}
