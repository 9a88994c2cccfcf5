import { describeRefusal } from "../coordinator/group/group-listing.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { describeGroups } from "../protocol/generated/describe-groups.ts";
import { groupOperations } from "./group-operations.ts";
import { defineHandler, type Handler } from "./handler.ts";

const AUTHORIZED_OPERATIONS_FROM_VERSION = 3;

/**
 * DescribeGroups tells state, protocol and members of classic groups.
 *
 * v3  the operations the client may do, if it asks
 * v4  instance ids of static members (KIP-345)
 * v6  GROUP_ID_NOT_FOUND with a message for an unknown group, which was a Dead one without error
 */
export const describeGroupsHandler: Handler = defineHandler({
  api: describeGroups,

  handle(request, context, { groups }) {
    const withOperations =
      request.includeAuthorizedOperations && context.version >= AUTHORIZED_OPERATIONS_FROM_VERSION;
    const describe = (groupId: string) => {
      if (!context.may("describe", "group", groupId)) {
        return describeRefusal(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED);
      }
      const described = groups.describeGroup(groupId, context.version);
      return withOperations && described.errorCode === ErrorCode.NONE
        ? { ...described, authorizedOperations: groupOperations(groupId, context) }
        : described;
    };
    // Each once, however often it is named: a description is larger than a name.
    const described = new Map(
      [...new Set(request.groups)].map((groupId) => [groupId, describe(groupId)]),
    );
    return { groups: request.groups.flatMap((groupId) => described.get(groupId) ?? []) };
  },
});
