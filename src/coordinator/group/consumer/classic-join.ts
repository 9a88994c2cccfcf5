import { ErrorCode, KafkaError, kafkaErrorCausedBy } from "../../../protocol/errors.ts";
import type {
  JoinGroupRequest,
  JoinGroupResponseInput,
} from "../../../protocol/generated/join-group.ts";
import type { ConsumerProtocolSubscription } from "../../../protocol/generated/records/consumer-protocol-subscription.ts";
import type { AnswerJoin } from "../classic/classic-member.ts";
import { termsOf } from "../classic/joining.ts";
import { joinRefusal } from "../classic/rebalance.ts";
import type { Outcome } from "../group-record.ts";
import type { GroupRequestContext } from "../settings.ts";
import type { TopicPartitions } from "./assignment.ts";
import { type ConsumerMember, sortedNames } from "./consumer-member.ts";
import { decodeSubscription, MalformedConsumerProtocol } from "./consumer-protocol.ts";
import type { Deciding } from "./deciding.ts";
import { convertToClassic } from "./downgrade.ts";
import { enrol } from "./enrolment.ts";
import { type ClassicSpeaker, checkRoom } from "./member-checks.ts";
import { isDowngradeEnabled, isMixingEnabled } from "./migration-policy.ts";
import { currentTarget, reconcile } from "./reconciliation.ts";
import {
  changeSubscription,
  type MemberChange,
  type SubscriptionChange,
} from "./subscription-change.ts";

/** KIP-394: from this version on a new member joins twice, first to get its id. */
const MEMBER_ID_REQUIRED_FROM_VERSION = 4;

/** A JoinGroup to a consumer group with members (KIP-848, online migration). */
export interface ClassicJoin {
  readonly request: JoinGroupRequest;
  readonly context: GroupRequestContext;
  readonly answer: AnswerJoin;
  /** Makes member ids. */
  readonly newMemberId: () => string;
}

/**
 * Decides a JoinGroup of a member that speaks the classic protocol: it is a member like any other,
 * its join is a heartbeat that may change what it reads, and the answer waits for nobody. What it is
 * to own it learns by SyncGroup.
 *
 * @throws KafkaError INCONSISTENT_GROUP_PROTOCOL, GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID,
 *   FENCED_INSTANCE_ID
 */
export function joinAsClassic(deciding: Deciding, join: ClassicJoin): Outcome {
  const { group, world } = deciding;
  const { request, context, answer } = join;
  checkMayJoin(deciding, request);
  const isNew = request.memberId === "";
  const memberId = isNew ? join.newMemberId() : request.memberId;
  const instanceId = request.groupInstanceId;
  checkRoom(group, { memberId, instanceId }, world.settings.groupConsumerMaxSize);
  checkProtocols(deciding, request, memberId);
  const needsId = context.version >= MEMBER_ID_REQUIRED_FROM_VERSION && instanceId === null;
  if (isNew && needsId) {
    answer(joinRefusal(ErrorCode.MEMBER_ID_REQUIRED, memberId));
    return deciding.outcome();
  }
  const before = enrol(deciding, {
    memberId,
    instanceId,
    memberEpoch: undefined,
    claimed: [],
    mayCreate: instanceId === null || isNew,
  });
  const replaced = group.staticMember(instanceId);
  const isDowngrade = replaced !== undefined && replacesLast(deciding, replaced);
  const subscription = subscriptionOf(request);
  const asked = asJoined(before, { ...join, subscription });
  const change = { before, after: asked };
  const changed = changeSubscription(deciding, change);
  const claimed = claimedBy(deciding, subscription);
  const after = isDowngrade
    ? downgrade(deciding, { change, changed, claimed, asked })
    : settle(deciding, { change, changed, claimed, asked });
  return answered(deciding, join, { after, isDowngrade });
}

function checkMayJoin({ group, world }: Deciding, { groupId }: JoinGroupRequest): void {
  if (isMixingEnabled(world.settings.groupConsumerMigrationPolicy)) return;
  world.logger.info("a classic member cannot join a consumer group: migration is disabled", {
    groupId: group.groupId,
  });
  throw new KafkaError(
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    `Cannot join the consumer group ${groupId} with the classic protocol because the group migration is disabled.`,
  );
}

function checkProtocols({ group }: Deciding, request: JoinGroupRequest, memberId: string): void {
  const names = request.protocols.map(({ name }) => name);
  if (group.supportsClassicProtocols(request.protocolType, names)) return;
  throw new KafkaError(
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    `Member ${memberId}'s protocols are not supported.`,
  );
}

/** Everybody else speaks the classic protocol already, and the group may become a classic one. */
function replacesLast({ group, world }: Deciding, replaced: ConsumerMember): boolean {
  const { groupConsumerMigrationPolicy, groupMaxSize } = world.settings;
  return (
    replaced.classic === undefined &&
    group.isClassicWithout([replaced]) &&
    isDowngradeEnabled(groupConsumerMigrationPolicy) &&
    group.memberCount <= groupMaxSize
  );
}

function subscriptionOf({ protocols }: JoinGroupRequest): ConsumerProtocolSubscription {
  try {
    return decodeSubscription(protocols[0]?.metadata ?? Buffer.alloc(0));
  } catch (cause) {
    if (!(cause instanceof MalformedConsumerProtocol)) throw cause;
    throw kafkaErrorCausedBy(
      cause,
      ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
      "Malformed embedded consumer protocol in subscription deserialization.",
    );
  }
}

function claimedBy(
  { world }: Deciding,
  { ownedPartitions }: ConsumerProtocolSubscription,
): TopicPartitions[] {
  return ownedPartitions.flatMap(({ topic, partitions }) => {
    const topicId = world.topics.topicId(topic);
    return topicId === undefined ? [] : [{ topicId, partitions }];
  });
}

function asJoined(
  member: ConsumerMember,
  given: ClassicJoin & { readonly subscription: ConsumerProtocolSubscription },
): ClassicSpeaker {
  const { request, context, subscription } = given;
  const { sessionTimeoutMs, rebalanceTimeoutMs, protocols } = termsOf(request);
  return {
    ...member,
    instanceId: request.groupInstanceId ?? member.instanceId,
    rackId: subscription.rackId || member.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    subscribedTopicNames: sortedNames(subscription.topics),
    subscribedTopicRegex: "",
    clientId: context.clientId ?? "",
    clientHost: context.clientHost,
    classic: { sessionTimeoutMs, protocols },
  };
}

interface Joined {
  readonly change: MemberChange;
  readonly changed: SubscriptionChange;
  readonly claimed: readonly TopicPartitions[];
  readonly asked: ClassicSpeaker;
}

function settle(deciding: Deciding, { change, changed, claimed, asked }: Joined): ConsumerMember {
  const target = currentTarget(deciding, change, changed);
  const { hasSubscriptionChanged } = changed;
  return reconcile(deciding, asked, { target, hasSubscriptionChanged, claimed });
}

/** With the last member of the consumer protocol gone, the group becomes a classic one. */
function downgrade(deciding: Deciding, { changed, claimed, asked }: Joined): ConsumerMember {
  const { group } = deciding;
  const isStale = group.assignmentEpoch < changed.epoch;
  const { memberId, instanceId } = asked;
  const target = { epoch: group.assignmentEpoch, assignment: group.targetOf(memberId, instanceId) };
  const { hasSubscriptionChanged } = changed;
  const after = isStale
    ? asked
    : reconcile(deciding, asked, { target, hasSubscriptionChanged, claimed });
  convertToClassic(deciding, {
    leaving: [],
    joining: { ...after, classic: asked.classic },
    rebalanceReason: isStale ? "downgrade with an assignment that is out of date" : undefined,
  });
  return after;
}

function answered(
  deciding: Deciding,
  { request, answer }: ClassicJoin,
  { after, isDowngrade }: { readonly after: ConsumerMember; readonly isDowngrade: boolean },
): Outcome {
  const { group, world } = deciding;
  const { memberId } = after;
  const response: JoinGroupResponseInput = {
    ...joinRefusal(ErrorCode.NONE, memberId),
    generationId: after.memberEpoch,
    protocolType: group.protocolType,
    protocolName: request.protocols[0]?.name ?? "",
  };
  deciding.whenReplayed(() => {
    if (isDowngrade) return;
    const { deadlines } = group;
    const now = world.clock.monotonicMs();
    deadlines.joined(memberId);
    deadlines.renewSession(memberId, now + request.sessionTimeoutMs);
    deadlines.expectSync(memberId, now + request.rebalanceTimeoutMs);
  });
  return deciding.outcome({
    whenCommitted: () => answer(response),
    whenNotCommitted: (errorCode) => answer(joinRefusal(errorCode, memberId)),
  });
}
