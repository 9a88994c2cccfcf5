import { tombstonesOf } from "./consumer/downgrade.ts";
import type { Group } from "./group.ts";
import type { GroupRecord } from "./group-record.ts";

/** Takes away what is persisted of a group without members, apart from its offsets. */
export function groupTombstones(group: Group): GroupRecord[] {
  return group.type === "consumer"
    ? tombstonesOf(group)
    : [{ type: "classic-group", groupId: group.groupId, value: null }];
}
