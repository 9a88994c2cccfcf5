import { describeRefusal } from "../coordinator/group/group-listing.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { describeGroups } from "../protocol/generated/describe-groups.ts";
import { defineHandler, type Handler, type Operation, type RequestContext } from "./handler.ts";

/** What can be done to a group, and the bit that says so (AclOperation). */
const GROUP_OPERATIONS: readonly (readonly [Operation, number])[] = [
  ["read", 3],
  ["delete", 6],
  ["describe", 8],
  ["describe-configs", 10],
  ["alter-configs", 11],
];

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
        ? { ...described, authorizedOperations: operationsOn(groupId, context) }
        : described;
    };
    // Each once, however often it is named: a description is larger than a name.
    const described = new Map(
      [...new Set(request.groups)].map((groupId) => [groupId, describe(groupId)]),
    );
    return { groups: request.groups.flatMap((groupId) => described.get(groupId) ?? []) };
  },
});

function operationsOn(groupId: string, context: RequestContext): number {
  let bits = 0;
  for (const [operation, bit] of GROUP_OPERATIONS) {
    if (context.may(operation, "group", groupId)) bits |= 1 << bit;
  }
  return bits;
}
