import { describe, expect, test } from "vitest";
import { configOfListener, parseBrokerConfig } from "../../src/config/broker-config.ts";
import { ConfigError } from "../../src/config/config-error.ts";

function parse(given: Record<string, string>) {
  const warnings: string[] = [];
  const config = parseBrokerConfig(given, (message) => warnings.push(message));
  return { config, warnings };
}

describe("a broker that nothing was said to", () => {
  const { config, warnings } = parse({});

  test("has Kafka's defaults under Kafka's names in camel case", () => {
    expect(config).toMatchObject({
      socketRequestMaxBytes: 104_857_600,
      numPartitions: 1,
      autoCreateTopicsEnable: true,
      connectionsMaxIdleMs: 600_000,
      offsetsTopicNumPartitions: 50,
      logRetentionHours: 168,
      logRetentionMs: undefined,
      logFlushIntervalMessages: Number.MAX_SAFE_INTEGER,
    });
  });

  test("differs where a broker for one machine must", () => {
    expect(config).toMatchObject({
      nodeId: 1,
      brokerId: 1,
      logDirs: ["./odradek-data"],
      groupInitialRebalanceDelayMs: 0,
      listeners: ["PLAINTEXT://127.0.0.1:9092", "PLAINTEXT://[::1]:9092"],
      advertisedListeners: ["PLAINTEXT://localhost:9092"],
    });
  });

  test("warns of nothing, and cannot be changed", () => {
    expect(warnings).toEqual([]);
    expect(Object.isFrozen(config)).toBe(true);
  });
});

describe("a broker's settings", () => {
  test("take the place of the defaults", () => {
    const { config } = parse({ "num.partitions": "6", "log.dir": "/data", "broker.id": "7" });

    expect(config).toMatchObject({ numPartitions: 6, logDirs: ["/data"], nodeId: 7, brokerId: 7 });
  });

  test("say what is wrong with them, by name", () => {
    const refused = () => parse({ "num.partitions": "many" });

    expect(refused).toThrow(ConfigError);
    expect(refused).toThrow("num.partitions takes a whole number, not 'many'");
    expect(() => parse({ "log.dirs": "" })).toThrow("log.dirs must name a directory");
    expect(() => parse({ "group.min.session.timeout.ms": "2000000" })).toThrow(
      "must not be greater than group.max.session.timeout.ms",
    );
  });

  test("that nobody knows are named once, and ignored", () => {
    const { warnings } = parse({
      "confluent.support.metrics.enable": "false",
      "num.partition": "3",
    });

    expect(warnings).toEqual([
      "confluent.support.metrics.enable is not a setting of Kafka's or ours, and is ignored",
      "num.partition is not a setting of Kafka's or ours, and is ignored",
    ]);
  });

  test("of KRaft, ZooKeeper and older brokers are taken in silence", () => {
    const { warnings } = parse({
      "process.roles": "broker,controller",
      "controller.quorum.voters": "1@localhost:9093",
      "controller.listener.names": "CONTROLLER",
      "zookeeper.connect": "zookeeper:2181",
      "inter.broker.protocol.version": "2.8",
      "listener.name.internal.ssl.keystore.location": "/x",
      "listener.name.secure.scram-sha-512.sasl.jaas.config": "secret",
    });

    expect(warnings).toEqual([]);
  });

  test("that would protect somebody are not ignored in silence", () => {
    const { warnings } = parse({ "authorizer.class.name": "x.StandardAuthorizer" });

    expect(warnings).toEqual([expect.stringContaining("anyone who can connect may do anything")]);
  });

  test("may be other ones for one listener", () => {
    const { config } = parse({
      "max.connections": "10",
      "listener.name.internal.max.connections": "3",
    });

    expect(configOfListener(config, "INTERNAL").maxConnections).toBe(3);
    expect(configOfListener(config, "OTHER")).toBe(config);
  });
});
