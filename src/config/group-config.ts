import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { BrokerConfig } from "./broker-config.ts";
import { camelCase } from "./names.ts";
import { BadValue, parseValue } from "./parse.ts";
import type { Setting, SettingValue } from "./setting.ts";
import { groupSettings } from "./settings/group.ts";

const byName: ReadonlyMap<string, Setting> = new Map(Object.entries(groupSettings));

/** Settings that the broker bounds below and above, by the words of its names that differ. */
const bounded: readonly (readonly [name: string, min: string, max: string])[] = [
  ...["consumer", "share", "streams"].flatMap((kind) =>
    ["assignment.interval.ms", "heartbeat.interval.ms", "session.timeout.ms"].map(
      (what) =>
        [`${kind}.${what}`, `group.${kind}.min.${what}`, `group.${kind}.max.${what}`] as const,
    ),
  ),
  ...["record.lock.duration.ms", "delivery.count.limit", "partition.max.record.locks"].map(
    (what) => [`share.${what}`, `group.share.min.${what}`, `group.share.max.${what}`] as const,
  ),
  ["streams.num.standby.replicas", "", "group.streams.max.standby.replicas"],
  ["streams.num.warmup.replicas", "", "group.streams.max.warmup.replicas"],
  ["streams.task.offset.interval.ms", "group.streams.min.task.offset.interval.ms", ""],
];

/**
 * What a client wants a group to say of itself, refused as Kafka's controller does (GroupConfig):
 * unknown and bad values, values outside the broker's bounds, and pairs that contradict each other.
 *
 * @throws KafkaError INVALID_CONFIG
 */
export function checkGroupConfigs(
  configs: ReadonlyMap<string, string>,
  broker: BrokerConfig,
): void {
  const values = new Map<string, SettingValue>();
  for (const name of configs.keys()) {
    if (!byName.has(name)) refuse(`${name} is not a setting of groups`);
  }
  checkTags(configs.get("streams.rack.aware.assignment.tags"));
  for (const [name, text] of configs) values.set(name, parsed(name, text));
  for (const [name, min, max] of bounded) {
    checkBounds(name, values.get(name), [numberOf(broker, min), numberOf(broker, max)]);
  }
  checkAssignor(values.get("streams.assignor.name"), broker);
  for (const kind of ["consumer", "share", "streams"]) checkSession(kind, values, broker);
  if (String(values.get("errors.deadletterqueue.topic.name") ?? "").startsWith("__")) {
    refuse("errors.deadletterqueue.topic.name must not begin with '__'");
  }
}

function parsed(name: string, text: string): SettingValue {
  try {
    return parseValue(byName.get(name) as Setting, text);
  } catch (error) {
    if (error instanceof BadValue) refuse(`${name} ${error.message}`);
    throw error;
  }
}

/** Where others take a repeat for nothing new, it is refused here. */
function checkTags(text: string | undefined): void {
  const tags = (text ?? "").trim().split(/\s*,\s*/);
  if (new Set(tags).size !== tags.length) {
    refuse("streams.rack.aware.assignment.tags must name every tag once");
  }
}

function checkBounds(
  name: string,
  value: SettingValue,
  [min, max]: readonly [min: number | undefined, max: number | undefined],
): void {
  if (typeof value !== "number") return;
  if (min !== undefined && value < min) refuse(`${name} must be at least ${min}, not ${value}`);
  if (max !== undefined && value > max) refuse(`${name} must be at most ${max}, not ${value}`);
}

function checkAssignor(name: SettingValue, { groupStreamsAssignors }: BrokerConfig): void {
  if (name === undefined || groupStreamsAssignors.includes(String(name))) return;
  refuse(`streams.assignor.name must be one of ${groupStreamsAssignors.join(", ")}, not '${name}'`);
}

function checkSession(
  kind: string,
  values: ReadonlyMap<string, SettingValue>,
  broker: BrokerConfig,
): void {
  const names = [`${kind}.session.timeout.ms`, `${kind}.heartbeat.interval.ms`] as const;
  if (!names.some((name) => values.has(name))) return;
  const [session = 0, heartbeat = 0] = names.map((name) =>
    Number(values.get(name) ?? numberOf(broker, `group.${name}`)),
  );
  if (session > heartbeat) return;
  refuse(`${names[0]} must be greater than ${names[1]}, and ${session} is not above ${heartbeat}`);
}

function numberOf(broker: BrokerConfig, name: string): number | undefined {
  const value = (broker as unknown as Readonly<Record<string, unknown>>)[camelCase(name)];
  return typeof value === "number" ? value : undefined;
}

function refuse(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_CONFIG, message);
}
