import { ErrorCode, kafkaErrorCausedBy } from "../../../protocol/errors.ts";
import { ClassicGroup } from "../classic/classic-group.ts";
import { ClassicMember } from "../classic/classic-member.ts";
import { prepareRebalance } from "../classic/rebalance.ts";
import type { GroupRecord, PersistedGroup } from "../group-record.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { ConsumerMember } from "./consumer-member.ts";
import {
  decodeSubscription,
  encodeAssignment,
  MalformedConsumerProtocol,
} from "./consumer-protocol.ts";
import type { Deciding } from "./deciding.ts";
import { type ClassicSpeaker, speaksClassic } from "./member-checks.ts";
import { isDowngradeEnabled } from "./migration-policy.ts";
import type { ConsumerSurroundings } from "./surroundings.ts";

/** Whether the group becomes a classic one when these go. */
export function mayDowngrade(
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
  { settings, logger }: ConsumerSurroundings,
): boolean {
  const left = group.memberCount - leaving.length;
  if (left <= 0 || !group.isClassicWithout(leaving)) return false;
  const { groupId } = group;
  if (!isDowngradeEnabled(settings.groupConsumerMigrationPolicy)) {
    logger.info("a consumer group is not downgraded: that is disabled", { groupId });
    return false;
  }
  if (left > settings.groupMaxSize) {
    logger.info("a consumer group is not downgraded: it is above group.max.size", { groupId });
    return false;
  }
  return true;
}

export interface Downgrade {
  /** They are no members of the classic group. */
  readonly leaving: readonly ConsumerMember[];
  /** Takes the place of the static member with its instance id. */
  readonly joining?: ClassicSpeaker;
  /** Undefined: the members have what they should have, and go on as they are. */
  readonly rebalanceReason: string | undefined;
}

/**
 * Makes a classic group of a consumer group whose members all speak the classic protocol: its
 * generation is the group epoch, and what members should own is what they are assigned.
 *
 * @throws KafkaError GROUP_ID_NOT_FOUND if a subscription cannot be read
 */
export function convertToClassic(deciding: Deciding, downgrade: Downgrade): void {
  const { group, records, world } = deciding;
  const { groupId } = group;
  for (const record of tombstonesOf(group)) records.push(record);
  const replaced = group.staticMember(downgrade.joining?.instanceId ?? null);
  if (downgrade.joining !== undefined && replaced?.memberId !== downgrade.joining.memberId) {
    const { memberId } = downgrade.joining;
    for (const type of ["consumer-current", "consumer-target", "consumer-member"] as const) {
      records.push({ type, groupId, memberId, value: null });
    }
  }
  const classic = classicOf(deciding, downgrade, replaced);
  for (const record of classic.asRecord().records) records.push(record);
  deciding.install(classic);
  world.logger.info("converted a consumer group to a classic group", { groupId });
  deciding.whenReplayed(() => {
    const now = world.clock.monotonicMs();
    for (const member of classic.members()) classic.renewSession(member, now);
    // Members that are to join again are waited for: nothing of this is to be persisted.
    const { rebalanceReason } = downgrade;
    if (rebalanceReason !== undefined) prepareRebalance(classic, rebalanceReason, world);
  });
}

function classicOf(
  { group, world }: Deciding,
  { leaving, joining }: Downgrade,
  replaced: ConsumerMember | undefined,
): ClassicGroup {
  const gone = new Set(leaving.map(({ memberId }) => memberId));
  if (joining !== undefined && replaced !== undefined) gone.add(replaced.memberId);
  const staying = [...group.members()].filter(({ memberId }) => !gone.has(memberId));
  const speakers = [...staying, ...(joining === undefined ? [] : [joining])].filter(speaksClassic);
  const members = speakers.map((member) => new ClassicMember(identityOf(member), termsOf(member)));
  const protocolName = commonProtocol(group.groupId, members);
  for (const [at, member] of members.entries()) {
    const { memberId } = speakers[at] ?? member;
    const holder =
      member.memberId === joining?.memberId ? (replaced?.memberId ?? memberId) : memberId;
    const subscription = member.metadataFor(protocolName);
    checkSubscription(group.groupId, subscription);
    member.assignment = encodeAssignment(group.targetOf(holder), subscription, world.topics);
  }
  const persisted: PersistedGroup = {
    protocolType: group.protocolType,
    generation: group.epoch,
    protocolName,
    // The first member becomes the leader.
    leader: null,
    stateTimestampMs: world.clock.now(),
    members: [],
  };
  return ClassicGroup.loaded(group.groupId, persisted, members);
}

function identityOf(member: ClassicSpeaker) {
  const { memberId, instanceId, clientId, clientHost } = member;
  return { memberId, groupInstanceId: instanceId, clientId, clientHost };
}

function termsOf({ rebalanceTimeoutMs, classic }: ClassicSpeaker) {
  const { sessionTimeoutMs, protocols } = classic;
  return { rebalanceTimeoutMs, sessionTimeoutMs, protocols };
}

/** The protocol that the members vote for. Whoever joined was let in only with a common one. */
function commonProtocol(groupId: string, members: readonly ClassicMember[]): string {
  const voting = new ClassicGroup(groupId, 0);
  for (const member of members) voting.add(member, undefined);
  return voting.selectProtocol() ?? "";
}

function checkSubscription(groupId: string, subscription: Buffer): void {
  try {
    decodeSubscription(subscription);
  } catch (cause) {
    if (!(cause instanceof MalformedConsumerProtocol)) throw cause;
    throw kafkaErrorCausedBy(
      cause,
      ErrorCode.GROUP_ID_NOT_FOUND,
      `Cannot downgrade the classic group ${groupId}: ${cause.message}.`,
    );
  }
}

/** Everything that is persisted of the group, taken away in the order that Kafka expects. */
export function tombstonesOf(group: ConsumerGroup): GroupRecord[] {
  const { groupId } = group;
  const memberIds = [...group.members()].map(({ memberId }) => memberId);
  return [
    ...memberIds.map((memberId) => ({
      type: "consumer-current" as const,
      groupId,
      memberId,
      value: null,
    })),
    ...memberIds.map((memberId) => ({
      type: "consumer-target" as const,
      groupId,
      memberId,
      value: null,
    })),
    { type: "consumer-target-epoch", groupId, value: null },
    ...memberIds.map((memberId) => ({
      type: "consumer-member" as const,
      groupId,
      memberId,
      value: null,
    })),
    ...[...group.subscriptions.resolved.keys()].map((regex) => ({
      type: "consumer-regex" as const,
      groupId,
      regex,
      value: null,
    })),
    { type: "consumer-partition-metadata", groupId, value: null },
    { type: "consumer-epoch", groupId, value: null },
  ];
}
