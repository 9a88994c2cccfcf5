import type { Assignment, TopicPartitions } from "./assignment.ts";
import {
  type ConsumerMember,
  isReconciledTo,
  MemberState,
  sameCurrent,
  withCurrent,
} from "./consumer-member.ts";
import { nextAssignment } from "./current-assignment.ts";
import type { Deciding } from "./deciding.ts";
import {
  type MemberChange,
  type SubscriptionChange,
  subscriptionsAfter,
} from "./subscription-change.ts";
import { assignmentIntervalMs, defaultAssignor } from "./surroundings.ts";
import { computeTarget, topicIdsOf } from "./target-assignment.ts";

/** What a member should own, and the epoch of that. */
export interface Target {
  readonly epoch: number;
  readonly assignment: Assignment;
}

/**
 * The target assignment: a new one if the group epoch has moved on, unless the last one is too young
 * (`group.consumer.assignment.interval.ms`): then some later heartbeat computes it.
 */
export function currentTarget(
  deciding: Deciding,
  change: MemberChange,
  { epoch }: SubscriptionChange,
): Target {
  const { group, records, world } = deciding;
  const { memberId, instanceId } = change.after;
  if (group.assignmentEpoch >= epoch || !mayComputeTarget(deciding)) {
    return { epoch: group.assignmentEpoch, assignment: group.targetOf(memberId, instanceId) };
  }
  const isKnown =
    group.member(memberId) !== undefined || group.staticMember(instanceId) !== undefined;
  const memberCount = group.memberCount + (isKnown ? 0 : 1);
  const { target, records: targets } = computeTarget(group, change.after, {
    epoch,
    isHomogeneous: subscriptionsAfter(deciding, change).isHomogeneous(memberCount),
    assignorName: group.preferredAssignor(change.before, change.after) ?? defaultAssignor(world),
    topics: world.topics,
    nowMs: world.clock.now(),
  });
  // One by one: a group may have more members than a call takes arguments.
  for (const record of targets) records.push(record);
  return { epoch, assignment: target };
}

function mayComputeTarget({ group, world }: Deciding): boolean {
  const { assignmentTimestampMs, groupId } = group;
  if (assignmentTimestampMs === 0) return true;
  const intervalMs = assignmentIntervalMs(groupId, world);
  return intervalMs === 0 || world.clock.now() >= assignmentTimestampMs + intervalMs;
}

/**
 * Leads the member a step towards its target, if it is not there. A member that has to give
 * partitions up has its rebalance timeout for that.
 *
 * @throws KafkaError FENCED_MEMBER_EPOCH
 */
export function reconcile(
  deciding: Deciding,
  member: ConsumerMember,
  given: {
    readonly target: Target;
    readonly hasSubscriptionChanged: boolean;
    readonly claimed: readonly TopicPartitions[] | null;
  },
): ConsumerMember {
  const { target, hasSubscriptionChanged, claimed } = given;
  if (!hasSubscriptionChanged && isReconciledTo(member, target.epoch)) return member;
  const { group, records, world } = deciding;
  const current = nextAssignment(member, {
    targetEpoch: target.epoch,
    target: target.assignment,
    subscribedTopicIds: topicIdsOf(member, group.subscriptions.resolved, world.topics),
    hasSubscriptionChanged,
    ownedAt: (topicId, partition) => group.ownedAt(topicId, partition),
    claimed,
  });
  if (sameCurrent(current, member)) return member;
  const { groupId } = group;
  const { memberId, rebalanceTimeoutMs } = member;
  const updated = withCurrent(member, current);
  records.push({ type: "consumer-current", groupId, memberId, value: updated });
  if (member.classic === undefined) {
    deciding.whenReplayed(() => {
      if (updated.state !== MemberState.UNREVOKED_PARTITIONS) group.deadlines.revoked(memberId);
      else {
        const atMs = world.clock.monotonicMs() + rebalanceTimeoutMs;
        group.deadlines.expectRevocation(memberId, atMs, updated.memberEpoch);
      }
    });
  }
  return updated;
}
