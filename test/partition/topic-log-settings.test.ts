import { expect, test } from "vitest";
import { parseBrokerConfig } from "../../src/config/broker-config.ts";
import { checkTopicOverrides } from "../../src/config/topic-config.ts";
import { topicLogSettings } from "../../src/partition/topic-log-settings.ts";

test("without tiered storage local.retention.ms and .bytes are taken, and count for nothing", () => {
  const broker = parseBrokerConfig({}, () => undefined);
  const local = new Map([
    ["local.retention.ms", "1"],
    ["local.retention.bytes", "1"],
  ]);

  checkTopicOverrides(local, broker);

  expect(topicLogSettings(broker, local)).toEqual(topicLogSettings(broker, new Map()));
});

test("internal.segment.bytes goes below what segment.bytes may be, and wins over it", () => {
  const broker = parseBrokerConfig({}, () => undefined);
  const segmentBytes = (given: Record<string, string>) =>
    topicLogSettings(broker, new Map(Object.entries(given))).segmentBytes;

  expect(() => checkTopicOverrides(new Map([["segment.bytes", "300"]]), broker)).toThrow();
  expect(segmentBytes({ "internal.segment.bytes": "300" })).toBe(300);
  expect(segmentBytes({ "internal.segment.bytes": "300", "segment.bytes": "2000000" })).toBe(300);
});
