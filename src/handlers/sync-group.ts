import { syncRefusal } from "../coordinator/group/classic/sync.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { syncGroup } from "../protocol/generated/sync-group.ts";
import { defineHandler, type Handler } from "./handler.ts";

/**
 * SyncGroup gives each member of a classic group its assignment, which the leader brings.
 *
 * v3  static membership (KIP-345)
 * v5  protocol type and name are checked where given, and named in the answer
 */
export const syncGroupHandler: Handler = defineHandler({
  api: syncGroup,

  handle(request, context, { groups }) {
    if (!context.may("read", "group", request.groupId)) {
      return syncRefusal(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    return groups.syncGroup(request);
  },
});
