import type { Group } from "./group.ts";
import type { CommittedOffset, GroupRecord } from "./group-record.ts";
import { groupTombstones } from "./group-tombstones.ts";
import type { OffsetsByTopic } from "./offset-store.ts";

export interface ExpiryTerms {
  /** Wall-clock time. */
  readonly nowMs: number;
  readonly retentionMs: number;
}

/**
 * From when on the retention of an offset counts (KIP-211), or undefined while nothing expires:
 * since the group became empty; since the last commit for simple consumers, and for topics that the
 * members of a stable group no longer read. A group whose subscriptions we cannot read keeps all.
 */
function retentionBase(group: Group): ((offset: CommittedOffset) => number) | undefined {
  const sinceCommit = (offset: CommittedOffset) => offset.commitTimestampMs;
  if (group.type === "consumer" || group.protocolType === null) return sinceCommit;
  if (group.isEmpty) {
    const since = group.stateTimestampMs;
    return since === -1 ? sinceCommit : () => since;
  }
  const isReadable = group.usesConsumerProtocol && group.subscribedTopics !== undefined;
  return isReadable && group.state === "Stable" ? sinceCommit : undefined;
}

/** Tombstones of what is expired in a group, and of the group itself if it is empty and has nothing left. */
export function expireGroup(
  group: Group,
  offsets: OffsetsByTopic | undefined,
  terms: ExpiryTerms,
): GroupRecord[] {
  const { groupId } = group;
  const records: GroupRecord[] = [];
  let isAllExpired = true;
  const base = offsets === undefined ? undefined : retentionBase(group);
  for (const [topic, partitions] of offsets ?? []) {
    const isKept = base === undefined || group.isSubscribedTo(topic);
    for (const [partition, committed] of partitions) {
      if (isKept || !isExpired(committed, base, terms)) isAllExpired = false;
      else records.push({ type: "offset", groupId, topic, partition, value: null });
    }
  }
  const isOver = isAllExpired && group.isEmpty && !isAwaited(group);
  return isOver ? [...records, ...groupTombstones(group)] : records;
}

/** Somebody was given an id to join with. */
function isAwaited(group: Group): boolean {
  return group.type === "classic" && group.pendingCount > 0;
}

function isExpired(
  committed: CommittedOffset,
  base: (offset: CommittedOffset) => number,
  { nowMs, retentionMs }: ExpiryTerms,
): boolean {
  // A client before KIP-211 said itself when its offset expires.
  if (committed.expireTimestampMs !== -1) return nowMs >= committed.expireTimestampMs;
  return nowMs - base(committed) >= retentionMs;
}
