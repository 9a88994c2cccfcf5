import type { Assignment } from "../assignment.ts";

/** A member as an assignor sees it. */
export interface MemberSpec {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Ids of topics that exist. */
  readonly topicIds: ReadonlySet<string>;
  /** What the last target assignment gave it. */
  readonly assigned: Assignment;
}

export interface GroupSpec {
  /** In the order in which Kafka's assignor walks them. */
  readonly members: readonly MemberSpec[];
  /** Every member subscribes to the same topics. */
  readonly isHomogeneous: boolean;
  /** Undefined where there is no such topic. */
  partitionCount(topicId: string): number | undefined;
}

/** Shares the partitions out: by member id. Who is missing gets nothing. */
export type GroupAssignment = ReadonlyMap<string, Assignment>;

/** A way to share partitions (Kafka's ConsumerGroupPartitionAssignor). Pure. */
export interface Assignor {
  readonly name: string;
  assign(group: GroupSpec): GroupAssignment;
}

/** @throws Error, since only topics that exist are put into a spec */
export function partitionCountOf(group: GroupSpec, topicId: string): number {
  const count = group.partitionCount(topicId);
  if (count === undefined) throw new Error(`members subscribe to ${topicId}, which is no topic`);
  return count;
}

/** A copy of an assignment that may be changed. */
export function copyOf(assignment: Assignment): Map<string, Set<number>> {
  const copy = new Map<string, Set<number>>();
  for (const [topicId, partitions] of assignment) copy.set(topicId, new Set(partitions));
  return copy;
}
