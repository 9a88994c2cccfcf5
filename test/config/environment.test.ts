import { describe, expect, test } from "vitest";
import { settingsOfEnvironment } from "../../src/config/environment.ts";
import { parseProperties } from "../../src/config/properties.ts";

describe("the environment", () => {
  test.each([
    ["KAFKA_NUM_PARTITIONS", "num.partitions"],
    ["KAFKA_LOG_RETENTION_MS", "log.retention.ms"],
    ["KAFKA_SOME__NAME", "some_name"],
    ["KAFKA_SOME___NAME", "some-name"],
    [
      "KAFKA_LISTENER_NAME_SECURE_SCRAM-SHA-512_SASL_JAAS_CONFIG",
      "listener.name.secure.scram-sha-512.sasl.jaas.config",
    ],
  ])("means by %s the setting %s", (variable, name) => {
    expect(settingsOfEnvironment({ [variable]: "x" })).toEqual({ [name]: "x" });
  });

  test("is not a setting where it is meant for Java or the image", () => {
    const given = { KAFKA_HEAP_OPTS: "-Xmx1g", KAFKA_VERSION: "4.4.0", HOME: "/", PATH: undefined };

    expect(settingsOfEnvironment(given)).toEqual({});
  });

  test("names the cluster", () => {
    expect(settingsOfEnvironment({ CLUSTER_ID: "5L6g3nShT-eMCtK--X86sw" })).toEqual({
      "odradek.cluster.id": "5L6g3nShT-eMCtK--X86sw",
    });
  });

  test("that only advertises listens on all interfaces", () => {
    const given = { KAFKA_LISTENERS: "", KAFKA_ADVERTISED_LISTENERS: "A://kafka:1,B://[::1]:2" };

    expect(settingsOfEnvironment(given)).toEqual({
      listeners: "A://0.0.0.0:1,B://0.0.0.0:2",
      "advertised.listeners": "A://kafka:1,B://[::1]:2",
    });
  });
});

describe("a server.properties", () => {
  test("is read as Java reads it", () => {
    const content =
      "# comment\nnum.partitions = 3\nlisteners=A://:1,\\\n  B://:2\nlog.dirs:C\\:\\\\data\nempty=\n";

    expect(parseProperties(content)).toEqual({
      "num.partitions": "3",
      listeners: "A://:1,B://:2",
      "log.dirs": "C:\\data",
      empty: "",
    });
  });
});
