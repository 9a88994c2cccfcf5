import type { ConfigAlteration } from "../cluster/config-alteration.ts";
import { checkTopicName } from "../cluster/topic-name.ts";
import { checkClientMetricsConfigs } from "../config/client-metrics-config.ts";
import { checkDynamicConfigs, checkMinIsr } from "../config/dynamic-broker.ts";
import { checkGroupConfigs } from "../config/group-config.ts";
import { checkTopicOverrides } from "../config/topic-config.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { checkBrokerId, checkNamed, ResourceType, rightTo } from "./config-resources.ts";
import type { RequestContext, Services } from "./handler.ts";

type Configs = ReadonlyMap<string, string>;

/** A resource of a request that alters settings. */
export interface AlteredResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

/** What AlterConfigs and IncrementalAlterConfigs do not share. */
export interface Alteration<Resource extends AlteredResource> {
  /** Settings that may be null. */
  readonly mayBeNull: (config: Resource["configs"][number]) => boolean;
  /** What shall be set. Throws KafkaError. */
  readonly after: (resource: Resource, before: Configs) => Configs;
  /** The names among them that are set or taken away. */
  readonly changed: (resource: Resource, before: Configs) => readonly string[];
  /** What this broker carries out by itself; true where that was all. Throws KafkaError. */
  readonly carriedOut: (resource: Resource, call: AlterationCall) => boolean;
  /** False for what the controller of Kafka stumbles over. */
  readonly isSound: (resource: Resource) => boolean;
}

export interface AlterationCall {
  readonly validateOnly: boolean;
  readonly context: RequestContext;
  readonly services: Services;
}

/** What the response says of one resource. */
export interface AlteredResult {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

/**
 * Alters settings, resource by resource, each or not. First this broker refuses what it can tell by
 * itself (Kafka's ConfigAdminManager), then the controller decides on the rest.
 */
export async function alterResources<Resource extends AlteredResource>(
  resources: readonly Resource[],
  alteration: Alteration<Resource>,
  call: AlterationCall,
): Promise<AlteredResult[]> {
  const results = new Map<Resource, KafkaError | undefined>();
  const toDecide: { readonly resource: Resource; readonly decide: ConfigAlteration }[] = [];
  const compile = await regexCompiler(resources);
  const twice = namedTwice(resources);
  for (const resource of resources) {
    try {
      if (twice.has(resourceKey(resource))) refuse("a resource may be named once in a request");
      checkConfigs(resource, alteration);
      if (alteration.carriedOut(resource, call)) results.set(resource, undefined);
      else toDecide.push({ resource, decide: planned({ resource, alteration, call, compile }) });
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      results.set(resource, error);
    }
  }
  const decided = toDecide.every(({ resource }) => alteration.isSound(resource))
    ? await decideOn(
        toDecide.map(({ decide }) => decide),
        call,
      )
    : toDecide.map(() => new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, ""));
  for (const [at, { resource }] of toDecide.entries()) results.set(resource, decided[at]);
  return resources.map((resource) => resultOf(resource, results.get(resource)));
}

function decideOn(
  alterations: readonly ConfigAlteration[],
  { validateOnly, services }: AlterationCall,
): Promise<readonly (KafkaError | undefined)[]> {
  return services.controller.alterConfigs(alterations, { validateOnly });
}

function resultOf(
  { resourceType, resourceName }: AlteredResource,
  error: KafkaError | undefined,
): AlteredResult {
  const errorCode = error?.code ?? ErrorCode.NONE;
  const errorMessage = error === undefined || error.message === "" ? null : error.message;
  return { errorCode, errorMessage, resourceType, resourceName };
}

/** A request may name more resources than a quadratic search would bear. */
function namedTwice(resources: readonly AlteredResource[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const resource of resources) {
    const key = resourceKey(resource);
    if (seen.has(key)) twice.add(key);
    seen.add(key);
  }
  return twice;
}

function resourceKey({ resourceType, resourceName }: AlteredResource): string {
  return `${resourceType} ${resourceName}`;
}

function checkConfigs<Resource extends AlteredResource>(
  { configs }: Resource,
  { mayBeNull }: Alteration<Resource>,
): void {
  if (new Set(configs.map(({ name }) => name)).size < configs.length) {
    refuse("a setting may be named once in a resource");
  }
  const nulls = configs.filter((config) => config.value === null && !mayBeNull(config));
  if (nulls.length > 0) refuse(`${nulls.map(({ name }) => name).join(", ")} has no value`);
}

interface Planned<Resource extends AlteredResource> {
  readonly resource: Resource;
  readonly alteration: Alteration<Resource>;
  readonly call: AlterationCall;
  readonly compile: (pattern: string) => unknown;
}

/** @throws KafkaError INVALID_REQUEST, and what there is no right to */
function planned<Resource extends AlteredResource>(plan: Planned<Resource>): ConfigAlteration {
  const { resource, alteration, call, compile } = plan;
  const { resourceName: name } = resource;
  const { config } = call.services;
  checkRight(resource, call.context);
  const alter = (check: (after: Configs) => void) => (before: Configs) => {
    const after = alteration.after(resource, before);
    check(after);
    return after;
  };
  switch (resource.resourceType) {
    case ResourceType.TOPIC:
      return { type: "topics", name, alter: alter((after) => checkTopic(name, after, call)) };
    case ResourceType.BROKER:
      return plannedOfBroker(plan);
    case ResourceType.CLIENT_METRICS:
      return {
        type: "client-metrics",
        name,
        alter: alter((after) => {
          checkNamed(name, "a subscription to client metrics");
          checkClientMetricsConfigs(after, compile);
        }),
      };
    case ResourceType.GROUP:
      return {
        type: "groups",
        name,
        alter: alter((after) => {
          checkNamed(name, "a group");
          checkGroupConfigs(after, config);
        }),
      };
    default:
      return refuse(`there is no type ${resource.resourceType} of resources to alter`);
  }
}

function checkTopic(name: string, after: Configs, { services }: AlterationCall): void {
  checkNamed(name, "a topic");
  checkTopicName(name);
  checkTopicOverrides(after, services.config);
}

function plannedOfBroker<Resource extends AlteredResource>({
  resource,
  alteration,
  call,
}: Planned<Resource>): ConfigAlteration {
  const { config, nodeId } = call.services;
  const layer = resource.resourceName === "" ? "clusterWide" : "own";
  if (layer === "own") checkBrokerId(resource.resourceName, nodeId);
  return {
    type: "brokers",
    name: layer === "own" ? String(nodeId) : "",
    alter: (before) => {
      // What all brokers have from the start may not be in the store.
      const now = layer === "own" ? before : config.clusterWide;
      const after = alteration.after(resource, before);
      checkDynamicConfigs(after, layer, config);
      checkMinIsr(layer, alteration.changed(resource, now), after);
      return after;
    },
  };
}

function checkRight(resource: AlteredResource, context: RequestContext): void {
  const refusal = rightTo("alter-configs", resource, context);
  if (refusal !== ErrorCode.NONE) throw new KafkaError(refusal, "");
}

/** Patterns must be what telemetry can match in linear time; the library is loaded for them alone. */
async function regexCompiler(
  resources: readonly AlteredResource[],
): Promise<(pattern: string) => unknown> {
  if (!resources.some(({ resourceType }) => resourceType === ResourceType.CLIENT_METRICS)) {
    return () => undefined;
  }
  const { RE2JS } = await import("re2js");
  return (pattern) => RE2JS.compile(pattern);
}

function refuse(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_REQUEST, message);
}
