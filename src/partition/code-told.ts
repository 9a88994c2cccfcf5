import { type ErrorCode, KafkaError, toErrorCode } from "../protocol/errors.ts";
import type { Logger } from "../telemetry/logger.ts";

/**
 * The code that tells a client what went wrong. What nobody foresaw is UNKNOWN_SERVER_ERROR to the
 * client, which says nothing: the log has to.
 */
export function codeTold(error: unknown, logger: Logger, what: string): ErrorCode {
  if (!(error instanceof KafkaError)) logger.error(`${what} failed`, { error });
  return toErrorCode(error);
}
