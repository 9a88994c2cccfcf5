import { syncRefusal } from "../coordinator/group/classic/sync.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { syncGroup } from "../protocol/generated/sync-group.ts";
import { defineHandler, type Handler } from "./handler.ts";

const PROTOCOL_REQUIRED_FROM_VERSION = 5;

/**
 * SyncGroup gives each member of a classic group its assignment, which the leader brings.
 *
 * v3  static membership (KIP-345)
 * v5  the member says which protocol it believes in, and the answer names it (KIP-559)
 */
export const syncGroupHandler: Handler = defineHandler({
  api: syncGroup,

  handle(request, context, { groups }) {
    if (!context.may("read", "group", request.groupId)) {
      return syncRefusal(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const { protocolType, protocolName } = request;
    const isIncomplete = protocolType === null || protocolName === null;
    if (isIncomplete && context.version >= PROTOCOL_REQUIRED_FROM_VERSION) {
      return syncRefusal(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    }
    return groups.syncGroup(request);
  },
});
