import { ErrorCode } from "../protocol/errors.ts";
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponseInput,
  consumerGroupHeartbeat,
} from "../protocol/generated/consumer-group-heartbeat.ts";
import { defineHandler, type Handler, type RequestContext } from "./handler.ts";

/** The feature that switches consumer groups on. */
export const CONSUMER_GROUPS = "group.version";

/**
 * ConsumerGroupHeartbeat is all that a member of a consumer group (KIP-848) ever says to it: it joins,
 * tells what it owns, learns what it should own, and leaves.
 *
 * v1  a regular expression to subscribe by; members make their ids themselves (KIP-1082)
 */
export const consumerGroupHeartbeatHandler: Handler = defineHandler({
  api: consumerGroupHeartbeat,

  handle(request, context, { groups, image }) {
    if (image().featureLevel(CONSUMER_GROUPS) < 1) return refusal(ErrorCode.UNSUPPORTED_VERSION);
    if (!context.may("read", "group", request.groupId)) {
      return refusal(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    if (!maySubscribe(request, context)) return refusal(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    return groups.consumerGroupHeartbeat(request, context);
  },
});

/** Topics named must be visible. What a regular expression finds is chosen from what is. */
function maySubscribe(
  { subscribedTopicNames }: ConsumerGroupHeartbeatRequest,
  context: RequestContext,
): boolean {
  return subscribedTopicNames?.every((name) => context.may("describe", "topic", name)) ?? true;
}

function refusal(errorCode: ErrorCode): ConsumerGroupHeartbeatResponseInput {
  return { throttleTimeMs: 0, errorCode, memberEpoch: 0, heartbeatIntervalMs: 0 };
}
