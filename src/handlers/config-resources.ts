import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { CLUSTER_NAME } from "./authorized-operations.ts";
import type { Operation, RequestContext } from "./handler.ts";

/** What can be configured (Kafka's ConfigResource.Type). */
export const ResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const;

/** NONE where the client may do this to the settings of the resource. */
export function rightTo(
  operation: Operation,
  { resourceType, resourceName }: { readonly resourceType: number; readonly resourceName: string },
  context: RequestContext,
): ErrorCode {
  switch (resourceType) {
    case ResourceType.TOPIC:
      return context.may(operation, "topic", resourceName)
        ? ErrorCode.NONE
        : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    case ResourceType.GROUP:
      return context.may(operation, "group", resourceName)
        ? ErrorCode.NONE
        : ErrorCode.GROUP_AUTHORIZATION_FAILED;
    default:
      return context.may(operation, "cluster", CLUSTER_NAME)
        ? ErrorCode.NONE
        : ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
  }
}

/** @throws KafkaError INVALID_REQUEST unless it is this broker's id */
export function checkBrokerId(name: string, nodeId: number): void {
  if (!/^[+-]?\d+$/.test(name)) refuse(`a broker is named by its id, which '${name}' is not`);
  if (Number(name) !== nodeId) refuse(`this is broker ${nodeId}: ask broker ${name} itself`);
}

/** @throws KafkaError INVALID_REQUEST */
export function checkNamed(name: string, what: string): void {
  if (name === "") refuse(`${what} must have a name`);
}

function refuse(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_REQUEST, message);
}
