import type { ClusterClient } from "../../../client/cluster-client.ts";
import { jsonText } from "../../tool/json.ts";
import { describeGroup, type GroupDescription } from "./description.ts";
import { allGroupIds } from "./listing.ts";
import { memberDocument, memberTableOf } from "./member-table.ts";
import { offsetTable, type PartitionRow, partitionRows } from "./offset-table.ts";
import { stateDocument, stateTable } from "./state-table.ts";
import { printError, type Work } from "./work.ts";

const rebalancing = ["PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling"];

/** Prints offsets, members or states of groups, in the order of their ids. @throws KafkaError */
export async function showGroups(work: Work): Promise<void> {
  const { client, options } = work;
  const groups = await describedGroups(client, await groupsGiven(work));
  if (options.has("members")) showMembers(work, groups);
  else if (options.has("state")) showStates(work, groups);
  else await showOffsets(work, groups);
}

/** The ids of the groups that a command line means. @throws Error */
export async function groupsGiven({ client, options }: Work): Promise<readonly string[]> {
  if (options.has("all-groups")) return allGroupIds(client);
  return [...new Set(options.texts("group"))];
}

async function describedGroups(
  client: ClusterClient,
  ids: readonly string[],
): Promise<GroupDescription[]> {
  const groups: GroupDescription[] = [];
  for (const id of [...ids].sort()) groups.push(await describeGroup(client, id));
  return groups;
}

async function showOffsets(work: Work, groups: readonly GroupDescription[]): Promise<void> {
  const { client, options, print } = work;
  // Everything is asked before anything is printed: what fails leaves no half of an answer.
  const all: (readonly [GroupDescription, PartitionRow[]])[] = [];
  for (const group of groups) all.push([group, await partitionRows(client, group)]);
  if (options.has("json")) {
    print(jsonText({ groups: all.map(([group, rows]) => offsetDocument(group, rows)) }));
    return;
  }
  for (const [group, rows] of all) {
    if (!isShown(work, group, rows.length)) continue;
    print(offsetTable(group.groupId, rows, options.has("verbose")));
  }
}

function showMembers(work: Work, groups: readonly GroupDescription[]): void {
  const { options, print } = work;
  if (options.has("json")) {
    print(jsonText({ groups: groups.map(memberDocument) }));
    return;
  }
  for (const group of groups) {
    const { head, rows } = memberTableOf(group, options.has("verbose"));
    // A group without members gets its heading too.
    isShown(work, group, rows.length);
    print(`\n${[head, ...rows].map((line) => `${line}\n`).join("")}`);
  }
}

function showStates(work: Work, groups: readonly GroupDescription[]): void {
  const { options, print } = work;
  if (options.has("json")) {
    print(jsonText({ groups: groups.map(stateDocument) }));
    return;
  }
  for (const group of groups) {
    if (isShown(work, group, 1)) print(stateTable(group, options.has("verbose")));
  }
}

/** Says what is unusual about the group's state; whether there is something to show. */
function isShown(work: Work, { groupId, state }: GroupDescription, rows: number): boolean {
  if (state === "Dead") printError(work, `Consumer group '${groupId}' does not exist.`);
  else if (state === "Empty") {
    work.complain(`\nConsumer group '${groupId}' has no active members.\n`);
  } else if (rebalancing.includes(state)) {
    work.complain(`\nWarning: Consumer group '${groupId}' is rebalancing.\n`);
  }
  return state !== "Dead" && rows > 0;
}

function offsetDocument({ groupId, state }: GroupDescription, rows: readonly PartitionRow[]) {
  const partitions = rows.map(({ topic, partition, offset, leaderEpoch, end, lag, member }) => ({
    topic,
    partition,
    leaderEpoch: leaderEpoch ?? null,
    currentOffset: offset ?? null,
    logEndOffset: end ?? null,
    lag: lag ?? null,
    consumerId: member?.memberId ?? null,
    host: member?.host ?? null,
    clientId: member?.clientId ?? null,
  }));
  return { groupId, state, partitions };
}
