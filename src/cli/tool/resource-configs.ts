import type { ClusterClient } from "../../client/cluster-client.ts";
import {
  type DescribeConfigsResourceResult,
  describeConfigs,
} from "../../protocol/generated/describe-configs.ts";
import { demand } from "./java-errors.ts";

/** Kafka's ids of what can be configured. */
export const ResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const;

/** Kafka's ids of where a setting comes from. */
export const ConfigSource = {
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const;

export interface Resource {
  readonly type: number;
  readonly name: string;
}

/** Settings of resources of one broker or of the cluster, in the order of the resources. */
export async function configsOf(
  client: ClusterClient,
  resources: readonly Resource[],
  includeSynonyms: boolean,
): Promise<(readonly DescribeConfigsResourceResult[])[]> {
  if (resources.length === 0) return [];
  const request = {
    resources: resources.map(({ type, name }) => ({
      resourceType: type,
      resourceName: name,
      configurationKeys: null,
    })),
    includeSynonyms,
  };
  const { results } = await askOwner(client, resources, request);
  for (const result of results) demand(result);
  return resources.map(
    ({ name }) => results.find(({ resourceName }) => resourceName === name)?.configs ?? [],
  );
}

/** A broker's own settings only that broker knows. */
function askOwner(
  client: ClusterClient,
  resources: readonly Resource[],
  request: Parameters<typeof describeConfigs.encodeRequest>[1],
) {
  const [first] = resources;
  const node = first === undefined ? undefined : ownerOf(first);
  if (node === undefined) return client.any(describeConfigs, request);
  return client.retry(() => client.node(node, describeConfigs, [request]));
}

/** The broker to ask about a resource; undefined: any. */
export function ownerOf({ type, name }: Resource): number | undefined {
  const isBroker = type === ResourceType.BROKER || type === ResourceType.BROKER_LOGGER;
  return isBroker && name !== "" ? Number(name) : undefined;
}
