import {
  type DescribedConsumerGroup,
  describeConsumerGroupRefusal,
} from "../coordinator/group/consumer/describe.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { consumerGroupDescribe } from "../protocol/generated/consumer-group-describe.ts";
import { CONSUMER_GROUPS } from "./consumer-group-heartbeat.ts";
import { groupOperations } from "./group-operations.ts";
import { defineHandler, type Handler, type RequestContext } from "./handler.ts";

/**
 * ConsumerGroupDescribe tells state and members of consumer groups: what each owns, and what it
 * should own.
 *
 * v1  whether a member speaks the classic protocol
 */
export const consumerGroupDescribeHandler: Handler = defineHandler({
  api: consumerGroupDescribe,

  handle(request, context, { groups, image }) {
    const isEnabled = image().featureLevel(CONSUMER_GROUPS) >= 1;
    const describe = (groupId: string): DescribedConsumerGroup => {
      if (!isEnabled) {
        return describeConsumerGroupRefusal(groupId, ErrorCode.UNSUPPORTED_VERSION, null);
      }
      if (!context.may("describe", "group", groupId)) {
        const code = ErrorCode.GROUP_AUTHORIZATION_FAILED;
        return describeConsumerGroupRefusal(groupId, code, null);
      }
      if (groupId === "") {
        return describeConsumerGroupRefusal(groupId, ErrorCode.INVALID_GROUP_ID, null);
      }
      const described = groups.describeConsumerGroup(groupId);
      if (described.errorCode !== ErrorCode.NONE) return described;
      if (!maySeeTopics(described, context)) {
        const code = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
        const why =
          "The group has described topic(s) that the client is not authorized to describe.";
        return describeConsumerGroupRefusal(groupId, code, why);
      }
      return request.includeAuthorizedOperations
        ? { ...described, authorizedOperations: groupOperations(groupId, context) }
        : described;
    };
    // Each once, however often it is named: a description is larger than a name.
    const described = new Map(
      [...new Set(request.groupIds)].map((groupId) => [groupId, describe(groupId)]),
    );
    const all = request.groupIds.flatMap((groupId) => described.get(groupId) ?? []);
    return { throttleTimeMs: 0, groups: all };
  },
});

function maySeeTopics({ members }: DescribedConsumerGroup, context: RequestContext): boolean {
  const names = new Set<string>();
  for (const { assignment, targetAssignment, subscribedTopicNames } of members) {
    for (const name of subscribedTopicNames) names.add(name);
    for (const { topicPartitions } of [assignment, targetAssignment]) {
      for (const { topicName } of topicPartitions) names.add(topicName);
    }
  }
  return [...names].every((name) => context.may("describe", "topic", name));
}
