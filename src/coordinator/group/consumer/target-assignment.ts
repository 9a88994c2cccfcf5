import { inHashMapOrder } from "../../java-hash.ts";
import { type Assignment, NO_PARTITIONS, sameAssignment } from "./assignment.ts";
import type { Assignor, MemberSpec } from "./assignors/assignor.ts";
import { rangeAssignor } from "./assignors/range.ts";
import { uniformAssignor } from "./assignors/uniform.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { ConsumerMember } from "./consumer-member.ts";
import type { ConsumerGroupRecord, ResolvedRegex } from "./consumer-record.ts";
import type { TopicCatalog } from "./metadata-hash.ts";
import { topicNamesOf } from "./subscriptions.ts";

const assignors: ReadonlyMap<string, Assignor> = new Map(
  [uniformAssignor, rangeAssignor].map((assignor) => [assignor.name, assignor]),
);

export interface TargetTerms {
  readonly epoch: number;
  readonly isHomogeneous: boolean;
  readonly assignorName: string;
  readonly topics: TopicCatalog;
  /** Wall-clock time. */
  readonly nowMs: number;
}

/** A new target assignment of the group, with `updated` as one of its members. */
export function computeTarget(
  group: ConsumerGroup,
  updated: ConsumerMember,
  terms: TargetTerms,
): { readonly target: Assignment; readonly records: ConsumerGroupRecord[] } {
  const { topics } = terms;
  const assignor = assignors.get(terms.assignorName) ?? uniformAssignor;
  const members = membersWith(group, updated);
  const specs = new Map(
    members.map((member) => [member.memberId, specOf(member, group, terms.topics)]),
  );
  const inOrder = inHashMapOrder([...specs.keys()]).flatMap((id) => specs.get(id) ?? []);
  const assigned = assignor.assign({
    members: inOrder,
    isHomogeneous: terms.isHomogeneous,
    partitionCount: (topicId) => {
      const name = topics.topicName(topicId);
      return name === undefined ? undefined : topics.partitionCount(name);
    },
  });
  const records: ConsumerGroupRecord[] = [];
  const { groupId } = group;
  for (const { memberId } of inOrder) {
    const value = assigned.get(memberId) ?? NO_PARTITIONS;
    const known = specs.get(memberId)?.assigned ?? NO_PARTITIONS;
    // What is the same needs no record, unless a member has none at all.
    if (known !== NO_PARTITIONS && sameAssignment(value, known)) continue;
    records.push({ type: "consumer-target", groupId, memberId, value });
  }
  records.push({
    type: "consumer-target-epoch",
    groupId,
    value: { assignmentEpoch: terms.epoch, timestampMs: terms.nowMs },
  });
  return { target: assigned.get(updated.memberId) ?? NO_PARTITIONS, records };
}

/** The members as they will be: a static member that is back takes the place of what it was. */
function membersWith(group: ConsumerGroup, updated: ConsumerMember): ConsumerMember[] {
  const replaced = group.staticMember(updated.instanceId);
  const members: ConsumerMember[] = [];
  let isThere = false;
  for (const member of group.members()) {
    if (member.memberId === updated.memberId) {
      members.push(updated);
      isThere = true;
    } else if (member !== replaced) members.push(member);
  }
  if (!isThere) members.push(updated);
  return members;
}

function specOf(member: ConsumerMember, group: ConsumerGroup, topics: TopicCatalog): MemberSpec {
  const { memberId, instanceId } = member;
  return {
    memberId,
    instanceId,
    topicIds: topicIdsOf(member, group.subscriptions.resolved, topics),
    assigned: group.targetOf(memberId, instanceId),
  };
}

/** Ids of the topics that a member subscribes to and that exist. */
export function topicIdsOf(
  member: ConsumerMember,
  resolved: ReadonlyMap<string, ResolvedRegex>,
  topics: TopicCatalog,
): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const name of topicNamesOf(member, resolved)) {
    const id = topics.topicId(name);
    if (id !== undefined) ids.add(id);
  }
  return ids;
}
