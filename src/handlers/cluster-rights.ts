import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { CLUSTER_NAME } from "./authorized-operations.ts";
import type { Operation, RequestContext } from "./handler.ts";

/** @throws KafkaError CLUSTER_AUTHORIZATION_FAILED */
export function checkClusterRight(context: RequestContext, operation: Operation): void {
  if (context.may(operation, "cluster", CLUSTER_NAME)) return;
  throw new KafkaError(
    ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
    `${operation} on the cluster is not permitted`,
  );
}

/** Refusals are answered; anything else is a bug and ends the connection. */
export function asRefusal(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  throw error;
}

/** How a refusal's message is told where Kafka says null instead of an empty one. */
export function messageOf({ message }: KafkaError): string | null {
  return message === "" ? null : message;
}
