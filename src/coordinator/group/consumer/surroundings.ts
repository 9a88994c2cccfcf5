import type { ClassicSurroundings } from "../classic/rebalance.ts";
import type { TopicCatalog, TopicHashes } from "./metadata-hash.ts";

/** What the rules of consumer groups need of the world. */
export interface ConsumerSurroundings extends ClassicSurroundings {
  readonly topics: TopicCatalog;
  readonly topicHashes: TopicHashes;
  /** What is set for one group (IncrementalAlterConfigs), by name. */
  readonly groupConfigs: (groupId: string) => ReadonlyMap<string, string>;
}

/** How long a member may be silent, in ms. */
export function sessionTimeoutMs(groupId: string, world: ConsumerSurroundings): number {
  const { settings } = world;
  return (
    within(
      ownSetting(groupId, "consumer.session.timeout.ms", world),
      settings.groupConsumerMinSessionTimeoutMs,
      settings.groupConsumerMaxSessionTimeoutMs,
    ) ?? settings.groupConsumerSessionTimeoutMs
  );
}

/** How often members are asked to heartbeat, in ms. */
export function heartbeatIntervalMs(groupId: string, world: ConsumerSurroundings): number {
  const { settings } = world;
  return (
    within(
      ownSetting(groupId, "consumer.heartbeat.interval.ms", world),
      settings.groupConsumerMinHeartbeatIntervalMs,
      settings.groupConsumerMaxHeartbeatIntervalMs,
    ) ?? settings.groupConsumerHeartbeatIntervalMs
  );
}

/** The least time between two target assignments, in ms; 0 for none. */
export function assignmentIntervalMs(groupId: string, world: ConsumerSurroundings): number {
  const { settings } = world;
  return (
    within(
      ownSetting(groupId, "consumer.assignment.interval.ms", world),
      settings.groupConsumerMinAssignmentIntervalMs,
      settings.groupConsumerMaxAssignmentIntervalMs,
    ) ?? settings.groupConsumerAssignmentIntervalMs
  );
}

function ownSetting(
  groupId: string,
  name: string,
  { groupConfigs }: ConsumerSurroundings,
): number | undefined {
  const text = groupConfigs(groupId).get(name);
  return text === undefined ? undefined : Number(text);
}

/** A group cannot leave the bounds that the broker sets. */
function within(value: number | undefined, min: number, max: number): number | undefined {
  return value === undefined ? undefined : Math.min(Math.max(value, min), max);
}

/** The assignor of groups whose members do not ask for one. */
export function defaultAssignor({ settings }: ConsumerSurroundings): string {
  return settings.groupConsumerAssignors[0] ?? "uniform";
}
