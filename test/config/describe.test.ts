import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseBrokerConfig } from "../../src/config/broker-config.ts";
import { brokerSettings } from "../../src/config/broker-settings.ts";
import {
  describeBrokerConfig,
  describeClientMetricsConfig,
  describeGroupConfig,
  describeTopicConfig,
} from "../../src/config/describe.ts";
import type { DescribedConfig } from "../../src/config/described.ts";
import { documentationOf } from "../../src/config/documentation.ts";

/** What Kafka said of a broker, topic or group; sources by name. */
interface Recorded {
  readonly name: string;
  readonly type: string;
  readonly value: string | null;
  readonly source: string;
  readonly readOnly: boolean;
  readonly sensitive: boolean;
  readonly synonyms: readonly (readonly [string, string | null, string])[];
}

function recorded(file: string): readonly Recorded[] {
  const url = new URL(`../golden/configs-${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { configs: Recorded[] }).configs;
}

const types = "UNKNOWN BOOLEAN STRING INT SHORT LONG DOUBLE LIST CLASS PASSWORD".split(" ");
const sources: Readonly<Record<number, string>> = {
  1: "TOPIC_CONFIG",
  3: "DYNAMIC_DEFAULT_BROKER_CONFIG",
  4: "STATIC_BROKER_CONFIG",
  5: "DEFAULT_CONFIG",
  7: "CLIENT_METRICS_CONFIG",
  8: "GROUP_CONFIG",
};

function asRecorded(config: DescribedConfig): Recorded {
  const { name, value, readOnly, isSensitive: sensitive } = config;
  return {
    name,
    type: types[config.configType] ?? "",
    value,
    source: sources[config.configSource] ?? "",
    readOnly,
    sensitive,
    synonyms: config.synonyms.map((each) => [each.name, each.value, sources[each.source] ?? ""]),
  };
}

/** What the recorded broker's operator had changed while it ran: not possible here yet. */
const changedAtRunTime = new Set(["log.cleaner.threads", "log.retention.ms", "retention.ms"]);

const unchanged = (configs: readonly Recorded[]) =>
  configs.filter(({ name }) => !changedAtRunTime.has(name));

/** What the recorded broker was given in its server.properties. */
const given = Object.fromEntries(
  recorded("broker").flatMap(({ name, value, source }) =>
    source === "STATIC_BROKER_CONFIG" && value !== null ? [[name, value]] : [],
  ),
);

describe("what is said of settings", () => {
  const broker = parseBrokerConfig(given, () => {});

  test("is what Kafka said of all 350 of a broker", () => {
    const described = describeBrokerConfig(broker).map(asRecorded);

    expect(described).toHaveLength(350);
    expect(unchanged(described)).toEqual(unchanged(recorded("broker")));
  });

  test("is what Kafka said of all 37 of a topic", () => {
    const described = describeTopicConfig(broker, new Map()).map(asRecorded);

    expect(described).toHaveLength(37);
    expect(unchanged(described)).toEqual(unchanged(recorded("topic")));
  });

  test("is what Kafka said of a group", () => {
    expect(describeGroupConfig(broker).map(asRecorded)).toEqual(recorded("group"));
  });

  test("is what Kafka said of a subscription to client metrics", () => {
    const own = new Map([["interval.ms", "5000"]]);

    expect(describeClientMetricsConfig(own).map(asRecorded)).toEqual(recorded("client-metrics"));
  });

  test("begins with the topic's own word, and shows what is behind it", () => {
    const described = describeTopicConfig(broker, new Map([["segment.index.bytes", " 00100 "]]));

    expect(described.map(asRecorded)).toContainEqual(
      expect.objectContaining({
        name: "segment.index.bytes",
        value: "100",
        source: "TOPIC_CONFIG",
        synonyms: [
          ["segment.index.bytes", "100", "TOPIC_CONFIG"],
          ["log.index.size.max.bytes", "65536", "STATIC_BROKER_CONFIG"],
          ["log.index.size.max.bytes", "10485760", "DEFAULT_CONFIG"],
        ],
      }),
    );
  });

  test("never shows a secret, nor what might be one", () => {
    const secretive = parseBrokerConfig(
      {
        "ssl.key.password": "hunter2",
        "listener.name.x.ssl.keystore.password": "hunter2",
        "some.plugin.token": "hunter2",
      },
      () => {},
    );
    const described = describeBrokerConfig(secretive);

    expect(JSON.stringify(described)).not.toContain("hunter2");
    for (const name of ["ssl.key.password", "some.plugin.token"]) {
      expect(described).toContainEqual(expect.objectContaining({ name, isSensitive: true }));
    }
  });

  test("has a sentence for every setting that is described", () => {
    const described = [
      ...describeBrokerConfig(broker).map(({ name }) => documentationOf(4, name)),
      ...describeTopicConfig(broker, new Map()).map(({ name }) => documentationOf(2, name)),
      ...describeGroupConfig(broker).map(({ name }) => documentationOf(32, name)),
      ...describeClientMetricsConfig().map(({ name }) => documentationOf(16, name)),
    ];

    expect(described).not.toContain(null);
    expect(documentationOf(2, "no.such")).toBeNull();
    expect(documentationOf(4, "odradek.clamp.replication.factor")).not.toBeNull();
  });

  test("covers the 379 settings of Kafka's brokers, three rates and our own", () => {
    const own = Object.keys(brokerSettings).filter((name) => name.startsWith("odradek."));

    expect(Object.keys(brokerSettings)).toHaveLength(379 + 3 + own.length);
  });
});
