import { describe, expect, test } from "vitest";
import {
  checkClientMetricsConfigs,
  parseClientMetrics,
} from "../../src/config/client-metrics-config.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";

const check = (configs: Readonly<Record<string, string>>) =>
  checkClientMetricsConfigs(new Map(Object.entries(configs)), (pattern) => new RegExp(pattern));

describe("a subscription to metrics of clients", () => {
  test("says what, how often and of whom", () => {
    const configs = new Map([
      ["metrics", "a.b, c"],
      ["match", " client_id = x.* ,client_software_name=java"],
    ]);

    expect(parseClientMetrics(configs)).toEqual({
      metrics: ["a.b", "c"],
      intervalMs: 300_000,
      match: [
        { parameter: "client_id", pattern: "x.*" },
        { parameter: "client_software_name", pattern: "java" },
      ],
    });
  });

  test.each([
    ["no.such", "1", ErrorCode.INVALID_REQUEST],
    ["interval.ms", "99", ErrorCode.INVALID_REQUEST],
    ["interval.ms", "3600001", ErrorCode.INVALID_REQUEST],
    ["interval.ms", "x", ErrorCode.INVALID_CONFIG],
    ["metrics", "a,,b", ErrorCode.INVALID_CONFIG],
    ["match", "client_id", ErrorCode.INVALID_CONFIG],
    ["match", "client_id=", ErrorCode.INVALID_CONFIG],
    ["match", "client_id=a=b", ErrorCode.INVALID_CONFIG],
    ["match", "client_id=[", ErrorCode.INVALID_CONFIG],
    ["match", "user=a", ErrorCode.INVALID_CONFIG],
  ])("is refused with %s=%s", (name, value, code) => {
    expect(() => check({ [name]: value })).toThrow(expect.objectContaining({ code }));
  });
});
