import { expect, test } from "vitest";
import { exceptionName, exceptionText } from "../../src/client/exceptions.ts";
import { ErrorCode, KafkaError } from "../../src/protocol/errors.ts";

test("an error code has the name of its exception in Kafka's Java client", () => {
  const { UNKNOWN_TOPIC_OR_PARTITION, TOPIC_ALREADY_EXISTS, NETWORK_EXCEPTION } = ErrorCode;

  expect(exceptionName(UNKNOWN_TOPIC_OR_PARTITION)).toBe("UnknownTopicOrPartitionException");
  expect(exceptionName(TOPIC_ALREADY_EXISTS)).toBe("TopicExistsException");
  expect(exceptionName(NETWORK_EXCEPTION)).toBe("NetworkException");
});

test("an error is printed as Java prints it", () => {
  const error = new KafkaError(ErrorCode.MESSAGE_TOO_LARGE, "too long");

  expect(exceptionText(error)).toBe(
    "org.apache.kafka.common.errors.RecordTooLargeException: too long",
  );
});
