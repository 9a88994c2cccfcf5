import { forbidTogether, onlyAction, requireOptions } from "../../tool/given.ts";
import { type Option, UsageRefusal } from "../command.ts";
import { bootstrapServer, commandConfig } from "../common-options.ts";
import type { GivenOptions } from "../given-options.ts";

const elsewhere = "(To alter topic configurations, the kafka-configs tool can be used.)";

/** The flags of kafka-topics. */
export const options: readonly Option[] = [
  bootstrapServer,
  commandConfig,
  { name: "list", kind: "flag", description: "Names the topics." },
  { name: "create", kind: "flag", description: "Makes a topic." },
  { name: "describe", kind: "flag", description: "Shows topics with their partitions." },
  { name: "alter", kind: "flag", description: "Gives topics more partitions." },
  { name: "delete", kind: "flag", description: "Deletes topics." },
  {
    name: "topic",
    kind: "text",
    value: "NAME",
    description: "A topic's name; a regular expression, but for --create.",
  },
  { name: "topic-id", kind: "text", value: "ID", description: "Describes the topic of this id." },
  {
    name: "partitions",
    kind: "integer",
    value: "N",
    description: "How many partitions the topic has, or is to have.",
  },
  {
    name: "replication-factor",
    kind: "integer",
    value: "N",
    description: "Replicas of each partition of a new topic.",
  },
  {
    name: "replica-assignment",
    kind: "text",
    value: "1:2,2:3",
    description: "Brokers of each partition.",
  },
  {
    name: "config",
    kind: "text",
    value: "NAME=VALUE",
    description: "A setting of a new topic.",
    isRepeatable: true,
  },
  {
    name: "delete-config",
    kind: "text",
    value: "NAME",
    description: "Not supported any more.",
    isRepeatable: true,
  },
  { name: "if-exists", kind: "flag", description: "Does nothing to topics that are not there." },
  { name: "if-not-exists", kind: "flag", description: "Makes no topic that is there." },
  { name: "exclude-internal", kind: "flag", description: "Leaves out Kafka's own topics." },
  {
    name: "under-replicated-partitions",
    kind: "flag",
    description: "Only partitions that lack in-sync replicas.",
  },
  {
    name: "unavailable-partitions",
    kind: "flag",
    description: "Only partitions without a leader.",
  },
  {
    name: "under-min-isr-partitions",
    kind: "flag",
    description: "Only partitions below min.insync.replicas.",
  },
  {
    name: "at-min-isr-partitions",
    kind: "flag",
    description: "Only partitions at min.insync.replicas.",
  },
  {
    name: "topics-with-overrides",
    kind: "flag",
    description: "Only topics with settings of their own.",
  },
  {
    name: "partition-size-limit-per-response",
    kind: "integer",
    value: "N",
    description: "Most partitions in one answer.",
  },
];

const actions = ["list", "describe", "create", "alter", "delete"] as const;

export type Action = (typeof actions)[number];

/** Flags that narrow what is described. */
const reports = [
  "under-replicated-partitions",
  "under-min-isr-partitions",
  "at-min-isr-partitions",
  "unavailable-partitions",
];

/** By flag, the actions that take it. */
const takenBy: readonly (readonly [string, readonly Action[]])[] = [
  ["config", ["alter", "create"]],
  ["partitions", ["alter", "create"]],
  ["replication-factor", ["create"]],
  ["replica-assignment", ["alter", "create"]],
];

const takenLaterBy: readonly (readonly [string, readonly Action[]])[] = [
  ["if-exists", ["alter", "delete", "describe"]],
  ["if-not-exists", ["create"]],
  ["exclude-internal", ["list", "describe"]],
];

/** Says what the command is to do. @throws UsageRefusal */
export function checkedAction(given: GivenOptions): Action {
  const sentence =
    "Command must include exactly one action: --list, --describe, --create, --alter or --delete";
  const action = onlyAction(given, actions, sentence);
  if (!given.has("bootstrap-server"))
    throw new UsageRefusal("--bootstrap-server must be specified");
  checkRequired(given, action);
  checkTaken(given, takenBy);
  if (action === "create") {
    forbidTogether(given, "replica-assignment", ["partitions", "replication-factor"]);
  }
  for (const report of reports) {
    forbidTogether(given, report, ["topics-with-overrides", ...without(["describe"])]);
  }
  forbidTogether(given, "topics-with-overrides", [...reports, ...without(["describe"])]);
  checkTaken(given, takenLaterBy);
  return action;
}

function checkRequired(given: GivenOptions, action: Action): void {
  if (action === "describe" && given.has("if-exists")) {
    if (!given.has("topic") && !given.has("topic-id")) {
      throw new UsageRefusal("--topic or --topic-id is required to describe a topic");
    }
  }
  if (action !== "list" && action !== "describe") requireOptions(given, ["topic"]);
  if (action !== "alter") return;
  if (given.has("config")) {
    const both = `[${given.named("bootstrap-server")}, ${given.named("config")}]`;
    throw new UsageRefusal(
      `Option combination "${both}" can't be used with option "${given.named("alter")}" ${elsewhere}`,
    );
  }
  requireOptions(given, ["partitions"]);
}

function checkTaken(given: GivenOptions, table: typeof takenBy): void {
  for (const [name, by] of table) forbidTogether(given, name, without(by));
}

function without(taking: readonly Action[]): readonly Action[] {
  return actions.filter((action) => !taking.includes(action));
}
