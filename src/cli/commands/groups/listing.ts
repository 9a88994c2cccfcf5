import type { ClusterClient } from "../../../client/cluster-client.ts";
import type { ListedGroup } from "../../../protocol/generated/list-groups.ts";
import { row, widthOf } from "../../tool/columns.ts";
import { listedGroups } from "../../tool/groups.ts";
import { jsonText } from "../../tool/json.ts";
import { UsageRefusal } from "../command.ts";
import { type Work, wrapping } from "./work.ts";

const TYPES = ["Classic", "Consumer"];
const STATES = [
  "PreparingRebalance",
  "CompletingRebalance",
  "Stable",
  "Dead",
  "Empty",
  "Assigning",
  "Reconciling",
];

const GROUP_WIDTH = 15;
const GROUP_SPACE = 10;
const COLUMN_WIDTH = 20;

interface Filters {
  readonly types: readonly string[];
  readonly states: readonly string[];
}

/** Prints the groups of consumers. @throws UsageRefusal, KafkaError */
export async function showList({ client, options, print }: Work): Promise<void> {
  const [hasType, hasState] = [options.has("type"), options.has("state")];
  const types = chosen(options.text("type"), TYPES, "types list", "types");
  const states = chosen(options.text("state"), STATES, "state list", "states");
  const isPlain = !hasType && !hasState;
  const ask = () => consumerGroups(client, { types, states });
  const groups = isPlain ? await wrapping(ask) : await ask();
  if (options.has("json")) print(jsonText({ groups: groups.map(documentOf) }));
  else if (isPlain) print(groups.map(({ groupId }) => `${groupId}\n`).join(""));
  else print(tableOf(groups, { hasType, hasState }));
}

/** The ids of all groups of consumers. @throws Error */
export async function allGroupIds(client: ClusterClient): Promise<string[]> {
  const groups = await wrapping(() => consumerGroups(client, { types: [], states: [] }));
  return groups.map(({ groupId }) => groupId);
}

async function consumerGroups(client: ClusterClient, filters: Filters): Promise<ListedGroup[]> {
  const types = filters.types.length === 0 ? TYPES : filters.types;
  const request = { statesFilter: filters.states, typesFilter: types };
  const groups = await listedGroups(client, request);
  return groups.filter(({ protocolType }) => ["", "consumer"].includes(protocolType));
}

/** @throws UsageRefusal for what is not among the names, whose case does not matter. */
function chosen(
  text: string | undefined,
  names: readonly string[],
  list: string,
  plural: string,
): string[] {
  if (text === undefined || text === "") return [];
  return text.split(",").map((word) => {
    const wanted = word.trim().toLowerCase();
    const name = names.find((each) => each.toLowerCase() === wanted);
    if (name !== undefined) return name;
    throw new UsageRefusal(`Invalid ${list} '${text}'. Valid ${plural} are: ${names.join(", ")}`);
  });
}

function tableOf(
  groups: readonly ListedGroup[],
  { hasType, hasState }: { readonly hasType: boolean; readonly hasState: boolean },
): string {
  const ids = groups.map(({ groupId }) => groupId);
  const widths = [widthOf(ids, GROUP_WIDTH) + GROUP_SPACE, COLUMN_WIDTH, COLUMN_WIDTH];
  const cells = (group: string, type: string, state: string) => [
    group,
    ...(hasType ? [type] : []),
    ...(hasState ? [state] : []),
  ];
  const rows = groups.map((group) => cells(group.groupId, typeOf(group), stateOf(group)));
  return [cells("GROUP", "TYPE", "STATE"), ...rows]
    .map((each) => `${row(each, widths)}\n`)
    .join("");
}

function typeOf({ groupType }: ListedGroup): string {
  return TYPES.find((type) => type.toLowerCase() === groupType.toLowerCase()) ?? "Unknown";
}

function stateOf({ groupState }: ListedGroup): string {
  return groupState === "" ? "Unknown" : groupState;
}

function documentOf(group: ListedGroup) {
  const { groupId, protocolType } = group;
  return { groupId, protocolType, type: typeOf(group), state: stateOf(group) };
}
