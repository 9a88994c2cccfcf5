import type { ClusterClient } from "../../../client/cluster-client.ts";
import { committedOffsets, logOffsets } from "../../../client/offsets.ts";
import { comparePartitions, keyOf, type TopicPartition } from "../../../client/partitions.ts";
import { OffsetSpec } from "../../../protocol/offset-spec.ts";
import { row, widthOf } from "../../tool/columns.ts";
import { describeTopics } from "../../tool/topics.ts";
import type { GroupDescription, MemberDescription } from "./description.ts";
import { wrapping } from "./work.ts";

/** A partition that a group reads, or has read. */
export interface PartitionRow extends TopicPartition {
  /** Undefined: nothing is committed. */
  readonly offset: number | undefined;
  readonly leaderEpoch: number | undefined;
  /** Undefined: the partition has no leader to say. */
  readonly end: number | undefined;
  readonly lag: number | undefined;
  /** Undefined: nobody has it. */
  readonly member: MemberDescription | undefined;
}

const WIDTH = 15;
const PARTITION_WIDTH = 10;
const NONE = "-";

/**
 * Members' partitions, those of the members with most of them first, then what is committed of
 * partitions that nobody has.
 *
 * @throws Error
 */
export async function partitionRows(
  client: ClusterClient,
  { groupId, members }: GroupDescription,
): Promise<PartitionRow[]> {
  const committed = await wrapping(() => committedOffsets(client, groupId));
  const byKey = new Map(committed.map((one) => [keyOf(one), one]));
  const busiest = [...members].sort((one, two) => two.assignment.length - one.assignment.length);
  const assigned = busiest.flatMap((member) =>
    member.assignment.map(({ topic, partition }) => ({ topic, partition, member })),
  );
  const taken = new Set(assigned.map(keyOf));
  const free = committed
    .filter((one) => !taken.has(keyOf(one)))
    .sort(comparePartitions)
    .map(({ topic, partition }) => ({ topic, partition, member: undefined }));
  const all = [...assigned, ...free];
  const ends = await wrapping(() => endsOf(client, all));
  return all.map((item) => {
    const at = byKey.get(keyOf(item));
    const end = ends.get(keyOf(item));
    const lag = at === undefined || end === undefined ? undefined : end - at.offset;
    const leaderEpoch = at === undefined || at.leaderEpoch < 0 ? undefined : at.leaderEpoch;
    return { ...item, offset: at?.offset, leaderEpoch, end, lag };
  });
}

async function endsOf(
  client: ClusterClient,
  items: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const topics = await describeTopics(client, [...new Set(items.map(({ topic }) => topic))]);
  const led = new Set(
    topics.flatMap(({ name: topic, partitions }) =>
      partitions
        .filter(({ leader }) => leader !== undefined)
        .map(({ partition }) => keyOf({ topic, partition })),
    ),
  );
  const asked = items
    .filter((item) => led.has(keyOf(item)))
    .map(({ topic, partition }) => ({ topic, partition, timestamp: OffsetSpec.LATEST }));
  const { offsets, refused } = await logOffsets(client, asked);
  for (const error of refused.values()) throw error;
  return new Map(offsets.map((one) => [keyOf(one), one.offset]));
}

export function offsetTable(
  groupId: string,
  rows: readonly PartitionRow[],
  isVerbose: boolean,
): string {
  const memberIds = rows.map(({ member }) => member?.memberId ?? NONE);
  const hosts = rows.map(({ member }) => member?.host ?? NONE);
  const topics = rows.map(({ topic }) => topic);
  const widths = [
    widthOf([groupId], WIDTH),
    widthOf(topics, WIDTH),
    PARTITION_WIDTH,
    ...(isVerbose ? [WIDTH] : []),
    ...[WIDTH, WIDTH, WIDTH],
    widthOf(memberIds, WIDTH),
    widthOf(hosts, WIDTH),
  ];
  const head = [
    ...["GROUP", "TOPIC", "PARTITION"],
    ...(isVerbose ? ["LEADER-EPOCH"] : []),
    ...["CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"],
  ];
  const lines = rows.map(({ topic, partition, leaderEpoch, offset, end, lag, member }) => [
    ...[groupId, topic, partition],
    ...(isVerbose ? [leaderEpoch ?? NONE] : []),
    ...[offset ?? NONE, end ?? NONE, lag ?? NONE],
    ...[member?.memberId ?? NONE, member?.host ?? NONE, member?.clientId ?? NONE],
  ]);
  return `${[head, ...lines].map((cells) => `\n${row(cells, widths)}`).join("")}\n`;
}
