import { ErrorCode } from "../protocol/errors.ts";
import { type LeaveGroupResponseInput, leaveGroup } from "../protocol/generated/leave-group.ts";
import { defineHandler, type Handler } from "./handler.ts";

/** From this version on several members leave at once, each with its own result. */
const BATCH_FROM_VERSION = 3;

/**
 * LeaveGroup takes members out of a classic group.
 *
 * v3  several members, static ones also by their instance id alone (KIP-345)
 * v5  the reason why (KIP-800)
 */
export const leaveGroupHandler: Handler = defineHandler({
  api: leaveGroup,

  async handle(request, context, { groups }): Promise<LeaveGroupResponseInput> {
    const { groupId, memberId } = request;
    if (!context.may("read", "group", groupId)) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, members: [] };
    }
    if (context.version >= BATCH_FROM_VERSION) return groups.leaveGroup(groupId, request.members);

    const alone = [{ memberId, groupInstanceId: null, reason: null }];
    const { errorCode, members } = await groups.leaveGroup(groupId, alone);
    return { errorCode: errorCode || (members?.[0]?.errorCode ?? errorCode), members: [] };
  },
});
