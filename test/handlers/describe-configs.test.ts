import { beforeEach, describe, expect, test } from "vitest";
import { brokerConfigWith } from "../../src/config/broker-config.ts";
import { createTopicsHandler } from "../../src/handlers/create-topics.ts";
import { describeConfigsHandler } from "../../src/handlers/describe-configs.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { describeConfigs } from "../../src/protocol/generated/describe-configs.ts";
import { ask, type May, type SmallBroker, smallBroker } from "./support.ts";

const [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] = [2, 4, 8, 16, 32] as const;

interface Asked {
  readonly keys?: readonly string[] | null;
  readonly version?: number;
  readonly synonyms?: boolean;
  readonly documentation?: boolean;
  readonly may?: May;
}

describe("DescribeConfigs", () => {
  let broker: SmallBroker;

  beforeEach(async () => {
    broker = await smallBroker({ "odradek.log.level": "debug" });
    await ask(
      createTopicsHandler,
      createTopics,
      {
        timeoutMs: 1000,
        topics: [
          {
            name: "orders",
            numPartitions: 1,
            replicationFactor: 1,
            assignments: [],
            configs: [{ name: "retention.ms", value: "7200000" }],
          },
        ],
      },
      { broker },
    );
  });

  async function describeOne(resourceType: number, resourceName: string, asked: Asked = {}) {
    const { keys = null, version = 4, synonyms = false, documentation = false, may } = asked;
    const response = await ask(
      describeConfigsHandler,
      describeConfigs,
      {
        resources: [{ resourceType, resourceName, configurationKeys: keys }],
        includeSynonyms: synonyms,
        includeDocumentation: documentation,
      },
      { broker, version, ...(may === undefined ? {} : { may }) },
    );
    return response.results[0];
  }

  test.each([1, 2, 3, 4])(
    "names a topic's own values and where they come from, in v%i",
    async (version) => {
      const result = await describeOne(TOPIC, "orders", {
        version,
        keys: ["retention.ms"],
        synonyms: true,
      });

      expect(result).toMatchObject({
        errorCode: ErrorCode.NONE,
        errorMessage: "",
        configs: [
          {
            name: "retention.ms",
            value: "7200000",
            readOnly: false,
            configSource: 1,
            isSensitive: false,
            synonyms: [{ name: "retention.ms", value: "7200000", source: 1 }],
            configType: version >= 3 ? 5 : 0,
          },
        ],
      });
    },
  );

  test("describes everything where no keys are named, and nothing for a key there is not", async () => {
    expect((await describeOne(TOPIC, "orders"))?.configs).toHaveLength(37);
    expect((await describeOne(TOPIC, "orders", { keys: [] }))?.configs).toHaveLength(37);
    expect((await describeOne(TOPIC, "orders", { keys: ["no.such"] }))?.configs).toEqual([]);
    expect((await describeOne(BROKER, "1"))?.configs.length).toBeGreaterThanOrEqual(350);
  });

  test("tells what was set at run time, the nearest word first", async () => {
    broker = await smallBroker({ "log.retention.hours": "2" });
    const { given } = broker.services.config;
    const clusterWide = new Map([["log.retention.ms", "3"]]);
    const own = new Map([["log.retention.ms", "4"]]);
    const config = brokerConfigWith({ given }, { clusterWide, own }, () => {});
    broker.services = { ...broker.services, config };

    const told = await describeOne(BROKER, "1", { keys: ["log.retention.ms"], synonyms: true });
    const ofAll = await describeOne(BROKER, "", { keys: ["log.retention.ms"] });

    expect(told?.configs[0]).toMatchObject({ value: "4", configSource: 2, readOnly: false });
    expect(
      told?.configs[0]?.synonyms.map(({ name, value, source }) => [name, value, source]),
    ).toEqual([
      ["log.retention.ms", "4", 2],
      ["log.retention.ms", "3", 3],
      ["log.retention.hours", "2", 4],
      ["log.retention.hours", "168", 5],
    ]);
    expect(ofAll?.configs[0]).toMatchObject({ value: "3", configSource: 3 });
  });

  test("tells what a group and a subscription say of themselves, and others nothing of it", async () => {
    await broker.controller.alterConfigs([
      {
        type: "groups",
        name: "g",
        alter: () => new Map([["share.isolation.level", "read_committed"]]),
      },
      { type: "client-metrics", name: "m", alter: () => new Map([["interval.ms", "100"]]) },
    ]);
    const told = async (type: number, name: string, key: string) => {
      const result = await describeOne(type, name, { keys: [key] });
      return [result?.configs[0]?.value, result?.configs[0]?.configSource];
    };

    expect(await told(GROUP, "g", "share.isolation.level")).toEqual(["read_committed", 8]);
    expect(await told(GROUP, "h", "share.isolation.level")).toEqual(["read_uncommitted", 5]);
    expect(await told(CLIENT_METRICS, "m", "interval.ms")).toEqual(["100", 7]);
    expect(await told(CLIENT_METRICS, "n", "interval.ms")).toEqual(["300000", 5]);
  });

  test("refuses what has no room in one answer, and tells the rest", async () => {
    const one = { resourceType: BROKER, resourceName: "1", configurationKeys: null };
    const { results } = await ask(
      describeConfigsHandler,
      describeConfigs,
      {
        resources: Array.from({ length: 2000 }, () => one),
        includeSynonyms: true,
        includeDocumentation: true,
      },
      { broker },
    );

    const codes = results.map(({ errorCode }) => errorCode);
    const told = codes.indexOf(ErrorCode.POLICY_VIOLATION);
    expect(told).toBeGreaterThan(100);
    expect(new Set(codes.slice(0, told))).toEqual(new Set([ErrorCode.NONE]));
    expect(new Set(codes.slice(told))).toEqual(new Set([ErrorCode.POLICY_VIOLATION]));
  }, 20_000);

  test("adds synonyms and sentences only if they are asked for", async () => {
    const keys = ["segment.bytes"];
    const plain = await describeOne(TOPIC, "orders", { keys });
    const full = await describeOne(TOPIC, "orders", { keys, synonyms: true, documentation: true });

    expect(plain?.configs[0]).toMatchObject({ synonyms: [], documentation: null });
    expect(full?.configs[0]?.synonyms).toHaveLength(1);
    expect(full?.configs[0]?.documentation).toMatch(/segment/);
  });

  test("knows the settings of the cluster, loggers, groups and client metrics", async () => {
    const names = async (type: number, name: string) =>
      (await describeOne(type, name))?.configs.map(({ name, value }) => `${name}=${value}`);

    expect(await names(BROKER, "")).toEqual(["min.insync.replicas=1"]);
    expect(await names(BROKER_LOGGER, "1")).toContain("root=INFO");
    expect(await names(GROUP, "no-such-group")).toContain("consumer.session.timeout.ms=45000");
    expect(await names(CLIENT_METRICS, "m")).toEqual(["interval.ms=300000", "match=", "metrics="]);
  });

  test.each([
    [TOPIC, "nope", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    [TOPIC, "", ErrorCode.INVALID_TOPIC_EXCEPTION],
    [BROKER, "9", ErrorCode.INVALID_REQUEST],
    [BROKER, "abc", ErrorCode.INVALID_REQUEST],
    [BROKER_LOGGER, "", ErrorCode.INVALID_REQUEST],
    [GROUP, "", ErrorCode.INVALID_REQUEST],
    [CLIENT_METRICS, "", ErrorCode.INVALID_REQUEST],
  ])("refuses resource type %i called '%s' with %i", async (type, name, errorCode) => {
    expect(await describeOne(type, name)).toMatchObject({ errorCode, configs: [] });
  });

  test("fails all resources of a request that names a type there is not", async () => {
    const { results } = await ask(
      describeConfigsHandler,
      describeConfigs,
      {
        resources: [TOPIC, 77].map((resourceType) => ({
          resourceType,
          resourceName: "orders",
          configurationKeys: null,
        })),
      },
      { broker },
    );

    expect(results.map(({ errorCode }) => errorCode)).toEqual([42, 42]);
  });

  test.each([
    [TOPIC, "orders", ErrorCode.TOPIC_AUTHORIZATION_FAILED],
    [BROKER, "1", ErrorCode.CLUSTER_AUTHORIZATION_FAILED],
    [GROUP, "g", ErrorCode.GROUP_AUTHORIZATION_FAILED],
  ])("tells nothing of resource type %i to who may not know", async (type, name, errorCode) => {
    const result = await describeOne(type, name, { may: () => false });

    expect(result).toMatchObject({ errorCode, configs: [] });
  });
});
