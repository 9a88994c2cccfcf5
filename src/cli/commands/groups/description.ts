import type { ClusterClient } from "../../../client/cluster-client.ts";
import type { Address } from "../../../client/connection.ts";
import { decodeOwned } from "../../../client/consumer-protocol.ts";
import { comparePartitions, type TopicPartition } from "../../../client/partitions.ts";
import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import {
  type Assignment,
  consumerGroupDescribe,
  type DescribedGroup,
} from "../../../protocol/generated/consumer-group-describe.ts";
import {
  type DescribedGroup as DescribedClassicGroup,
  describeGroups,
} from "../../../protocol/generated/describe-groups.ts";
import { demand } from "../../tool/java-errors.ts";

export interface MemberDescription {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  readonly clientId: string;
  readonly host: string;
  readonly assignment: readonly TopicPartition[];
  readonly targetAssignment: readonly TopicPartition[] | undefined;
  /** Undefined in a classic group. */
  readonly epoch: number | undefined;
  /** Whether it speaks the consumer protocol; undefined where nobody says. */
  readonly isUpgraded: boolean | undefined;
}

export interface GroupDescription {
  readonly groupId: string;
  readonly coordinator: Address & { readonly nodeId: number };
  readonly state: string;
  readonly assignor: string;
  readonly members: readonly MemberDescription[];
  /** Undefined in a classic group, as the next. */
  readonly groupEpoch: number | undefined;
  readonly targetAssignmentEpoch: number | undefined;
}

/** Codes that say that a group, or the broker, is of the older kind. */
const otherProtocol: ReadonlySet<number> = new Set([
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.UNSUPPORTED_VERSION,
]);

/** @throws KafkaError GROUP_ID_NOT_FOUND, GROUP_AUTHORIZATION_FAILED */
export async function describeGroup(
  client: ClusterClient,
  groupId: string,
): Promise<GroupDescription> {
  return client.retry(async () => {
    const coordinator = await client.coordinatorOf(groupId);
    try {
      const request = { groupIds: [groupId], includeAuthorizedOperations: false };
      const { groups } = await client.node(coordinator.nodeId, consumerGroupDescribe, [request]);
      return consumerGroup(only(groups), coordinator);
    } catch (error) {
      if (!(error instanceof KafkaError) || !otherProtocol.has(error.code)) throw error;
    }
    const request = { groups: [groupId] };
    const { groups } = await client.node(coordinator.nodeId, describeGroups, [request]);
    return classicGroup(only(groups), coordinator);
  });
}

function only<Group extends DescribedGroup | DescribedClassicGroup>(
  groups: readonly Group[],
): Group {
  const [group] = groups;
  if (group === undefined) {
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, "the broker described no group");
  }
  demand(group);
  return group;
}

function consumerGroup(
  group: DescribedGroup,
  coordinator: GroupDescription["coordinator"],
): GroupDescription {
  return {
    groupId: group.groupId,
    coordinator,
    state: group.groupState,
    assignor: group.assignorName,
    groupEpoch: group.groupEpoch,
    targetAssignmentEpoch: group.assignmentEpoch,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId ?? undefined,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: partitionsIn(member.assignment),
      targetAssignment: partitionsIn(member.targetAssignment),
      epoch: member.memberEpoch,
      isUpgraded: member.memberType < 0 ? undefined : member.memberType === 1,
    })),
  };
}

function partitionsIn({ topicPartitions }: Assignment): TopicPartition[] {
  return topicPartitions
    .flatMap(({ topicName: topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    .sort(comparePartitions);
}

function classicGroup(
  group: DescribedClassicGroup,
  coordinator: GroupDescription["coordinator"],
): GroupDescription {
  const { groupId, protocolType } = group;
  if (protocolType !== "" && protocolType !== "consumer") {
    const sentence = `GroupId ${groupId} is not a consumer group (${protocolType}).`;
    throw new Error(`java.lang.IllegalArgumentException: ${sentence}`);
  }
  return {
    groupId,
    coordinator,
    state: group.groupState,
    assignor: group.protocolData,
    groupEpoch: undefined,
    targetAssignmentEpoch: undefined,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId ?? undefined,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: decodeOwned(member.memberAssignment).sort(comparePartitions),
      targetAssignment: undefined,
      epoch: undefined,
      isUpgraded: undefined,
    })),
  };
}
