import { brokerDocumentation } from "./documentation/broker.ts";
import { clientMetricsDocumentation } from "./documentation/client-metrics.ts";
import { groupDocumentation } from "./documentation/group.ts";
import { topicDocumentation } from "./documentation/topic.ts";

/** By DescribeConfigs' resource types. */
const tables: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  2: topicDocumentation,
  4: brokerDocumentation,
  16: clientMetricsDocumentation,
  32: groupDocumentation,
};

/** One sentence on what a setting does, or null. Loaded only when a client asks. */
export function documentationOf(resourceType: number, name: string): string | null {
  return tables[resourceType]?.[name] ?? null;
}
