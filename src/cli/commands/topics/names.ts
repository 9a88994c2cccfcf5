import type { ClusterClient } from "../../../client/cluster-client.ts";
import type { MetadataResponseTopic } from "../../../protocol/generated/metadata.ts";
import { allTopics } from "../../tool/topics.ts";
import { topicFilter } from "../topic-filter.ts";

const NAME_MAX = 249;

/** The topics that a command line means, by name. */
export async function matchingTopics(
  client: ClusterClient,
  pattern: string | undefined,
  isWithoutInternal: boolean,
): Promise<MetadataResponseTopic[]> {
  const topics = await allTopics(client);
  const matches = pattern === undefined ? () => true : topicFilter(pattern);
  return topics.filter(
    ({ name, isInternal }) => matches(name ?? "") && !(isInternal && isWithoutInternal),
  );
}

/** @throws Error unless something was found, or need not be */
export function demandFound(
  { length }: readonly unknown[],
  pattern: string | undefined,
  isIfExists: boolean,
): void {
  if (length > 0 || isIfExists || !pattern) return;
  throw new Error(`Topic '${pattern}' does not exist as expected`);
}

/** Kafka's rule for the name of a topic. @throws Error */
export function demandValidName(name: string): void {
  const reason = faultOf(name);
  if (reason !== undefined) throw new Error(`Topic name is invalid: ${reason}`);
}

function faultOf(name: string): string | undefined {
  if (name === "") return "the empty string is not allowed";
  if (name === "." || name === "..") return `'${name}' is not allowed`;
  if (name.length > NAME_MAX) {
    return `the length of '${name}' is longer than the max allowed length ${NAME_MAX}`;
  }
  if (/^[\w.-]+$/.test(name)) return undefined;
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
}
