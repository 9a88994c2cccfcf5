import { type GroupRecord, NOTHING, type Outcome } from "../group-record.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { ResolvedRegex } from "./consumer-record.ts";
import type { ConsumerSurroundings } from "./surroundings.ts";

/**
 * Takes note of what a group's regular expressions stand for now. The group epoch follows if that has
 * changed, and members get their partitions at their next heartbeats.
 */
export function takeResolved(
  group: ConsumerGroup,
  resolved: ReadonlyMap<string, ResolvedRegex>,
  world: ConsumerSurroundings,
): Outcome {
  const { groupId, subscriptions } = group;
  const after = subscriptions.copy();
  const records: GroupRecord[] = [];
  let hasChanged = false;
  for (const [regex, value] of resolved) {
    // Nobody may be interested any more.
    if (subscriptions.subscribersOf(regex) === 0) continue;
    hasChanged ||= !sameTopics(subscriptions.resolved.get(regex)?.topics, value.topics);
    after.resolve(regex, value);
    records.push({ type: "consumer-regex", groupId, regex, value });
  }
  if (records.length === 0) return NOTHING;
  const metadataHash = world.topicHashes.ofAll(after.topics());
  if (!hasChanged && metadataHash === group.metadataHash) return { records };
  const epoch = group.epoch + 1;
  records.push({ type: "consumer-epoch", groupId, value: { epoch, metadataHash } });
  const whenReplayed = () => {
    group.isMetadataStale = false;
  };
  return { records, whenReplayed };
}

function sameTopics(one: ReadonlySet<string> | undefined, other: ReadonlySet<string>): boolean {
  if ((one?.size ?? 0) !== other.size) return false;
  for (const topic of other) if (!one?.has(topic)) return false;
  return true;
}
