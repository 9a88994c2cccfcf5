import type { TopicPartition } from "./partitions.ts";

/** A member of a group and what it wants to read. */
export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/**
 * Gives each topic's partitions in one piece to each of its subscribers, in the order of their ids;
 * the first few get one more where it does not come out even (Kafka's RangeAssignor).
 *
 * @param partitionCounts by topic; topics that are not there are given to nobody
 */
export function assignRanges(
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const sorted = [...subscribers].sort((one, other) => (one.memberId < other.memberId ? -1 : 1));
  const assigned = new Map<string, TopicPartition[]>(sorted.map((each) => [each.memberId, []]));
  for (const [topic, count] of partitionCounts) {
    const takers = sorted.filter(({ topics }) => topics.includes(topic));
    let first = 0;
    for (const [index, { memberId }] of takers.entries()) {
      const size = Math.floor(count / takers.length) + (index < count % takers.length ? 1 : 0);
      for (let partition = first; partition < first + size; partition++) {
        assigned.get(memberId)?.push({ topic, partition });
      }
      first += size;
    }
  }
  return assigned;
}
