import { expect, test } from "vitest";
import {
  ErrorCode,
  errorName,
  isRetriable,
  KafkaError,
  toErrorCode,
} from "../../src/protocol/errors.ts";

test("codes run from -1 without a gap, each with its name", () => {
  const codes = Object.values(ErrorCode).sort((one, other) => one - other);

  expect(codes).toEqual(Array.from({ length: codes.length }, (_, i) => i - 1));
  for (const [name, code] of Object.entries(ErrorCode)) expect(errorName(code)).toBe(name);
  expect(errorName(9999)).toBe("9999");
});

test("a refusal carries its code, and anything else is a bug", () => {
  const cause = new Error("why");
  const refusal = new KafkaError(ErrorCode.NOT_COORDINATOR, "not here", { cause });

  expect(toErrorCode(refusal)).toBe(ErrorCode.NOT_COORDINATOR);
  expect(refusal.cause).toBe(cause);
  expect(toErrorCode(new Error("a bug"))).toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
  expect(toErrorCode(undefined)).toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
});

test("a client may try again where the matter passes, not where it stays", () => {
  expect(isRetriable(ErrorCode.NOT_LEADER_OR_FOLLOWER)).toBe(true);
  expect(isRetriable(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)).toBe(true);
  expect(isRetriable(ErrorCode.NONE)).toBe(false);
  expect(isRetriable(ErrorCode.PRODUCER_FENCED)).toBe(false);
  expect(isRetriable(ErrorCode.TOPIC_AUTHORIZATION_FAILED)).toBe(false);
});
