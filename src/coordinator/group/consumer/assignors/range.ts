import type { Assignment } from "../assignment.ts";
import { type Assignor, type GroupSpec, type MemberSpec, partitionCountOf } from "./assignor.ts";

/** What of a topic is still to be dealt out. */
interface Remaining {
  readonly partitionCount: number;
  readonly quota: number;
  extra: number;
  next: number;
}

/**
 * Each topic's partitions are cut into ranges, one per subscriber, so that members that read the
 * same topics get the same partitions of all of them (co-partitioning). Static members come first,
 * by instance id, then the others by member id. It is sticky as far as that order is.
 */
export const rangeAssignor: Assignor = {
  name: "range",

  assign(group) {
    const members = [...group.members].sort(byInstanceThenMember);
    const topics = remainingOf(group, members);
    const assignments = new Map<string, Assignment>();
    for (const { memberId, topicIds } of members) {
      const assigned = new Map<string, ReadonlySet<number>>();
      for (const topicId of topicIds) {
        const remaining = topics.get(topicId);
        const range = remaining === undefined ? undefined : nextRange(remaining);
        if (range !== undefined) assigned.set(topicId, range);
      }
      assignments.set(memberId, assigned);
    }
    return assignments;
  },
};

function byInstanceThenMember(one: MemberSpec, other: MemberSpec): number {
  if (one.instanceId !== null && other.instanceId !== null) {
    return compare(one.instanceId, other.instanceId);
  }
  if (one.instanceId !== null) return -1;
  if (other.instanceId !== null) return 1;
  return compare(one.memberId, other.memberId);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function remainingOf(group: GroupSpec, members: readonly MemberSpec[]): Map<string, Remaining> {
  const subscribers = new Map<string, number>();
  for (const { topicIds } of members) {
    for (const topicId of topicIds) subscribers.set(topicId, (subscribers.get(topicId) ?? 0) + 1);
  }
  const topics = new Map<string, Remaining>();
  for (const [topicId, count] of subscribers) {
    const partitionCount = partitionCountOf(group, topicId);
    const quota = Math.floor(partitionCount / count);
    topics.set(topicId, { partitionCount, quota, extra: partitionCount % count, next: 0 });
  }
  return topics;
}

function nextRange(remaining: Remaining): ReadonlySet<number> | undefined {
  const start = remaining.next;
  let quota = remaining.quota;
  if (remaining.extra > 0) {
    quota++;
    remaining.extra--;
  }
  const end = Math.min(start + quota, remaining.partitionCount);
  remaining.next = end;
  if (start === end) return undefined;
  return new Set(Array.from({ length: end - start }, (_, i) => start + i));
}
