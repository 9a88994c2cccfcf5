import type { ClusterClient } from "../../client/cluster-client.ts";
import {
  type ListedGroup,
  type ListGroupsRequestInput,
  listGroups,
} from "../../protocol/generated/list-groups.ts";
import { demand } from "./java-errors.ts";

/** Asks every broker for the groups it coordinates; in the order of their ids. @throws KafkaError */
export async function listedGroups(
  client: ClusterClient,
  request: ListGroupsRequestInput,
): Promise<ListedGroup[]> {
  await client.metadata([]);
  const found = new Map<string, ListedGroup>();
  for (const nodeId of client.brokers.keys()) {
    const groups = await client.retry(async () => {
      const answer = await client.node(nodeId, listGroups, [request]);
      demand(answer);
      return answer.groups;
    });
    for (const group of groups) found.set(group.groupId, group);
  }
  return [...found.values()].sort((one, other) => (one.groupId < other.groupId ? -1 : 1));
}
