import { checkTopicName } from "../cluster/topic-name.ts";
import {
  describeBrokerConfig,
  describeClientMetricsConfig,
  describeClusterWideConfig,
  describeGroupConfig,
  describeLoggers,
  describeTopicConfig,
} from "../config/describe.ts";
import type { DescribedConfig } from "../config/described.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  type DescribeConfigsRequest,
  type DescribeConfigsResource,
  type DescribeConfigsResultInput,
  describeConfigs,
} from "../protocol/generated/describe-configs.ts";
import { CLUSTER_NAME } from "./authorized-operations.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";

/** What can be configured (Kafka's ConfigResource.Type). */
const TOPIC = 2;
const BROKER = 4;
const BROKER_LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;
const resourceTypes: ReadonlySet<number> = new Set([
  TOPIC,
  BROKER,
  BROKER_LOGGER,
  CLIENT_METRICS,
  GROUP,
]);

/** Resources without settings of their own: those of a type look alike. */
const alikeTypes: ReadonlySet<number> = new Set([CLIENT_METRICS, GROUP]);

type Configs = DescribeConfigsResultInput["configs"];

/** What the resources of one request share. */
interface Call {
  readonly request: DescribeConfigsRequest;
  readonly context: RequestContext;
  readonly services: Services;
  /** By what was asked. Each is made once: a small request may name the same broker a million times. */
  readonly told: Map<string, Promise<Configs>>;
}

/**
 * DescribeConfigs says what the settings of topics, brokers, loggers, groups and subscriptions to
 * client metrics are, and where each value comes from. A resource of another type fails them all.
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
    const call: Call = { request, context, services, told: new Map() };
    const results = resources.every(({ resourceType }) => resourceTypes.has(resourceType))
      ? await Promise.all(resources.map((each) => describe(each, call)))
      : resources.map((each) => failed(each, ErrorCode.INVALID_REQUEST, "no such resource type"));
    return { throttleTimeMs: 0, results };
  },
});

async function describe(
  resource: DescribeConfigsResource,
  call: Call,
): Promise<DescribeConfigsResultInput> {
  const refusal = refusalOf(resource, call.context);
  if (refusal !== ErrorCode.NONE) return failed(resource, refusal, "");
  try {
    const configs = await toldOnce(resource, call);
    const { resourceType, resourceName } = resource;
    return { errorCode: ErrorCode.NONE, errorMessage: "", resourceType, resourceName, configs };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return failed(resource, error.code, error.message);
  }
}

function toldOnce(resource: DescribeConfigsResource, call: Call): Promise<Configs> {
  const { resourceType, resourceName, configurationKeys } = resource;
  const isAlike = alikeTypes.has(resourceType) && resourceName !== "";
  const key = JSON.stringify([resourceType, isAlike || resourceName, configurationKeys]);
  const known = call.told.get(key);
  if (known !== undefined) return known;
  const made = tell(resource, call);
  call.told.set(key, made);
  return made;
}

/** @throws KafkaError as {@link configsOf} */
async function tell(
  resource: DescribeConfigsResource,
  { request, services }: Call,
): Promise<Configs> {
  const configs = asked(configsOf(resource, services), resource.configurationKeys);
  const documentation = request.includeDocumentation
    ? (await import("../config/documentation.ts")).documentationOf
    : undefined;
  const { resourceType } = resource;
  return configs.map((config) => ({
    ...config,
    synonyms: request.includeSynonyms ? config.synonyms : [],
    documentation:
      resourceType === BROKER_LOGGER ? "" : (documentation?.(resourceType, config.name) ?? null),
  }));
}

function refusalOf(
  { resourceType, resourceName }: DescribeConfigsResource,
  context: RequestContext,
): ErrorCode {
  switch (resourceType) {
    case TOPIC:
      return context.may("describe-configs", "topic", resourceName)
        ? ErrorCode.NONE
        : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    case GROUP:
      return context.may("describe-configs", "group", resourceName)
        ? ErrorCode.NONE
        : ErrorCode.GROUP_AUTHORIZATION_FAILED;
    default:
      return context.may("describe-configs", "cluster", CLUSTER_NAME)
        ? ErrorCode.NONE
        : ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
  }
}

/** @throws KafkaError INVALID_REQUEST, INVALID_TOPIC_EXCEPTION, UNKNOWN_TOPIC_OR_PARTITION */
function configsOf(
  { resourceType, resourceName }: DescribeConfigsResource,
  services: Services,
): readonly DescribedConfig[] {
  switch (resourceType) {
    case TOPIC:
      return topicConfigs(resourceName, services);
    case BROKER:
      if (resourceName === "") return describeClusterWideConfig(services.config);
      checkBrokerId(resourceName, services);
      return describeBrokerConfig(services.config);
    case BROKER_LOGGER:
      checkBrokerId(resourceName, services);
      return describeLoggers(services.config);
    case GROUP:
      checkNamed(resourceName, "a group");
      return describeGroupConfig(services.config);
    default:
      checkNamed(resourceName, "a subscription to client metrics");
      return describeClientMetricsConfig();
  }
}

function topicConfigs(name: string, { config, image }: Services): readonly DescribedConfig[] {
  checkTopicName(name);
  const topic = image().topic(name);
  if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "");
  return describeTopicConfig(config, topic.configs);
}

function checkBrokerId(name: string, { nodeId }: Services): void {
  if (!/^[+-]?\d+$/.test(name)) refuse(`a broker is named by its id, which '${name}' is not`);
  if (Number(name) !== nodeId) refuse(`this is broker ${nodeId}: ask broker ${name} itself`);
}

function checkNamed(name: string, what: string): void {
  if (name === "") refuse(`${what} must have a name`);
}

function refuse(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_REQUEST, message);
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
