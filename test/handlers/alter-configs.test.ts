import { beforeEach, describe, expect, test } from "vitest";
import { alterConfigsHandler } from "../../src/handlers/alter-configs.ts";
import { incrementalAlterConfigsHandler } from "../../src/handlers/incremental-alter-configs.ts";
import { listConfigResourcesHandler } from "../../src/handlers/list-config-resources.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { alterConfigs } from "../../src/protocol/generated/alter-configs.ts";
import { incrementalAlterConfigs } from "../../src/protocol/generated/incremental-alter-configs.ts";
import { listConfigResources } from "../../src/protocol/generated/list-config-resources.ts";
import { wanted } from "../cluster/support.ts";
import { ask, everything, type May, type SmallBroker, smallBroker } from "./support.ts";

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;

type Resource = readonly [type: number, name: string, setting: string, value: string];

let broker: SmallBroker;

beforeEach(async () => {
  broker = await smallBroker();
  await broker.controller.createTopics([
    wanted("orders", { configs: new Map([["segment.ms", "1"]]) }),
  ]);
});

async function setEach(
  resources: readonly Resource[],
  { may = everything, validateOnly = false }: { may?: May; validateOnly?: boolean } = {},
): Promise<readonly number[]> {
  const request = {
    resources: resources.map(([resourceType, resourceName, name, value]) => ({
      resourceType,
      resourceName,
      configs: [{ name, configOperation: 0, value }],
    })),
    validateOnly,
  };
  const answer = await ask(incrementalAlterConfigsHandler, incrementalAlterConfigs, request, {
    broker,
    may,
  });
  return answer.responses.map(({ errorCode }) => errorCode);
}

const oneOfEach: readonly Resource[] = [
  [TOPIC, "orders", "retention.ms", "5"],
  [BROKER, "1", "log.retention.ms", "5"],
  [LOGGER, "1", "root", "WARN"],
  [CLIENT_METRICS, "m", "interval.ms", "100"],
  [GROUP, "g", "consumer.session.timeout.ms", "50000"],
];

describe("who alters settings", () => {
  test("needs the right to, of the topic, the group, or else of the cluster", async () => {
    const nobody = await setEach(oneOfEach, { may: () => false });
    const clusterOnly = await setEach(oneOfEach, {
      may: (operation, resource) => operation === "alter-configs" && resource === "cluster",
    });

    const {
      TOPIC_AUTHORIZATION_FAILED: topic,
      GROUP_AUTHORIZATION_FAILED: group,
      CLUSTER_AUTHORIZATION_FAILED: cluster,
    } = ErrorCode;
    expect(nobody).toEqual([topic, cluster, cluster, cluster, group]);
    expect(clusterOnly).toEqual([topic, 0, 0, 0, group]);
  });

  test("needs the right to describe the cluster for a list of what has settings", async () => {
    const list = async (may: May) =>
      ask(listConfigResourcesHandler, listConfigResources, { resourceTypes: [] }, { broker, may });

    expect((await list(() => false)).errorCode).toBe(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    expect((await list(everything)).configResources).toHaveLength(3);
  });

  test("changes nothing by trying only", async () => {
    expect(await setEach(oneOfEach, { validateOnly: true })).toEqual([0, 0, 0, 0, 0]);

    const { image } = broker.controller;
    expect(image.topic("orders")?.configs.has("retention.ms")).toBe(false);
    expect(image.brokerConfigs(1).size).toBe(0);
    expect(image.namesWithConfigs("groups")).toEqual([]);
    expect(broker.services.loggers.levelOf("root")).toBe("info");
  });

  test("is told of each resource by itself", async () => {
    const codes = await setEach([
      [TOPIC, "orders", "retention.ms", "x"],
      [TOPIC, "nope", "retention.ms", "5"],
      [GROUP, "g", "consumer.session.timeout.ms", "50000"],
      [BROKER, "2", "log.retention.ms", "5"],
      [99, "x", "y", "z"],
    ]);

    const { INVALID_CONFIG, INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode;
    expect(codes).toEqual([
      INVALID_CONFIG,
      UNKNOWN_TOPIC_OR_PARTITION,
      0,
      INVALID_REQUEST,
      INVALID_REQUEST,
    ]);
  });

  test("bears a request that names thousands of resources, some of them twice", async () => {
    const many = Array.from({ length: 5000 }, (_, n): Resource => {
      return [GROUP, `g-${n % 4990}`, "consumer.session.timeout.ms", "50000"];
    });

    const codes = await setEach(many);

    expect(codes.filter((code) => code === ErrorCode.INVALID_REQUEST)).toHaveLength(20);
    expect(broker.controller.image.namesWithConfigs("groups")).toHaveLength(4980);
  });
});

describe("AlterConfigs", () => {
  test("takes away what it does not name", async () => {
    await ask(
      alterConfigsHandler,
      alterConfigs,
      {
        resources: [
          {
            resourceType: TOPIC,
            resourceName: "orders",
            configs: [{ name: "retention.ms", value: "7" }],
          },
        ],
        validateOnly: false,
      },
      { broker },
    );

    const configs = broker.controller.image.topic("orders")?.configs ?? [];
    expect(Object.fromEntries(configs)).toEqual({ "retention.ms": "7" });
  });
});
