import { OffsetSpec } from "../../../protocol/offset-spec.ts";
import { type CommandContext, CommandError, UsageRefusal } from "../command.ts";
import type { GivenOptions } from "../given-options.ts";
import {
  integerIn,
  refuseBothNames,
  type Settings,
  settingsGiven,
  settingsInFile,
} from "../settings.ts";

/** What to read, as the options say it. */
export interface Plan {
  readonly topics: { readonly name: string } | { readonly pattern: RegExp };
  /** One partition, and an offset or an `OffsetSpec` to begin at. */
  readonly only: { readonly partition: number; readonly offset: number } | undefined;
  readonly group: string | undefined;
  readonly commits: boolean;
  readonly commitIntervalMs: number;
  /** Where to begin without a committed offset; undefined: that is an error. */
  readonly resetTo: number | undefined;
  readonly isolationLevel: "read_committed" | "read_uncommitted";
  readonly maxMessages: number;
  readonly timeoutMs: number;
  /** All settings of the consumer, under Kafka's names. */
  readonly settings: Settings;
}

/** @throws UsageRefusal, CommandError in the words of Kafka's tool */
export async function planOf(context: CommandContext): Promise<Plan> {
  const { options: given } = context;
  checkTopics(given);
  refuseBothNames(given, [
    ["consumer-property", "command-property"],
    ["consumer.config", "command-config"],
  ]);
  warnOfOldNames(context);
  const fromFile = await settingsInFile(context, { old: "consumer.config", now: "command-config" });
  const extra = settingsGiven(given, { old: "consumer-property", now: "command-property" });
  const group = groupOf(given, [fromFile["group.id"], extra["group.id"]]);
  const settings: Settings = { "client.id": "console-consumer", ...fromFile, ...extra };
  const partition = given.integer("partition");
  const commits = settings["enable.auto.commit"];
  return {
    topics: topicsOf(given),
    only: partition === undefined ? undefined : { partition, offset: offsetOf(given) },
    group,
    commits: group !== undefined && commits?.trim().toLowerCase() !== "false",
    commitIntervalMs: integerIn(settings, "auto.commit.interval.ms", 5000),
    resetTo: resetOf(given, settings["auto.offset.reset"]),
    isolationLevel: isolationOf(given.text("isolation-level") ?? settings["isolation.level"]),
    maxMessages: atLeastZero(given.integer("max-messages")),
    timeoutMs: atLeastZero(given.long("timeout-ms")),
    settings,
  };
}

function checkTopics(given: GivenOptions): void {
  if (given.has("topic") === given.has("include")) {
    throw new UsageRefusal(
      "Exactly one of the following arguments is required: [topic], [include]",
    );
  }
  if (!given.has("partition")) {
    if (!given.has("offset")) return;
    throw new UsageRefusal("The partition is required when offset is specified.");
  }
  if (!given.has("topic")) {
    throw new UsageRefusal("The topic is required when partition is specified.");
  }
  if (given.has("from-beginning") && given.has("offset")) {
    throw new UsageRefusal("Options from-beginning and offset cannot be specified together.");
  }
}

function warnOfOldNames({ options: given, print }: CommandContext): void {
  for (const [old, now] of [
    ["consumer-property", "command-property"],
    ["consumer.config", "command-config"],
  ] as const) {
    if (given.has(old)) print(deprecation(old, now));
  }
}

/** Kafka's tool says it on standard output. */
export function deprecation(old: string, now: string): string {
  return `Option --${old} is deprecated and will be removed in a future version. Use --${now} instead.\n`;
}

/** Those who give a group in several places must mean the same. */
function groupOf(given: GivenOptions, others: readonly (string | undefined)[]): string | undefined {
  const groups = new Set([given.text("group"), ...others].filter((one) => one !== undefined));
  if (groups.size > 1) {
    const detected = [...groups].map((group) => `'${group}'`).join(", ");
    throw new UsageRefusal(
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: ${detected}`,
    );
  }
  const [group] = groups;
  if (group !== undefined && given.has("partition")) {
    throw new UsageRefusal("Options group and partition cannot be specified together.");
  }
  return group;
}

function topicsOf(given: GivenOptions): Plan["topics"] {
  const name = given.text("topic");
  if (name !== undefined) return { name };
  const pattern = given.text("include") ?? "";
  try {
    return { pattern: new RegExp(`^(?:${pattern})$`) };
  } catch (error) {
    throw new CommandError(`${pattern} is no regular expression`, { cause: error });
  }
}

function offsetOf(given: GivenOptions): number {
  const text = given.text("offset");
  if (text === undefined) {
    return given.has("from-beginning") ? OffsetSpec.EARLIEST : OffsetSpec.LATEST;
  }
  const lower = text.toLowerCase();
  if (lower === "earliest") return OffsetSpec.EARLIEST;
  if (lower === "latest") return OffsetSpec.LATEST;
  if (/^\+?\d{1,15}$/.test(text)) return Number(text);
  throw new UsageRefusal(
    `The provided offset value '${text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
  );
}

function resetOf(given: GivenOptions, setting: string | undefined): number | undefined {
  const isFromBeginning = given.has("from-beginning");
  if (setting === undefined) return isFromBeginning ? OffsetSpec.EARLIEST : OffsetSpec.LATEST;
  if (isFromBeginning && setting !== "earliest") {
    throw new CommandError(
      `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${setting}', please remove one option`,
    );
  }
  if (setting === "earliest") return OffsetSpec.EARLIEST;
  if (setting === "latest") return OffsetSpec.LATEST;
  if (setting === "none") return undefined;
  throw configError("auto.offset.reset", setting);
}

function isolationOf(text = "read_uncommitted"): Plan["isolationLevel"] {
  if (text === "read_committed" || text === "read_uncommitted") return text;
  throw configError("isolation.level", text);
}

function configError(name: string, value: string): CommandError {
  return new CommandError(
    `org.apache.kafka.common.config.ConfigException: Invalid value ${value} for configuration ${name}`,
  );
}

/** Without a limit where there is none, or a negative one. */
function atLeastZero(limit: number | undefined): number {
  return limit === undefined || limit < 0 ? Number.POSITIVE_INFINITY : limit;
}
