import { copiedHashOrder, uuidHashCode, uuidsInHashMapOrder } from "../../../java-hash.ts";
import type { Assignment } from "../assignment.ts";
import {
  copyOf,
  type GroupAssignment,
  type GroupSpec,
  type MemberSpec,
  partitionCountOf,
} from "./assignor.ts";

interface Partition {
  readonly topicId: string;
  readonly index: number;
}

const NOTHING: ReadonlySet<number> = new Set();

/** How many partitions members may have; some of them one more than the others. */
interface Quotas {
  readonly minimum: number;
  /** How many members are still to get one more. */
  extra: number;
}

/**
 * All members read the same topics: each gets the same number of partitions, some one more. First
 * everybody keeps of what he has as much as his quota allows, then the rest fills the gaps.
 */
export function assignHomogeneous(group: GroupSpec): GroupAssignment {
  const topicIds = copiedHashOrder([...(group.members[0]?.topicIds ?? [])], uuidHashCode);
  if (topicIds.length === 0) return new Map();

  const owned = ownedPartitions(group.members);
  const unassigned: Partition[] = [];
  let total = 0;
  for (const topicId of topicIds) {
    const count = partitionCountOf(group, topicId);
    total += count;
    for (let index = 0; index < count; index++) {
      if (!owned.get(topicId)?.has(index)) unassigned.push({ topicId, index });
    }
  }

  const memberCount = group.members.length;
  const quotas = { minimum: Math.floor(total / memberCount), extra: total % memberCount };
  const subscribed = new Set(topicIds);
  const kept = new Map<string, Assignment>();
  const gaps: { readonly memberId: string; readonly size: number }[] = [];
  for (const [at, member] of group.members.entries()) {
    const { assignment, remainingQuota } = keep(member, subscribed, quotas, {
      unassigned,
      membersLeft: memberCount - at,
    });
    kept.set(member.memberId, assignment);
    if (remainingQuota > 0) gaps.push({ memberId: member.memberId, size: remainingQuota });
  }
  fill(kept, gaps, unassigned);
  return kept;
}

function ownedPartitions(members: readonly MemberSpec[]): Map<string, Set<number>> {
  const owned = new Map<string, Set<number>>();
  for (const { assigned } of members) {
    for (const [topicId, partitions] of assigned) {
      const known = owned.get(topicId) ?? new Set();
      for (const partition of partitions) known.add(partition);
      owned.set(topicId, known);
    }
  }
  return owned;
}

/** What a member may keep; what it has to give up goes to `unassigned`. */
function keep(
  { assigned }: MemberSpec,
  subscribed: ReadonlySet<string>,
  quotas: Quotas,
  around: { readonly unassigned: Partition[]; readonly membersLeft: number },
): { readonly assignment: Assignment; readonly remainingQuota: number } {
  let hasExtra = quotas.extra > 0;
  let quota = quotas.minimum + (hasExtra ? 1 : 0);
  let changed: Map<string, Set<number>> | undefined;
  for (const topicId of uuidsInHashMapOrder([...assigned.keys()])) {
    const partitions = assigned.get(topicId) ?? NOTHING;
    if (!subscribed.has(topicId)) {
      changed ??= copyOf(assigned);
      changed.delete(topicId);
      continue;
    }
    const kept = Math.min(partitions.size, quota);
    quota -= kept;
    if (kept === partitions.size) continue;
    changed ??= copyOf(assigned);
    takeAway(changed, topicId, kept, around.unassigned);
  }

  if (quota > 0 && hasExtra && around.membersLeft > quotas.extra) {
    // Whoever comes later may be using the extra partition already.
    quota--;
    hasExtra = false;
  }
  if (hasExtra) quotas.extra--;
  return { assignment: changed ?? assigned, remainingQuota: quota };
}

function takeAway(
  from: Map<string, Set<number>>,
  topicId: string,
  kept: number,
  unassigned: Partition[],
): void {
  const partitions = from.get(topicId) ?? new Set();
  for (const index of copiedHashOrder([...partitions], (partition) => partition).slice(kept)) {
    partitions.delete(index);
    unassigned.push({ topicId, index });
  }
  if (partitions.size === 0) from.delete(topicId);
}

function fill(
  kept: Map<string, Assignment>,
  gaps: readonly { readonly memberId: string; readonly size: number }[],
  unassigned: readonly Partition[],
): void {
  let next = 0;
  for (const { memberId, size } of gaps) {
    const assignment = copyOf(kept.get(memberId) ?? new Map());
    for (const { topicId, index } of unassigned.slice(next, next + size)) {
      const partitions = assignment.get(topicId) ?? new Set();
      partitions.add(index);
      assignment.set(topicId, partitions);
    }
    next += size;
    kept.set(memberId, assignment);
  }
  if (next < unassigned.length) throw new Error("partitions were left unassigned");
}
