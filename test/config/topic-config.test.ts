import { describe, expect, test } from "vitest";
import { parseBrokerConfig } from "../../src/config/broker-config.ts";
import { checkTopicOverrides, resolveTopicConfig } from "../../src/config/topic-config.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";

const brokerWith = (given: Record<string, string> = {}) => parseBrokerConfig(given, () => {});
const topicOf = (broker: Record<string, string>, own: Record<string, string> = {}) =>
  resolveTopicConfig(brokerWith(broker), new Map(Object.entries(own)));

describe("what holds for a topic", () => {
  test("is Kafka's default where nobody says anything", () => {
    expect(topicOf({})).toMatchObject({
      cleanupPolicy: new Set(["delete"]),
      retentionMs: 604_800_000,
      segmentMs: 604_800_000,
      segmentBytes: 1_073_741_824,
      compressionType: "producer",
      compressionLevel: undefined,
      flushMessages: Number.MAX_SAFE_INTEGER,
      minInsyncReplicas: 1,
    });
  });

  test("is the broker's word where it has none of its own", () => {
    const broker = { "log.segment.bytes": "2097152", "message.max.bytes": "5000" };

    expect(topicOf(broker)).toMatchObject({ segmentBytes: 2_097_152, maxMessageBytes: 5000 });
    expect(topicOf(broker, { "segment.bytes": "1048576" }).segmentBytes).toBe(1_048_576);
  });

  test("takes milliseconds before minutes before hours", () => {
    expect(topicOf({ "log.retention.hours": "1" }).retentionMs).toBe(3_600_000);
    expect(topicOf({ "log.retention.hours": "1", "log.retention.minutes": "2" }).retentionMs).toBe(
      120_000,
    );
    expect(topicOf({ "log.retention.minutes": "2", "log.retention.ms": "3" }).retentionMs).toBe(3);
    expect(topicOf({ "log.retention.hours": "-1" }).retentionMs).toBe(-1);
    expect(topicOf({ "log.roll.hours": "2" }).segmentMs).toBe(7_200_000);
    expect(topicOf({ "log.flush.scheduler.interval.ms": "500" }).flushMs).toBe(500);
  });

  test("has the level of its own codec", () => {
    expect(topicOf({}, { "compression.type": "zstd" }).compressionLevel).toBe(3);
    expect(topicOf({}, { "compression.type": "lz4" }).compressionLevel).toBe(9);
    expect(topicOf({}, { "compression.type": "snappy" }).compressionLevel).toBeUndefined();
  });

  test("is worked out once for all topics without a word of their own", () => {
    const broker = brokerWith();

    expect(resolveTopicConfig(broker, new Map())).toBe(resolveTopicConfig(broker, new Map()));
  });
});

describe("what a topic may say of itself", () => {
  const check = (own: Record<string, string | null>) => () =>
    checkTopicOverrides(new Map(Object.entries(own)), brokerWith());

  test("is every setting of topics in its limits", () => {
    expect(
      check({
        "cleanup.policy": "compact,delete",
        "retention.ms": "-1",
        "compression.gzip.level": "9",
        "message.timestamp.type": "LogAppendTime",
        "internal.segment.bytes": "1000",
      }),
    ).not.toThrow();
  });

  test.each([
    [{ "no.such": "1" }, "no.such is not a setting of topics"],
    [{ "log.retention.ms": "1" }, "not a setting of topics"],
    [{ "retention.ms": null }, "retention.ms has no value"],
    [{ "retention.ms": "abc" }, "takes a whole number"],
    [{ "segment.bytes": "1" }, "segment.bytes must be at least 1048576"],
    [{ "cleanup.policy": "x" }, "takes compact, delete, not 'x'"],
    [{ "min.compaction.lag.ms": "2", "max.compaction.lag.ms": "1" }, "must not be greater"],
    [{ "remote.storage.enable": "true" }, "no tiered storage"],
  ])("is not %o", (own: Record<string, string | null>, why) => {
    expect(check(own)).toThrow(
      expect.objectContaining({
        code: ErrorCode.INVALID_CONFIG,
        message: expect.stringContaining(why),
      }),
    );
  });
});
