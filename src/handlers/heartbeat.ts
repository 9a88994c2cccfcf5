import { ErrorCode } from "../protocol/errors.ts";
import { heartbeat } from "../protocol/generated/heartbeat.ts";
import { defineHandler, type Handler } from "./handler.ts";

/**
 * Heartbeat keeps a member of a classic group alive and tells it when a rebalance has begun.
 *
 * v1  throttle time
 * v3  static membership (KIP-345)
 * v4  flexible encoding
 */
export const heartbeatHandler: Handler = defineHandler({
  api: heartbeat,

  handle(request, context, { groups }) {
    if (!context.may("read", "group", request.groupId)) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    }
    return { errorCode: groups.heartbeat(request) };
  },
});
