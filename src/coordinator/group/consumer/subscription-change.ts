import { type ConsumerMember, sameMetadata, sameNames } from "./consumer-member.ts";
import type { Deciding } from "./deciding.ts";
import { checkRegex } from "./regular-expressions.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { defaultAssignor } from "./surroundings.ts";

/** The least time between two resolutions of a group's regular expressions. */
const MIN_REFRESH_INTERVAL_MS = 10_000;

/** A member before and after what it asks for. */
export interface MemberChange {
  readonly before: ConsumerMember;
  readonly after: ConsumerMember;
}

/** What the change of a member does to its group. */
export interface SubscriptionChange {
  /** The group epoch it leads to. */
  readonly epoch: number;
  /** The member reads other topics than before, or will once its regular expression is resolved. */
  readonly hasSubscriptionChanged: boolean;
}

/**
 * Records that a member changed, and lets the group epoch follow if that concerns the assignment, or
 * if subscribed topics have changed meanwhile.
 *
 * @throws KafkaError INVALID_REGULAR_EXPRESSION
 */
export function changeSubscription(deciding: Deciding, change: MemberChange): SubscriptionChange {
  const { group, records } = deciding;
  const { before, after } = change;
  const { memberId } = after;
  if (before !== after && !sameMetadata(before, after)) {
    records.push({ type: "consumer-member", groupId: group.groupId, memberId, value: after });
  }
  const haveNamesChanged = !sameNames(before.subscribedTopicNames, after.subscribedTopicNames);
  const regex = changeRegex(deciding, change);
  // For members of the classic protocol, which have none, giving a regular expression up counts at once.
  const isRegexSettled =
    regex === "settled" || (regex === "changed" && after.classic !== undefined);
  const bump = haveNamesChanged || isRegexSettled || hasPreferredAssignorChanged(deciding, change);
  const hasSubscriptionChanged = haveNamesChanged || regex !== "same";
  if (!bump && !group.isMetadataStale) return { epoch: group.epoch, hasSubscriptionChanged };
  return { epoch: bumpEpoch(deciding, change, bump), hasSubscriptionChanged };
}

/** The group's subscriptions once the change has happened. */
export function subscriptionsAfter({ group }: Deciding, change: MemberChange): Subscriptions {
  if (change.before === change.after) return group.subscriptions;
  const subscriptions = group.subscriptions.copy();
  subscriptions.update(change.before, change.after);
  subscriptions.forgetUnusedRegexes();
  return subscriptions;
}

function bumpEpoch(deciding: Deciding, change: MemberChange, isForced: boolean): number {
  const { group, records, world } = deciding;
  const { groupId } = group;
  const topics = subscriptionsAfter(deciding, change).topics();
  const metadataHash = world.topicHashes.ofAll(topics);
  deciding.whenReplayed(() => {
    group.isMetadataStale = false;
  });
  if (group.hasPartitionMetadata) {
    records.push({ type: "consumer-partition-metadata", groupId, value: null });
  }
  if (!isForced && metadataHash === group.metadataHash) return group.epoch;
  const epoch = group.epoch + 1;
  records.push({ type: "consumer-epoch", groupId, value: { epoch, metadataHash } });
  world.logger.info("bumped the epoch of a consumer group", { groupId, epoch });
  return epoch;
}

function hasPreferredAssignorChanged(
  { group, world }: Deciding,
  { before, after }: MemberChange,
): boolean {
  if (before.serverAssignor === after.serverAssignor) return false;
  const byDefault = defaultAssignor(world);
  const preferred = group.preferredAssignor() ?? byDefault;
  return preferred !== (group.preferredAssignor(before, after) ?? byDefault);
}

/** "settled": which topics the member reads now is known. "changed": it has yet to be resolved. */
type RegexChange = "same" | "changed" | "settled";

function changeRegex(deciding: Deciding, change: MemberChange): RegexChange {
  const { subscriptions } = deciding.group;
  const status = recordRegex(deciding, change);
  const { before, after } = change;
  const isNew =
    before.subscribedTopicRegex !== after.subscribedTopicRegex &&
    after.subscribedTopicRegex !== "" &&
    subscriptions.subscribersOf(after.subscribedTopicRegex) === 0;
  if (isNew || subscriptions.regexCount > 0) refreshIfDue(deciding, change, isNew);
  return status;
}

function recordRegex(deciding: Deciding, { before, after }: MemberChange): RegexChange {
  const { group, records, regexes } = deciding;
  const old = before.subscribedTopicRegex;
  const regex = after.subscribedTopicRegex;
  if (old === regex) return "same";
  const { subscriptions, groupId } = group;
  if (old !== "" && subscriptions.subscribersOf(old) === 1) {
    records.push({ type: "consumer-regex", groupId, regex: old, value: null });
  }
  if (regex === "") return "settled";
  if (subscriptions.subscribersOf(regex) > 0) {
    return subscriptions.resolved.has(regex) ? "settled" : "changed";
  }
  if (regexes.engine !== undefined) checkRegex(regex, regexes.engine);
  return "changed";
}

/** Has all regular expressions resolved anew: not too often, and not twice at the same time. */
function refreshIfDue(deciding: Deciding, change: MemberChange, isNew: boolean): void {
  const { group, regexes, world } = deciding;
  const { subscriptions } = group;
  if (regexes.isUnderWay) return;
  const last = subscriptions.resolved.values().next().value;
  const sinceMs =
    last === undefined ? Number.POSITIVE_INFINITY : world.clock.now() - last.timestampMs;
  if (sinceMs <= MIN_REFRESH_INTERVAL_MS) return;
  const version = last?.version ?? 0;
  const isDue =
    isNew ||
    subscriptions.regexCount !== subscriptions.resolved.size ||
    change.before.subscribedTopicRegex !== change.after.subscribedTopicRegex ||
    version < regexes.newTopicsRevision ||
    // Resolved by the metadata of another broker's, which counts from elsewhere.
    version > world.topics.revision() ||
    sinceMs > world.settings.groupConsumerRegexRefreshIntervalMs;
  if (!isDue) return;
  const wanted = subscriptions.copy();
  wanted.update(change.before, change.after);
  const all = wanted.regexes();
  if (all.length > 0) deciding.whenReplayed(() => regexes.start(all));
}
