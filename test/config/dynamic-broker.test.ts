import { describe, expect, test } from "vitest";
import { parseBrokerConfig } from "../../src/config/broker-config.ts";
import { type BrokerLayer, checkDynamicConfigs } from "../../src/config/dynamic-broker.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";

function check(
  configs: Readonly<Record<string, string>>,
  { layer = "own", given = {} }: { layer?: BrokerLayer; given?: Record<string, string> } = {},
): void {
  const now = parseBrokerConfig(given, () => {});
  checkDynamicConfigs(new Map(Object.entries(configs)), layer, now);
}

const refused = (name: RegExp) =>
  expect.objectContaining({
    code: ErrorCode.INVALID_REQUEST,
    message: expect.stringMatching(name),
  });

describe("settings of a broker at run time", () => {
  test.each([
    ["is fixed from the start", { "node.id": "1" }, /node\.id/],
    ["is fixed, and ours", { "odradek.tail.cache.bytes": "1" }, /odradek/],
    ["belongs to a listener", { "ssl.keystore.location": "/x" }, /per listener/],
    ["has a bad value", { "log.roll.ms": "x" }, /log\.roll\.ms/],
    ["has a bad value for a listener", { "listener.name.a.max.connections": "x" }, /max\.conn/],
    ["would have no effect", { "sasl.enabled.mechanisms": "PLAIN" }, /SASL/],
    ["would have no effect on listeners", { listeners: "PLAINTEXT://:1" }, /listeners/],
    ["leaves the cleaner no room", { "log.cleaner.dedupe.buffer.size": "1000" }, /dedupe/],
    ["more than doubles threads", { "num.io.threads": "17" }, /twice 8/],
    ["more than halves threads", { "num.io.threads": "3" }, /half of 8/],
    [
      "keeps more here than at all",
      { "log.retention.ms": "1", "log.local.retention.ms": "2" },
      /local/,
    ],
    ["locks everybody out", { "max.connections": "0" }, /at least 1/],
    ["locks every address out", { "max.connections.per.ip": "0" }, /overrides/],
  ])("are refused where one %s", (_, configs, message) => {
    expect(() => check(configs as unknown as Record<string, string>)).toThrow(refused(message));
  });

  test("are taken where nothing speaks against them, known to anybody or not", () => {
    expect(() =>
      check({ "log.retention.ms": "-1", "num.io.threads": "16", "no.such": "x" }),
    ).not.toThrow();
  });

  test("of one broker's own are not set on all of them", () => {
    const all = { layer: "clusterWide" } as const;

    expect(() => check({ "cordoned.log.dirs": "/a" }, all)).toThrow(refused(/one broker/));
    expect(() => check({ "max.connections": "5" }, all)).not.toThrow();
  });

  test("may say again what holds anyway", () => {
    const given = { listeners: "PLAINTEXT://127.0.0.1:1" };

    expect(() => check({ listeners: "PLAINTEXT://127.0.0.1:1" }, { given })).not.toThrow();
  });

  test("cordon directories that there are", () => {
    const given = { "log.dirs": "/a,/b" };

    expect(() => check({ "cordoned.log.dirs": "/b" }, { given })).not.toThrow();
    expect(() => check({ "cordoned.log.dirs": "/c" }, { given })).toThrow(refused(/\/c/));
  });
});
