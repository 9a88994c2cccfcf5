import type { Operation, RequestContext, ResourceType } from "./handler.ts";

/** In a mask's place where none was asked for. */
export const OPERATIONS_NOT_ASKED = -(2 ** 31);

/** The name of the one resource of type cluster. */
export const CLUSTER_NAME = "kafka-cluster";

/** Bit numbers are Kafka's AclOperation codes; each resource has the operations that apply to it. */
const bits: Readonly<Record<Operation, number>> = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  "cluster-action": 9,
  "describe-configs": 10,
  "alter-configs": 11,
  "idempotent-write": 12,
};

const applicable: Readonly<Record<"topic" | "cluster", readonly Operation[]>> = {
  topic: [
    "read",
    "write",
    "create",
    "delete",
    "alter",
    "describe",
    "describe-configs",
    "alter-configs",
  ],
  cluster: [
    "create",
    "alter",
    "describe",
    "cluster-action",
    "describe-configs",
    "alter-configs",
    "idempotent-write",
  ],
};

/** What the client may do to a resource, one bit per operation (KIP-430). */
export function authorizedOperations(
  context: RequestContext,
  resource: ResourceType & keyof typeof applicable,
  name: string,
): number {
  let mask = 0;
  for (const operation of applicable[resource]) {
    if (context.may(operation, resource, name)) mask |= 1 << bits[operation];
  }
  return mask;
}

/** The mask for the cluster; 0 where the client may not even look at it. */
export function clusterOperations(context: RequestContext): number {
  if (!context.may("describe", "cluster", CLUSTER_NAME)) return 0;
  return authorizedOperations(context, "cluster", CLUSTER_NAME);
}
