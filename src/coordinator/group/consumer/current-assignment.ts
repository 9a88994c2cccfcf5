import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import {
  type Assignment,
  NOTHING_OWNED,
  type OwnedPartitions,
  type TopicPartitions,
} from "./assignment.ts";
import { type ConsumerMember, type CurrentAssignment, MemberState } from "./consumer-member.ts";

/** What a member's next step depends on. */
export interface Reconciliation {
  readonly targetEpoch: number;
  readonly target: Assignment;
  /** Ids of the topics that the member subscribes to now: of others it gets nothing, whatever the target. */
  readonly subscribedTopicIds: ReadonlySet<string>;
  readonly hasSubscriptionChanged: boolean;
  /** The member epoch of whoever owns a partition, -1 if it is free. */
  ownedAt(topicId: string, partition: number): number;
  /** What the member says that it owns; null if it says nothing. */
  readonly claimed: readonly TopicPartitions[] | null;
}

/**
 * Leads a member one step towards its target assignment (Kafka's CurrentAssignmentBuilder): first it
 * gives up what it should not have, and stays at its epoch until it says that it did. Then it enters
 * the target's epoch with all partitions that are free, and gets the others as they become so.
 *
 * @throws KafkaError FENCED_MEMBER_EPOCH for a member in a state that only a newer broker knows
 */
export function nextAssignment(member: ConsumerMember, given: Reconciliation): CurrentAssignment {
  switch (member.state) {
    case MemberState.STABLE:
      if (member.memberEpoch !== given.targetEpoch) return towardsTarget(member, given);
      return given.hasSubscriptionChanged ? withoutUnsubscribed(member, given) : member;
    case MemberState.UNREVOKED_PARTITIONS:
      if (!stillOwns(given.claimed, member.pendingRevocation)) return towardsTarget(member, given);
      return given.hasSubscriptionChanged ? withoutUnsubscribed(member, given) : member;
    case MemberState.UNRELEASED_PARTITIONS:
      return towardsTarget(member, given);
    default:
      if (given.claimed?.length === 0) return towardsTarget(member, given);
      throw new KafkaError(
        ErrorCode.FENCED_MEMBER_EPOCH,
        "The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.",
      );
  }
}

/** Whoever does not say what it owns may own anything. */
function stillOwns(claimed: readonly TopicPartitions[] | null, revoked: OwnedPartitions): boolean {
  if (claimed === null) return true;
  return claimed.some(({ topicId, partitions }) => {
    const pending = revoked.get(topicId);
    return pending !== undefined && partitions.some((partition) => pending.has(partition));
  });
}

/** The target is not to be followed yet, but topics that the member no longer reads can go. */
function withoutUnsubscribed(member: ConsumerMember, given: Reconciliation): CurrentAssignment {
  const assigned = new Map<string, ReadonlyMap<number, number>>();
  const pending = new Map(member.pendingRevocation);
  for (const [topicId, partitions] of member.assigned) {
    if (given.subscribedTopicIds.has(topicId)) assigned.set(topicId, partitions);
    else pending.set(topicId, new Map([...(pending.get(topicId) ?? []), ...partitions]));
  }
  if (assigned.size === member.assigned.size) return member;
  const isRevoking = stillOwns(given.claimed, pending);
  return {
    memberEpoch: member.memberEpoch,
    previousMemberEpoch: member.memberEpoch,
    state: isRevoking ? MemberState.UNREVOKED_PARTITIONS : member.state,
    assigned,
    pendingRevocation: isRevoking ? pending : member.pendingRevocation,
  };
}

/** How what a member has and what it should have compare. */
interface Comparison {
  readonly kept: Map<string, Map<number, number>>;
  readonly revoked: Map<string, Map<number, number>>;
  /** Wanted, and free. */
  readonly added: Map<string, number[]>;
  /** Something wanted is still somebody else's. */
  isWaiting: boolean;
}

function towardsTarget(member: ConsumerMember, given: Reconciliation): CurrentAssignment {
  const { kept, revoked, added, isWaiting } = compare(member, given);
  if (revoked.size > 0 && stillOwns(given.claimed, revoked)) {
    return {
      memberEpoch: member.memberEpoch,
      previousMemberEpoch: member.memberEpoch,
      state: MemberState.UNREVOKED_PARTITIONS,
      assigned: kept,
      pendingRevocation: revoked,
    };
  }
  for (const [topicId, partitions] of added) {
    const assigned = kept.get(topicId) ?? new Map();
    for (const partition of partitions) assigned.set(partition, given.targetEpoch);
    kept.set(topicId, assigned);
  }
  return {
    memberEpoch: given.targetEpoch,
    previousMemberEpoch: member.memberEpoch,
    state: isWaiting ? MemberState.UNRELEASED_PARTITIONS : MemberState.STABLE,
    assigned: kept,
    pendingRevocation: NOTHING_OWNED,
  };
}

function compare(member: ConsumerMember, given: Reconciliation): Comparison {
  const comparison: Comparison = {
    kept: new Map(),
    revoked: new Map(),
    added: new Map(),
    isWaiting: false,
  };
  const none: ReadonlySet<number> = new Set();
  for (const topicId of new Set([...given.target.keys(), ...member.assigned.keys()])) {
    const isSubscribed = given.subscribedTopicIds.has(topicId);
    const target = isSubscribed ? (given.target.get(topicId) ?? none) : none;
    compareTopic(topicId, { member, given, target }, comparison);
  }
  return comparison;
}

function compareTopic(
  topicId: string,
  around: {
    readonly member: ConsumerMember;
    readonly given: Reconciliation;
    readonly target: ReadonlySet<number>;
  },
  comparison: Comparison,
): void {
  const { member, given, target } = around;
  const current = member.assigned.get(topicId);
  const kept = new Map<number, number>();
  const revoked = new Map<number, number>();
  for (const [partition, epoch] of current ?? []) {
    (target.has(partition) ? kept : revoked).set(partition, epoch);
  }
  const added: number[] = [];
  const pending = member.pendingRevocation.get(topicId);
  for (const partition of target) {
    if (kept.has(partition)) continue;
    // What it was asked to give up and still holds counts as free for itself.
    const isFree = given.ownedAt(topicId, partition) === -1 || pending?.has(partition) === true;
    if (isFree) added.push(partition);
    else comparison.isWaiting = true;
  }
  if (kept.size > 0) comparison.kept.set(topicId, kept);
  if (revoked.size > 0) comparison.revoked.set(topicId, revoked);
  if (added.length > 0) comparison.added.set(topicId, added);
}
