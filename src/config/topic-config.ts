import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { BrokerConfig } from "./broker-config.ts";
import { checkSizes } from "./config-operations.ts";
import { type CamelCase, camelCase } from "./names.ts";
import { BadValue, parseValue } from "./parse.ts";
import type { Setting, SettingValue } from "./setting.ts";
import { topicSettings } from "./settings/topic.ts";
import { inheritedText } from "./topic-synonyms.ts";

export type CompressionType = "producer" | "uncompressed" | "gzip" | "snappy" | "lz4" | "zstd";
export type TimestampType = "CreateTime" | "LogAppendTime";
export type CleanupPolicy = "compact" | "delete";

type Values = {
  readonly [Name in keyof typeof topicSettings as CamelCase<
    Name & string
  >]: (typeof topicSettings)[Name] extends Setting<infer T> ? T : never;
};

/** Narrower than the table says, or computed from it. */
interface Narrowed {
  /** May be empty: then everything is kept. */
  readonly cleanupPolicy: ReadonlySet<CleanupPolicy>;
  readonly compressionType: CompressionType;
  /** Of the codec in compressionType; undefined where that has no levels. */
  readonly compressionLevel: number | undefined;
  readonly messageTimestampType: TimestampType;
}

/** What holds for a topic, under Kafka's names in camel case: its own word, else the broker's. */
export type TopicConfig = Omit<Values, keyof Narrowed> & Narrowed;

export type TopicOverrides = ReadonlyMap<string, string>;

const rows: readonly (readonly [string, Setting])[] = Object.entries(topicSettings);
const byName: ReadonlyMap<string, Setting> = new Map(rows);

export function topicSetting(name: string): Setting | undefined {
  return byName.get(name);
}

/** What topics without a word of their own get: most topics. By a part that changes with the rest. */
const inherited = new WeakMap<BrokerConfig["clusterWide"], TopicConfig>();

/** The overrides must have passed checkTopicOverrides. */
export function resolveTopicConfig(broker: BrokerConfig, overrides: TopicOverrides): TopicConfig {
  if (overrides.size > 0) return resolve(broker, overrides);
  let config = inherited.get(broker.clusterWide);
  if (config === undefined) {
    config = resolve(broker, overrides);
    inherited.set(broker.clusterWide, config);
  }
  return config;
}

function resolve(broker: BrokerConfig, overrides: TopicOverrides): TopicConfig {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of rows) {
    const own = overrides.get(name);
    const value =
      own === undefined ? inheritedValue(broker, name, setting) : parseValue(setting, own);
    values[camelCase(name)] = value;
  }
  const levels: Readonly<Record<string, unknown>> = {
    gzip: values["compressionGzipLevel"],
    lz4: values["compressionLz4Level"],
    zstd: values["compressionZstdLevel"],
  };
  values["cleanupPolicy"] = new Set(values["cleanupPolicy"] as CleanupPolicy[]);
  values["compressionLevel"] = levels[String(values["compressionType"])];
  // For tests of Kafka's: segments smaller than segment.bytes allows.
  values["segmentBytes"] = values["internalSegmentBytes"] ?? values["segmentBytes"];
  return Object.freeze(values) as unknown as TopicConfig;
}

/** A broker may be given what no topic could say of itself: then the setting's default counts. */
function inheritedValue(broker: BrokerConfig, name: string, setting: Setting): SettingValue {
  const text = inheritedText(broker, name, setting);
  if (text === null) return undefined;
  try {
    return parseValue(setting, text);
  } catch (error) {
    if (error instanceof BadValue) return setting.default;
    throw error;
  }
}

/**
 * What a client wants a topic to say of itself, refused as Kafka's controller does: null, unknown or
 * bad values, and pairs that contradict each other (with the broker's, where `broker` is given).
 *
 * @throws KafkaError INVALID_CONFIG
 */
export function checkTopicOverrides(
  overrides: ReadonlyMap<string, string | null>,
  broker?: BrokerConfig,
): void {
  const given = new Map<string, string>();
  for (const [name, text] of overrides) {
    if (text === null) refuse(`${name} has no value`);
    given.set(name, text);
  }
  checkSizes(given);
  for (const [name, text] of given) checkOverride(name, text);
  if (given.get("remote.storage.enable")?.trim().toLowerCase() === "true") {
    refuse("remote.storage.enable must be false: the broker has no tiered storage");
  }
  if (broker === undefined) return;
  const { minCompactionLagMs, maxCompactionLagMs } = resolve(broker, given);
  if (minCompactionLagMs > maxCompactionLagMs) {
    refuse("min.compaction.lag.ms must not be greater than max.compaction.lag.ms");
  }
}

function checkOverride(name: string, text: string): void {
  const setting = byName.get(name);
  if (setting === undefined) refuse(`${name} is not a setting of topics`);
  try {
    parseValue(setting, text);
  } catch (error) {
    if (error instanceof BadValue) refuse(`${name} ${error.message}`);
    throw error;
  }
}

function refuse(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_CONFIG, message);
}
