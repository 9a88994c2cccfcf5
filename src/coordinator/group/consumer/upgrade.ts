import { ErrorCode, KafkaError, kafkaErrorCausedBy } from "../../../protocol/errors.ts";
import type { ClassicGroup } from "../classic/classic-group.ts";
import type { ClassicMember } from "../classic/classic-member.ts";
import { joinRefusal } from "../classic/rebalance.ts";
import { syncRefusal } from "../classic/sync.ts";
import { type Assignment, assignmentOf, NO_PARTITIONS, ownedSince } from "./assignment.ts";
import { ConsumerGroup } from "./consumer-group.ts";
import { type ConsumerMember, MemberState, newMember, sortedNames } from "./consumer-member.ts";
import {
  decodeAssignment,
  decodeSubscription,
  MalformedConsumerProtocol,
} from "./consumer-protocol.ts";
import type { ConsumerGroupRecord } from "./consumer-record.ts";
import { isUpgradeEnabled } from "./migration-policy.ts";
import { applyRecord } from "./replay.ts";
import type { ConsumerSurroundings } from "./surroundings.ts";

/**
 * Whether a classic group with members may become a consumer group.
 *
 * @throws KafkaError GROUP_ID_NOT_FOUND if not
 */
export function checkUpgrade(group: ClassicGroup, { settings }: ConsumerSurroundings): void {
  const refuse = (why: string): never => {
    throw new KafkaError(
      ErrorCode.GROUP_ID_NOT_FOUND,
      `Cannot upgrade classic group ${group.groupId} to consumer group because ${why}.`,
    );
  };
  if (!isUpgradeEnabled(settings.groupConsumerMigrationPolicy)) {
    refuse("online upgrade is disabled");
  }
  if (!group.usesConsumerProtocol) refuse("the group does not use the consumer embedded protocol");
  if (group.memberCount > settings.groupConsumerMaxSize) {
    refuse("the group size exceeds the consumer group maximum size");
  }
}

/** A consumer group made of a classic one, and the records that make it durable. */
export interface Upgraded {
  readonly group: ConsumerGroup;
  readonly records: readonly ConsumerGroupRecord[];
}

/**
 * The consumer group that a classic group becomes: each member goes on with the classic protocol and
 * with what it is assigned, at the group's generation.
 *
 * @throws KafkaError GROUP_ID_NOT_FOUND if a custom assignor's data would be lost, or a member's
 *   subscription or assignment cannot be read
 */
export function upgraded(classic: ClassicGroup, world: ConsumerSurroundings): Upgraded {
  const { groupId, generation } = classic;
  const members = [...classic.members()].map((member) => memberOf(classic, member, world));
  const group = new ConsumerGroup(groupId);
  const metadataHash = world.topicHashes.ofAll(
    new Set(members.flatMap(({ member }) => member.subscribedTopicNames)),
  );
  const records: ConsumerGroupRecord[] = [
    ...members.map(({ member }) => ({
      type: "consumer-member" as const,
      groupId,
      memberId: member.memberId,
      value: member,
    })),
    { type: "consumer-epoch", groupId, value: { epoch: generation, metadataHash } },
    ...members.map(({ member, assignment }) => ({
      type: "consumer-target" as const,
      groupId,
      memberId: member.memberId,
      value: assignment,
    })),
    {
      type: "consumer-target-epoch",
      groupId,
      value: { assignmentEpoch: generation, timestampMs: 0 },
    },
    ...members.map(({ member }) => ({
      type: "consumer-current" as const,
      groupId,
      memberId: member.memberId,
      value: member,
    })),
  ];
  for (const record of records) applyRecord(group, record);
  return { group, records };
}

function memberOf(
  classic: ClassicGroup,
  member: ClassicMember,
  world: ConsumerSurroundings,
): { readonly member: ConsumerMember; readonly assignment: Assignment } {
  try {
    return readMember(classic, member, world);
  } catch (cause) {
    if (!(cause instanceof MalformedConsumerProtocol)) throw cause;
    throw kafkaErrorCausedBy(
      cause,
      ErrorCode.GROUP_ID_NOT_FOUND,
      `Cannot upgrade classic group ${classic.groupId} to consumer group because the embedded consumer protocol is malformed.`,
    );
  }
}

function readMember(
  classic: ClassicGroup,
  member: ClassicMember,
  world: ConsumerSurroundings,
): { readonly member: ConsumerMember; readonly assignment: Assignment } {
  const { generation, groupId } = classic;
  const assignment = readAssignment(groupId, member.assignment, world);
  // Before the first generation no protocol is chosen; all of them carry the same subscription.
  const metadata = member.protocols.find(({ name }) => name === classic.protocolName)?.metadata;
  const subscription = decodeSubscription(
    metadata ?? member.protocols[0]?.metadata ?? Buffer.alloc(0),
  );
  return {
    assignment,
    member: {
      ...newMember(member.memberId),
      instanceId: member.groupInstanceId,
      rackId: subscription.rackId === "" ? null : subscription.rackId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: sortedNames(subscription.topics),
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
      memberEpoch: generation,
      previousMemberEpoch: generation,
      state: MemberState.STABLE,
      assigned: ownedSince(assignment, generation),
    },
  };
}

function readAssignment(
  groupId: string,
  bytes: Buffer,
  { topics }: ConsumerSurroundings,
): Assignment {
  if (bytes.length === 0) return NO_PARTITIONS;
  const { userData, assignedPartitions } = decodeAssignment(bytes);
  if (userData !== null && userData.length > 0) {
    throw new KafkaError(
      ErrorCode.GROUP_ID_NOT_FOUND,
      `Cannot upgrade classic group ${groupId} to consumer group because an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor before re-attempting the upgrade.`,
    );
  }
  return assignmentOf(
    assignedPartitions.flatMap(({ topic, partitions }) => {
      const topicId = topics.topicId(topic);
      return topicId === undefined ? [] : [{ topicId, partitions }];
    }),
  );
}

/** Whoever waits for the classic group joins again, and finds the consumer group. */
export function dismissWaiting(classic: ClassicGroup): void {
  for (const member of [...classic.members()]) {
    const code = ErrorCode.REBALANCE_IN_PROGRESS;
    classic.answerJoin(member, joinRefusal(code, member.memberId));
    classic.answerSync(member, syncRefusal(code));
  }
}
