import { checkTopicName } from "../cluster/topic-name.ts";
import {
  describeBrokerConfig,
  describeClientMetricsConfig,
  describeClusterWideConfig,
  describeGroupConfig,
  describeTopicConfig,
} from "../config/describe.ts";
import type { DescribedConfig } from "../config/described.ts";
import { describeLoggers } from "../config/logger-levels.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  type DescribeConfigsRequest,
  type DescribeConfigsResource,
  type DescribeConfigsResultInput,
  describeConfigs,
} from "../protocol/generated/describe-configs.ts";
import { checkBrokerId, checkNamed, ResourceType, rightTo } from "./config-resources.ts";
import { defineHandler, type Handler, type Services } from "./handler.ts";

const resourceTypes: ReadonlySet<number> = new Set(Object.values(ResourceType));

type Documentation = (resourceType: number, name: string) => string | null;

/** What is told of a resource, and about how much room that takes in the answer. */
interface Told {
  readonly configs: DescribeConfigsResultInput["configs"];
  readonly bytes: number;
}

/** What the resources of one request share. */
interface Call {
  readonly request: DescribeConfigsRequest;
  readonly services: Services;
  readonly documentation: Documentation | undefined;
  /** By what was asked. Each is made once: a small request may name the same broker a million times. */
  readonly told: Map<string, Told>;
  /** Room that is left in the answer. */
  bytesLeft: number;
}

/** An answer is encoded in one go, during which nobody else is served. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** After so long others are served, before more is described. */
const SLICE_MS = 10;
const BYTES_PER_CONFIG = 24;
const BYTES_PER_SYNONYM = 6;

/**
 * DescribeConfigs says what the settings of topics, brokers, loggers, groups and subscriptions to
 * client metrics are, and where each value comes from. A resource of another type fails them all.
 * Beyond 64 MiB in one answer resources are refused, one by one.
 *
 * v1  sources and synonyms (KIP-226)
 * v2  as v1
 * v3  types and documentation (KIP-569)
 * v4  flexible encoding
 */
export const describeConfigsHandler: Handler = defineHandler({
  api: describeConfigs,

  async handle(request, context, services) {
    const { resources } = request;
    if (!resources.every(({ resourceType }) => resourceTypes.has(resourceType))) {
      const results = resources.map((each) =>
        failed(each, ErrorCode.INVALID_REQUEST, "no such resource type"),
      );
      return { throttleTimeMs: 0, results };
    }
    const documentation = request.includeDocumentation
      ? (await import("../config/documentation.ts")).documentationOf
      : undefined;
    const told = new Map<string, Told>();
    const call: Call = { request, services, documentation, told, bytesLeft: ANSWER_BYTES_MAX };
    const results: DescribeConfigsResultInput[] = [];
    let sliceStartMs = services.clock.monotonicMs();
    for (const resource of resources) {
      const refusal = rightTo("describe-configs", resource, context);
      results.push(
        refusal === ErrorCode.NONE ? describe(resource, call) : failed(resource, refusal, ""),
      );
      if (services.clock.monotonicMs() - sliceStartMs < SLICE_MS) continue;
      await new Promise(setImmediate);
      sliceStartMs = services.clock.monotonicMs();
    }
    return { throttleTimeMs: 0, results };
  },
});

function describe(resource: DescribeConfigsResource, call: Call): DescribeConfigsResultInput {
  try {
    const { configs, bytes } = toldOnce(resource, call);
    if (bytes > call.bytesLeft) {
      throw new KafkaError(
        ErrorCode.POLICY_VIOLATION,
        "the answer has no room for more settings: ask for fewer resources at once",
      );
    }
    call.bytesLeft -= bytes;
    const { resourceType, resourceName } = resource;
    return { errorCode: ErrorCode.NONE, errorMessage: "", resourceType, resourceName, configs };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return failed(resource, error.code, error.message);
  }
}

/** @throws KafkaError as {@link configsOf} */
function toldOnce(resource: DescribeConfigsResource, call: Call): Told {
  const { resourceType, resourceName, configurationKeys } = resource;
  const name = isPlain(resource, call.services) ? true : resourceName;
  const key = JSON.stringify([resourceType, name, configurationKeys]);
  const known = call.told.get(key);
  if (known !== undefined) return known;
  const configs = tell(resource, call);
  const told = { configs, bytes: configs.reduce((sum, config) => sum + sizeOf(config), 0) };
  call.told.set(key, told);
  return told;
}

/** Whether nothing is set on it: all such of a type look alike. */
function isPlain(
  { resourceType, resourceName: name }: DescribeConfigsResource,
  { image }: Services,
): boolean {
  switch (resourceType) {
    case ResourceType.TOPIC:
      return image().topic(name)?.configs.size === 0;
    case ResourceType.GROUP:
      return name !== "" && image().groupConfigs(name).size === 0;
    case ResourceType.CLIENT_METRICS:
      return name !== "" && image().clientMetricsConfigs(name).size === 0;
    default:
      return false;
  }
}

function tell(
  resource: DescribeConfigsResource,
  call: Call,
): DescribeConfigsResultInput["configs"] {
  const { request, services, documentation } = call;
  const { resourceType } = resource;
  const configs = asked(configsOf(resource, services), resource.configurationKeys);
  return configs.map((config) => ({
    ...config,
    synonyms: request.includeSynonyms ? config.synonyms : [],
    documentation:
      resourceType === ResourceType.BROKER_LOGGER
        ? ""
        : (documentation?.(resourceType, config.name) ?? null),
  }));
}

function sizeOf(config: DescribeConfigsResultInput["configs"][number]): number {
  let bytes = BYTES_PER_CONFIG + config.name.length + (config.value?.length ?? 0);
  bytes += config.documentation?.length ?? 0;
  for (const { name, value } of config.synonyms ?? []) {
    bytes += BYTES_PER_SYNONYM + name.length + (value?.length ?? 0);
  }
  return bytes;
}

/** @throws KafkaError INVALID_REQUEST, INVALID_TOPIC_EXCEPTION, UNKNOWN_TOPIC_OR_PARTITION */
function configsOf(
  { resourceType, resourceName }: DescribeConfigsResource,
  services: Services,
): readonly DescribedConfig[] {
  const { config, image, loggers, nodeId } = services;
  switch (resourceType) {
    case ResourceType.TOPIC:
      return topicConfigs(resourceName, services);
    case ResourceType.BROKER:
      if (resourceName === "") return describeClusterWideConfig(config);
      checkBrokerId(resourceName, nodeId);
      return describeBrokerConfig(config);
    case ResourceType.BROKER_LOGGER:
      checkBrokerId(resourceName, nodeId);
      return describeLoggers(loggers);
    case ResourceType.GROUP:
      checkNamed(resourceName, "a group");
      return describeGroupConfig(config, image().groupConfigs(resourceName));
    default:
      checkNamed(resourceName, "a subscription to client metrics");
      return describeClientMetricsConfig(image().clientMetricsConfigs(resourceName));
  }
}

function topicConfigs(name: string, { config, image }: Services): readonly DescribedConfig[] {
  checkTopicName(name);
  const topic = image().topic(name);
  if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "");
  return describeTopicConfig(config, topic.configs);
}

/** No keys mean all. A key that there is not is not answered. */
function asked(
  configs: readonly DescribedConfig[],
  keys: readonly string[] | null,
): readonly DescribedConfig[] {
  if (keys === null || keys.length === 0) return configs;
  const wanted = new Set(keys);
  return configs.filter(({ name }) => wanted.has(name));
}

function failed(
  { resourceType, resourceName }: DescribeConfigsResource,
  errorCode: ErrorCode,
  errorMessage: string,
): DescribeConfigsResultInput {
  return { errorCode, errorMessage, resourceType, resourceName, configs: [] };
}
