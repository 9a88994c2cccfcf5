import { forbidTogether, onlyAction, requireOptions } from "../../tool/given.ts";
import { type Option, UsageRefusal } from "../command.ts";
import { bootstrapServer, commandConfig } from "../common-options.ts";
import type { GivenOptions } from "../given-options.ts";

const flag = (name: string, description: string): Option => ({ name, kind: "flag", description });

/** The flags of kafka-consumer-groups. */
export const options: readonly Option[] = [
  bootstrapServer,
  commandConfig,
  flag("list", "Names the groups."),
  flag("describe", "Shows groups: their offsets, members or states."),
  flag("delete", "Deletes groups without members."),
  flag("reset-offsets", "Moves what a group without members has committed."),
  flag("delete-offsets", "Forgets what a group has committed of topics."),
  {
    name: "validate-regex",
    kind: "text",
    value: "PATTERN",
    description: "Says whether a group could subscribe to this pattern; needs no broker.",
  },
  {
    name: "group",
    kind: "text",
    value: "GROUP",
    description: "The group to act on.",
    isRepeatable: true,
  },
  flag("all-groups", "Acts on all groups."),
  {
    name: "topic",
    kind: "text",
    value: "TOPIC[:0,1]",
    description: "A topic, or some of its partitions.",
    isRepeatable: true,
  },
  flag("all-topics", "All topics of which the group has committed something."),
  flag("offsets", "With --describe: offsets and lag of each partition. The default."),
  flag("members", "With --describe: the group's members."),
  {
    name: "state",
    kind: "optional",
    value: "STATES",
    description: "With --describe: the group's state. With --list: states, or groups in these.",
  },
  {
    name: "type",
    kind: "optional",
    value: "TYPES",
    description: "With --list: types (classic, consumer), or groups of these.",
  },
  flag("verbose", "With --describe: more columns."),
  flag("to-earliest", "Resets to the first record."),
  flag("to-latest", "Resets to the end."),
  flag("to-current", "Resets to what is committed, or to the end."),
  { name: "to-offset", kind: "integer", value: "N", description: "Resets to this offset." },
  { name: "shift-by", kind: "integer", value: "N", description: "Moves by so many records." },
  {
    name: "to-datetime",
    kind: "text",
    value: "YYYY-MM-DDTHH:mm:ss.sss",
    description: "Resets to the first record since then.",
  },
  {
    name: "by-duration",
    kind: "text",
    value: "PnDTnHnMnS",
    description: "Resets to the first record since so long ago.",
  },
  {
    name: "from-file",
    kind: "text",
    value: "FILE",
    description: "Resets to what a CSV file says, as --export writes it.",
  },
  flag("dry-run", "Only shows what would be reset. The default."),
  flag("execute", "Resets."),
  flag("export", "Prints what is reset as CSV."),
  {
    name: "timeout",
    kind: "integer",
    value: "MS",
    description: "Most milliseconds for one question to the cluster, 5000 unless given.",
  },
];

const actions = [
  "list",
  "describe",
  "delete",
  "reset-offsets",
  "delete-offsets",
  "validate-regex",
] as const;

export type Action = (typeof actions)[number];

/** The ways to say where a group is to read on, in the order in which they are looked at. */
export const scenarios = [
  "to-offset",
  "to-datetime",
  "by-duration",
  "to-earliest",
  "to-latest",
  "to-current",
  "shift-by",
  "from-file",
] as const;

const dryRunWarning =
  "WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.\n";

/** What the command is to do. @throws UsageRefusal */
export function checkedAction(given: GivenOptions, complain: (text: string) => void): Action {
  checkAvailable(given);
  if (!given.has("validate-regex")) requireOptions(given, ["bootstrap-server"]);
  if (given.has("describe")) checkDescribe(given);
  if (given.has("delete")) checkDelete(given);
  if (given.has("delete-offsets") && !(given.has("group") && given.has("topic"))) {
    throw new UsageRefusal("Option [delete-offsets] takes the following options: [group], [topic]");
  }
  if (given.has("reset-offsets")) checkReset(given, complain);
  forbidTogether(given, "group", ["all-groups"]);
  forbidTogether(given, "group", ["list"]);
  forbidTogether(given, "topic", ["list", "describe"]);
  const all = actions.map((name) => `--${name}`).join(", ");
  return onlyAction(given, actions, `Command must include exactly one action: ${all}`);
}

/** Some flags belong to others. */
function checkAvailable(given: GivenOptions): void {
  const isDescribed = given.has("describe");
  const wanting = [
    ...(isDescribed ? [] : ["members", "verbose", "offsets"]),
    ...(isDescribed || given.has("list") ? [] : ["state"]),
    ...(given.has("list") ? [] : ["type"]),
  ].filter((name) => given.has(name));
  if (wanting.length === 0) return;
  const names = `[${wanting.join(", ")}]`;
  const sentence = `Option(s) ${names} are unavailable given other options on the command line`;
  throw new UsageRefusal(sentence);
}

function demandGroups(given: GivenOptions, action: string): void {
  if (given.has("group") || given.has("all-groups")) return;
  throw new UsageRefusal(`Option [${action}] takes one of these options: [group], [all-groups]`);
}

function checkDescribe(given: GivenOptions): void {
  demandGroups(given, "describe");
  const views = ["members", "offsets", "state"].filter((name) => given.has(name));
  if (views.length > 1) {
    throw new UsageRefusal(
      "Option [describe] takes at most one of these options: [members], [offsets], [state]",
    );
  }
  if (given.text("state") !== undefined) {
    throw new UsageRefusal("Option [describe] does not take a value for [state]");
  }
}

function checkDelete(given: GivenOptions): void {
  demandGroups(given, "delete");
  if (!given.has("topic")) return;
  throw new UsageRefusal(
    "The consumer does not support topic-specific offset deletion from a consumer group.",
  );
}

function checkReset(given: GivenOptions, complain: (text: string) => void): void {
  if (given.has("dry-run") && given.has("execute")) {
    throw new UsageRefusal("Option [reset-offsets] only accepts one of [execute] and [dry-run]");
  }
  if (!given.has("dry-run") && !given.has("execute")) complain(dryRunWarning);
  demandGroups(given, "reset-offsets");
  for (const name of scenarios) {
    forbidTogether(
      given,
      name,
      scenarios.filter((other) => other !== name),
    );
  }
}
