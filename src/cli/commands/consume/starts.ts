import type { ClusterClient } from "../../../client/cluster-client.ts";
import { offsetsAt } from "../../../client/offsets.ts";
import { currentLeaders, type TopicPartition } from "../../../client/partitions.ts";

/**
 * By `keyOf`, offsets to begin at, without partitions that were deleted meanwhile.
 *
 * @param spec an `OffsetSpec`
 */
export async function startsAt(
  client: ClusterClient,
  partitions: readonly TopicPartition[],
  spec: number,
): Promise<Map<string, number>> {
  if (partitions.length === 0) return new Map();
  const { missing } = await currentLeaders(client, partitions);
  const there = partitions.filter((at) => !missing.includes(at));
  return there.length === 0 ? new Map() : offsetsAt(client, there, spec);
}
