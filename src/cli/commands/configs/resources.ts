import type { ClusterClient } from "../../../client/cluster-client.ts";
import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import type { DescribeConfigsResourceResult } from "../../../protocol/generated/describe-configs.ts";
import { incrementalAlterConfigs } from "../../../protocol/generated/incremental-alter-configs.ts";
import { listConfigResources } from "../../../protocol/generated/list-config-resources.ts";
import { listedGroups } from "../../tool/groups.ts";
import { demand } from "../../tool/java-errors.ts";
import { jsonText } from "../../tool/json.ts";
import { ConfigSource, configsOf, ownerOf, ResourceType } from "../../tool/resource-configs.ts";
import { allTopics } from "../../tool/topics.ts";
import { CommandError } from "../command.ts";
import { demandValidName } from "../topics/names.ts";
import type { Changes } from "./changes.ts";
import type { Entities } from "./entities.ts";
import type { Work } from "./work.ts";

interface Kind {
  readonly resource: number;
  /** Where what was set at run time comes from; undefined: everything is shown. */
  readonly source: number | undefined;
  /** All of them there are. */
  readonly names: (client: ClusterClient) => Promise<string[]>;
}

const kinds: Readonly<Record<string, Kind>> = {
  topics: {
    resource: ResourceType.TOPIC,
    source: ConfigSource.DYNAMIC_TOPIC_CONFIG,
    names: async (client) => (await allTopics(client)).map(({ name }) => name ?? ""),
  },
  brokers: {
    resource: ResourceType.BROKER,
    source: ConfigSource.DYNAMIC_BROKER_CONFIG,
    names: brokerNames,
  },
  "broker-loggers": {
    resource: ResourceType.BROKER_LOGGER,
    source: undefined,
    names: brokerNames,
  },
  "client-metrics": {
    resource: ResourceType.CLIENT_METRICS,
    source: ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG,
    names: (client) => configuredNames(client, ResourceType.CLIENT_METRICS),
  },
  groups: {
    resource: ResourceType.GROUP,
    source: ConfigSource.DYNAMIC_GROUP_CONFIG,
    names: groupNames,
  },
};

/** Brokers' ids, and "" for what holds for all. */
async function brokerNames(client: ClusterClient): Promise<string[]> {
  const { brokers } = await client.metadata([]);
  return [...brokers.map(({ nodeId }) => String(nodeId)), ""];
}

async function groupNames(client: ClusterClient): Promise<string[]> {
  const groups = await listedGroups(client, {});
  const configured = await configuredNames(client, ResourceType.GROUP).catch((error: unknown) => {
    if (!(error instanceof KafkaError) || !isLacking.has(error.code)) throw error;
    return [];
  });
  return [...new Set([...groups.map(({ groupId }) => groupId), ...configured])];
}

/** Nobody can list such resources here. */
const isLacking: ReadonlySet<number> = new Set([
  ErrorCode.UNSUPPORTED_VERSION,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
]);

async function configuredNames(client: ClusterClient, type: number): Promise<string[]> {
  const answer = await client.any(listConfigResources, { resourceTypes: [type] });
  demand(answer);
  const ofType = answer.configResources.filter(({ resourceType }) => resourceType === type);
  return ofType.map(({ resourceName }) => resourceName);
}

function kindOf(type: string): Kind {
  const kind = kinds[type];
  if (kind === undefined) throw new CommandError(`Invalid entity type: ${type}`);
  return kind;
}

/** `topics` is `topic` where there is one. */
export function singular(type: string): string {
  return type.slice(0, -1);
}

/** Prints settings of resources. @throws CommandError, KafkaError */
export async function showResources(work: Work, { types, names }: Entities): Promise<void> {
  const { client, options } = work;
  const [type = ""] = types;
  const [name] = names;
  if (name !== undefined) checkName(type, name);
  const mustExist = name !== undefined && !options.has("all");
  const isAbsent = mustExist && !(await kindOf(type).names(client)).includes(name);
  if (isAbsent) {
    const say = options.has("json") ? work.complain : work.print;
    say(`The ${singular(type)} '${name}' doesn't exist and doesn't have dynamic config.\n`);
  }
  const shown = name === undefined ? await kindOf(type).names(client) : [name];
  await showEach(work, type, isAbsent ? [] : shown);
}

async function showEach(
  { client, options, print }: Work,
  type: string,
  names: readonly string[],
): Promise<void> {
  const isAll = options.has("all");
  const documents: unknown[] = [];
  for (const name of names) {
    if (!options.has("json")) print(`${headingOf(type, name, isAll)}\n`);
    const entries = await entriesOf(client, { kind: kindOf(type), name, isAll });
    if (options.has("json")) documents.push(documentOf(type, name, entries));
    else for (const entry of entries) print(`  ${textOf(entry)}\n`);
  }
  if (options.has("json")) print(jsonText({ entities: documents }));
}

function checkName(type: string, name: string): void {
  if (type !== "topics") return;
  try {
    demandValidName(name);
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

function headingOf(type: string, name: string, isAll: boolean): string {
  if (name === "") return `Default configs for ${type} in the cluster are:`;
  return `${isAll ? "All" : "Dynamic"} configs for ${singular(type)} ${name} are:`;
}

async function entriesOf(
  client: ClusterClient,
  { kind, name, isAll }: { readonly kind: Kind; readonly name: string; readonly isAll: boolean },
): Promise<DescribeConfigsResourceResult[]> {
  const isDefault = kind.resource === ResourceType.BROKER && name === "";
  const source = isDefault ? ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG : kind.source;
  const [entries = []] = await configsOf(client, [{ type: kind.resource, name }], true);
  return entries
    .filter(({ configSource }) => isAll || source === undefined || configSource === source)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

const sourceNames: ReadonlyMap<number, string> = new Map(
  Object.entries(ConfigSource).map(([name, id]) => [id, name]),
);

function textOf({ name, value, isSensitive, synonyms }: DescribeConfigsResourceResult): string {
  const others = synonyms.map((one) => `${sourceName(one.source)}:${one.name}=${one.value}`);
  return `${name}=${value} sensitive=${isSensitive} synonyms={${others.join(", ")}}`;
}

function sourceName(source: number): string {
  return sourceNames.get(source) ?? "UNKNOWN";
}

function documentOf(
  entityType: string,
  name: string,
  entries: readonly DescribeConfigsResourceResult[],
) {
  return {
    entityType,
    entityName: name === "" ? null : name,
    configs: entries.map(({ name: config, value, isSensitive, configSource, synonyms }) => ({
      name: config,
      value,
      isSensitive,
      source: sourceName(configSource),
      synonyms: synonyms.map((one) => ({
        source: sourceName(one.source),
        name: one.name,
        value: one.value,
      })),
    })),
  };
}

const Operation = { SET: 0, DELETE: 1 } as const;

/** Sets settings of one resource. @throws CommandError, KafkaError */
export async function alterResource(
  client: ClusterClient,
  { types, names }: Entities,
  { added, deleted }: Changes,
): Promise<void> {
  const [type = ""] = types;
  const [name = ""] = names;
  const { resource } = kindOf(type);
  if (type === "broker-loggers") await checkLoggers(client, name, [...deleted, ...added.keys()]);
  checkName(type, name);
  const configs = [
    ...deleted.map((config) => ({ name: config, configOperation: Operation.DELETE, value: "" })),
    ...[...added].map(([config, value]) => ({
      name: config,
      configOperation: Operation.SET,
      value,
    })),
  ];
  const resources = [{ resourceType: resource, resourceName: name, configs }];
  const request = { resources, validateOnly: false };
  const owner = ownerOf({ type: resource, name });
  await client.retry(async () => {
    const { responses } =
      owner === undefined
        ? await client.any(incrementalAlterConfigs, request)
        : await client.node(owner, incrementalAlterConfigs, [request]);
    for (const outcome of responses) demand(outcome);
  });
}

async function checkLoggers(
  client: ClusterClient,
  broker: string,
  loggers: readonly string[],
): Promise<void> {
  const resource = { type: ResourceType.BROKER_LOGGER, name: broker };
  const [entries = []] = await configsOf(client, [resource], true);
  const unknown = loggers.filter((logger) => !entries.some(({ name }) => name === logger));
  if (unknown.length === 0) return;
  throw new CommandError(`Invalid broker logger(s): ${unknown.join(",")}`);
}
