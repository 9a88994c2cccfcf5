import { errorName, KafkaError } from "../protocol/errors.ts";

/** Codes whose exception in Kafka's Java client is not called as the code is. */
const others: Readonly<Record<string, string>> = {
  UNKNOWN_SERVER_ERROR: "UnknownServerException",
  CORRUPT_MESSAGE: "CorruptRecordException",
  REQUEST_TIMED_OUT: "TimeoutException",
  MESSAGE_TOO_LARGE: "RecordTooLargeException",
  STALE_CONTROLLER_EPOCH: "ControllerMovedException",
  OFFSET_METADATA_TOO_LARGE: "OffsetMetadataTooLarge",
  RECORD_LIST_TOO_LARGE: "RecordBatchTooLargeException",
  TOPIC_AUTHORIZATION_FAILED: "TopicAuthorizationException",
  GROUP_AUTHORIZATION_FAILED: "GroupAuthorizationException",
  CLUSTER_AUTHORIZATION_FAILED: "ClusterAuthorizationException",
  TOPIC_ALREADY_EXISTS: "TopicExistsException",
  INVALID_CONFIG: "InvalidConfigurationException",
  OUT_OF_ORDER_SEQUENCE_NUMBER: "OutOfOrderSequenceException",
  DUPLICATE_SEQUENCE_NUMBER: "DuplicateSequenceException",
  INVALID_PRODUCER_ID_MAPPING: "InvalidPidMappingException",
  INVALID_TRANSACTION_TIMEOUT: "InvalidTxnTimeoutException",
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "TransactionalIdAuthorizationException",
  KAFKA_STORAGE_ERROR: "KafkaStorageException",
  SASL_AUTHENTICATION_FAILED: "SaslAuthenticationException",
  DELEGATION_TOKEN_AUTH_DISABLED: "DelegationTokenDisabledException",
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: "UnsupportedByAuthenticationException",
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: "DelegationTokenAuthorizationException",
  NON_EMPTY_GROUP: "GroupNotEmptyException",
  PRINCIPAL_DESERIALIZATION_FAILURE: "PrincipalDeserializationException",
  FETCH_SESSION_TOPIC_ID_ERROR: "FetchSessionTopicIdException",
  INVALID_REGULAR_EXPRESSION: "InvalidRegularExpression",
};

const PACKAGE = "org.apache.kafka.common.errors";

/** The class of Kafka's Java client for an error code, without its package. */
export function exceptionName(code: number): string {
  const name = errorName(code);
  const words = name
    .replace(/_EXCEPTION$/, "")
    .toLowerCase()
    .split("_");
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return others[name] ?? `${joined}Exception`;
}

/** An error as Java prints it: its class with the package, and what it says. */
export function exceptionText(error: unknown): string {
  if (error instanceof KafkaError)
    return `${PACKAGE}.${exceptionName(error.code)}: ${error.message}`;
  return error instanceof Error ? `java.lang.RuntimeException: ${error.message}` : String(error);
}
