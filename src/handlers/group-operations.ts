import type { Operation, RequestContext } from "./handler.ts";

/** What can be done to a group, and the bit that says so (AclOperation). */
const GROUP_OPERATIONS: readonly (readonly [Operation, number])[] = [
  ["read", 3],
  ["delete", 6],
  ["describe", 8],
  ["describe-configs", 10],
  ["alter-configs", 11],
];

/** What the client may do to a group, one bit per operation (KIP-430). */
export function groupOperations(groupId: string, context: RequestContext): number {
  let bits = 0;
  for (const [operation, bit] of GROUP_OPERATIONS) {
    if (context.may(operation, "group", groupId)) bits |= 1 << bit;
  }
  return bits;
}
