import { ErrorCode, KafkaError } from "../protocol/errors.ts";

/** What a client is told when the disk fails; the cause is for the operator. */
export function storageError(cause: unknown): KafkaError {
  if (cause instanceof KafkaError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, `the disk failed: ${reason}`, { cause });
}
