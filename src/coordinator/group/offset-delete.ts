import { ErrorCode } from "../../protocol/errors.ts";
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from "../../protocol/generated/offset-delete.ts";
import type { Group } from "./group.ts";
import type { GroupRecord } from "./group-record.ts";
import type { OffsetsByTopic } from "./offset-store.ts";

/** Deletes offsets of topics that no member reads. What was never committed counts as deleted. */
export function deleteOffsets(
  group: Group,
  offsets: OffsetsByTopic | undefined,
  request: OffsetDeleteRequest,
): { readonly records: GroupRecord[]; readonly response: OffsetDeleteResponseInput } {
  const { groupId } = request;
  const records: GroupRecord[] = [];
  const topics = request.topics.map(({ name, partitions }) => {
    const isRead = group.isSubscribedTo(name);
    const errorCode = isRead ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE;
    for (const { partitionIndex: partition } of partitions) {
      if (isRead || !offsets?.get(name)?.has(partition)) continue;
      records.push({ type: "offset", groupId, topic: name, partition, value: null });
    }
    return {
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    };
  });
  return { records, response: { errorCode: ErrorCode.NONE, throttleTimeMs: 0, topics } };
}
