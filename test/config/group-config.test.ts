import { describe, expect, test } from "vitest";
import { parseBrokerConfig } from "../../src/config/broker-config.ts";
import { checkGroupConfigs } from "../../src/config/group-config.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";

const refusal = expect.objectContaining({ code: ErrorCode.INVALID_CONFIG });

function check(configs: Readonly<Record<string, string>>, given: Record<string, string> = {}) {
  checkGroupConfigs(
    new Map(Object.entries(configs)),
    parseBrokerConfig(given, () => {}),
  );
}

describe("settings of a group", () => {
  test.each([
    [{ "no.such": "1" }],
    [{ "consumer.session.timeout.ms": "x" }],
    [{ "consumer.session.timeout.ms": "44999" }],
    [{ "consumer.session.timeout.ms": "60001" }],
    [{ "share.delivery.count.limit": "11" }],
    [{ "streams.num.standby.replicas": "3" }],
    [{ "streams.task.offset.interval.ms": "14999" }],
    [{ "streams.assignor.name": "other" }],
    [{ "streams.rack.aware.assignment.tags": "a,a" }],
    [{ "share.auto.offset.reset": "by_duration:-PT1H" }],
    [{ "errors.deadletterqueue.topic.name": "__dead" }],
  ])("are refused: %j", (configs) => {
    expect(() => check(configs as unknown as Record<string, string>)).toThrow(refusal);
  });

  test("are taken within the bounds of this broker", () => {
    const wide = { "group.consumer.min.session.timeout.ms": "100" };

    expect(() => check({ "consumer.session.timeout.ms": "45000" })).not.toThrow();
    expect(() => check({ "consumer.session.timeout.ms": "20000" }, wide)).not.toThrow();
    expect(() => check({ "share.auto.offset.reset": "by_duration:PT1H" })).not.toThrow();
  });

  test("leave a session longer than a heartbeat, whoever sets which", () => {
    const wide = {
      "group.consumer.min.session.timeout.ms": "100",
      "group.consumer.min.heartbeat.interval.ms": "100",
    };

    expect(() => check({ "consumer.session.timeout.ms": "5000" }, wide)).toThrow(refusal);
    expect(() => check({ "consumer.session.timeout.ms": "5001" }, wide)).not.toThrow();
    expect(() =>
      check(
        { "consumer.session.timeout.ms": "500", "consumer.heartbeat.interval.ms": "499" },
        wide,
      ),
    ).not.toThrow();
  });
});
