import type { ConsumerMember } from "./consumer-member.ts";
import type { Deciding } from "./deciding.ts";
import { convertToClassic, mayDowngrade } from "./downgrade.ts";
import { removal } from "./enrolment.ts";

/**
 * Takes members out of the group. If only members of the classic protocol are left, the group becomes
 * a classic one (online downgrade), as far as `group.consumer.migration.policy` allows.
 */
export function fence(
  deciding: Deciding,
  members: readonly ConsumerMember[],
  reason: string,
): void {
  const { group, records, world } = deciding;
  const { groupId } = group;
  if (members.length === 0) return;
  for (const { memberId } of members) {
    world.logger.info("a member leaves its consumer group", { groupId, memberId, reason });
  }
  if (mayDowngrade(group, members, world)) {
    convertToClassic(deciding, { leaving: members, rebalanceReason: "downgrade: a member left" });
    return;
  }
  const after = group.subscriptions.copy();
  for (const member of members) {
    after.update(member, undefined);
    for (const record of removal(groupId, member.memberId)) records.push(record);
  }
  for (const regex of after.forgetUnusedRegexes()) {
    records.push({ type: "consumer-regex", groupId, regex, value: null });
  }
  const epoch = group.epoch + 1;
  const metadataHash = world.topicHashes.ofAll(after.topics());
  records.push({ type: "consumer-epoch", groupId, value: { epoch, metadataHash } });
  if (group.memberCount === members.length) {
    // Nobody has to wait for whoever comes next.
    const value = { assignmentEpoch: epoch, timestampMs: 0 };
    records.push({ type: "consumer-target-epoch", groupId, value });
  }
}
