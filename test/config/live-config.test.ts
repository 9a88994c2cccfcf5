import { describe, expect, test } from "vitest";
import { type DynamicLayers, parseBrokerConfig } from "../../src/config/broker-config.ts";
import { LiveConfig } from "../../src/config/live-config.ts";
import { resolveTopicConfig } from "../../src/config/topic-config.ts";

function layers({ all = {}, own = {} }: Readonly<Record<string, Record<string, string>>>) {
  return { clusterWide: new Map(Object.entries(all)), own: new Map(Object.entries(own)) };
}

const unheard = () => {};

describe("a configuration that lives", () => {
  const started = (given: Record<string, string> = {}) =>
    new LiveConfig(parseBrokerConfig(given, unheard));

  test("shows what is set in the object that everybody holds", () => {
    const live = started({ "message.max.bytes": "100" });
    const { config } = live;

    live.set(layers({ all: { "message.max.bytes": "200" } }), unheard);
    expect(config.messageMaxBytes).toBe(200);

    live.set(
      layers({ all: { "message.max.bytes": "200" }, own: { "message.max.bytes": "300" } }),
      unheard,
    );
    expect(config.messageMaxBytes).toBe(300);

    live.set(layers({}), unheard);
    expect(config.messageMaxBytes).toBe(100);
  });

  test("reaches topics without a word of their own, under another name and in another unit", () => {
    const live = started({ "log.retention.hours": "1" });
    const retention = () => resolveTopicConfig(live.config, new Map()).retentionMs;
    expect(retention()).toBe(3_600_000);

    live.set(layers({ own: { "log.retention.ms": "5" } }), unheard);
    expect(retention()).toBe(5);
    expect(resolveTopicConfig(live.config, new Map([["retention.ms", "7"]])).retentionMs).toBe(7);

    // Any negative time is no limit.
    live.set(layers({ own: { "log.retention.ms": "-9" } }), unheard);
    expect(retention()).toBe(-1);
  });

  test("passes over what it cannot take, and says so", () => {
    const live = started();
    const heard: string[] = [];
    const stored: DynamicLayers = layers({
      all: { "num.io.threads": "many", "log.segment.bytes": "2000000", "no.such": "x" },
    });
    live.set(stored, (name) => heard.push(name));

    expect(heard).toEqual(["num.io.threads"]);
    expect(live.config.numIoThreads).toBe(8);
    expect(live.config.logSegmentBytes).toBe(2_000_000);
    expect([...live.config.clusterWide.keys()].sort()).toEqual([
      "log.segment.bytes",
      "min.insync.replicas",
      "no.such",
    ]);
  });

  test("keeps min.insync.replicas for the cluster, as it was at the start", () => {
    const live = started({ "min.insync.replicas": "2" });
    live.set(layers({ all: { "min.insync.replicas": "3" } }), unheard);
    expect(live.config.minInsyncReplicas).toBe(3);

    live.set(layers({}), unheard);
    expect(live.config.clusterWide.get("min.insync.replicas")).toBe("2");
  });
});
