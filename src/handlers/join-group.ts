import { joinRefusal } from "../coordinator/group/classic/rebalance.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { joinGroup } from "../protocol/generated/join-group.ts";
import { defineHandler, type Handler } from "./handler.ts";

/** The protocol type and a null protocol name came with this version. */
const NULL_PROTOCOL_FROM_VERSION = 7;

/**
 * JoinGroup makes the sender a member of a classic group, or keeps it one through a rebalance. The
 * answer comes when the join phase ends; only the leader learns who the members are.
 *
 * v1  a rebalance timeout of its own; before, the session timeout serves
 * v4  a new member is sent back once, to join with the id it was given (KIP-394)
 * v5  static membership (KIP-345)
 * v7  the answer names the protocol type, and no protocol on errors
 * v8  the reason why the client joins (KIP-800)
 * v9  a static leader that returns may be told to skip the assignment (KIP-814)
 */
export const joinGroupHandler: Handler = defineHandler({
  api: joinGroup,

  async handle(request, context, { groups }) {
    const withTimeout =
      context.version === 0
        ? { ...request, rebalanceTimeoutMs: request.sessionTimeoutMs }
        : request;
    const response = context.may("read", "group", request.groupId)
      ? await groups.joinGroup(withTimeout, context)
      : joinRefusal(ErrorCode.GROUP_AUTHORIZATION_FAILED, "");
    const isOld = context.version < NULL_PROTOCOL_FROM_VERSION;
    return isOld ? { ...response, protocolName: response.protocolName ?? "" } : response;
  },
});
