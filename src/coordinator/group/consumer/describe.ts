import { ErrorCode } from "../../../protocol/errors.ts";
import type {
  ConsumerGroupDescribeResponseInput,
  TopicPartitionsInput,
} from "../../../protocol/generated/consumer-group-describe.ts";
import { asTopicPartitions } from "./assignment.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { ConsumerMember } from "./consumer-member.ts";
import type { TopicCatalog } from "./metadata-hash.ts";

export type DescribedConsumerGroup = ConsumerGroupDescribeResponseInput["groups"][number];
type DescribedMember = DescribedConsumerGroup["members"][number];

/** How a member speaks, as ConsumerGroupDescribe v1 tells it. */
const CLASSIC_MEMBER = 0;
const CONSUMER_MEMBER = 1;

/** What a consumer group tells about itself. */
export function describeConsumerGroup(
  group: ConsumerGroup,
  topics: TopicCatalog,
  assignorByDefault: string,
): DescribedConsumerGroup {
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.preferredAssignor() ?? assignorByDefault,
    members: [...group.members()].map((member) => describeMember(member, group, topics)),
  };
}

export function describeConsumerGroupRefusal(
  groupId: string,
  errorCode: ErrorCode,
  errorMessage: string | null,
): DescribedConsumerGroup {
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState: "",
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: "",
    members: [],
  };
}

function describeMember(
  member: ConsumerMember,
  group: ConsumerGroup,
  topics: TopicCatalog,
): DescribedMember {
  const { memberId, memberEpoch, clientId, clientHost } = member;
  // What it has yet to give up it still has.
  const owned = merged(
    topicPartitions(member.assigned, topics),
    topicPartitions(member.pendingRevocation, topics),
  );
  return {
    memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch,
    clientId,
    clientHost,
    subscribedTopicNames: member.subscribedTopicNames,
    subscribedTopicRegex: member.subscribedTopicRegex,
    assignment: { topicPartitions: owned },
    targetAssignment: { topicPartitions: topicPartitions(group.targetOf(memberId), topics) },
    memberType: member.classic === undefined ? CONSUMER_MEMBER : CLASSIC_MEMBER,
  };
}

/** Topics that are gone are not told of. */
function topicPartitions(
  assignment: Parameters<typeof asTopicPartitions>[0],
  topics: TopicCatalog,
): TopicPartitionsInput[] {
  return asTopicPartitions(assignment).flatMap(({ topicId, partitions }) => {
    const topicName = topics.topicName(topicId);
    return topicName === undefined ? [] : [{ topicId, topicName, partitions }];
  });
}

function merged(
  one: readonly TopicPartitionsInput[],
  other: readonly TopicPartitionsInput[],
): TopicPartitionsInput[] {
  const byId = new Map(one.map((topic) => [topic.topicId, topic]));
  for (const topic of other) {
    const known = byId.get(topic.topicId);
    const partitions = [...(known?.partitions ?? []), ...topic.partitions];
    byId.set(topic.topicId, { ...topic, partitions });
  }
  return [...byId.values()];
}
