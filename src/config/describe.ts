import type { BrokerConfig } from "./broker-config.ts";
import { brokerSetting, brokerSettings } from "./broker-settings.ts";
import {
  ConfigSource,
  type DescribedConfig,
  type DescribedSynonym,
  described,
  isSensitive,
  sortedByName,
} from "./described.ts";
import { baseName } from "./known-names.ts";
import { canonicalText, textOf } from "./parse.ts";
import type { Setting } from "./setting.ts";
import { clientMetricsSettings } from "./settings/client-metrics.ts";
import { groupSettings } from "./settings/group.ts";
import { topicSettings } from "./settings/topic.ts";
import { brokerNameOf, brokerText, inheritedText } from "./topic-synonyms.ts";

type Overrides = ReadonlyMap<string, string>;

/** Broker settings of which one stands in for another (DynamicBrokerConfig.brokerConfigSynonyms). */
const families: readonly (readonly string[])[] = [
  ["log.roll.ms", "log.roll.hours"],
  ["log.roll.jitter.ms", "log.roll.jitter.hours"],
  ["log.retention.ms", "log.retention.minutes", "log.retention.hours"],
];

/** What holds for a topic, by name: 37 settings in 4.4. */
export function describeTopicConfig(
  broker: BrokerConfig,
  overrides: Overrides,
): readonly DescribedConfig[] {
  return visible(topicSettings, overrides).map(([name, setting]) => {
    const brokerName = brokerNameOf(name);
    return describedOver(
      { name, setting, own: overrides.get(name), source: ConfigSource.TOPIC_CONFIG },
      inheritedText(broker, name, setting),
      brokerName === undefined ? [] : brokerSynonyms(broker, brokerName),
    );
  });
}

/** Every setting of a broker, by name, and what else it was given. */
export function describeBrokerConfig(broker: BrokerConfig): readonly DescribedConfig[] {
  const names = new Set([
    ...broker.given.keys(),
    ...broker.clusterWide.keys(),
    ...broker.own.keys(),
  ]);
  for (const [name] of visible(brokerSettings)) names.add(name);
  return sortedByName([...names].map((name) => describeBrokerSetting(broker, name)));
}

function describeBrokerSetting(broker: BrokerConfig, name: string): DescribedConfig {
  const setting = brokerSetting(baseName(name));
  // Of `listener.name.<listener>.<name>` only what was given counts: the rest is another entry.
  const own = broker.own.get(name) ?? broker.clusterWide.get(name) ?? broker.given.get(name);
  const value =
    own === undefined || setting === undefined
      ? brokerText(broker, name)
      : canonicalText(setting, own);
  const isReadOnly = brokerSetting(name)?.dynamic !== true;
  return described({ name, setting, value }, brokerSynonyms(broker, name), isReadOnly);
}

/** What is set for all brokers of the cluster together. */
export function describeClusterWideConfig(broker: BrokerConfig): readonly DescribedConfig[] {
  const configs = [...broker.clusterWide].map(([name, value]) => {
    const setting = brokerSetting(name);
    const source = ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG;
    const shown = isSensitive(setting) ? null : value;
    return described(
      { name, setting, value },
      [{ name, value: shown, source }],
      setting?.dynamic !== true,
    );
  });
  return sortedByName(configs);
}

/** What holds for a group, whether it exists or not. */
export function describeGroupConfig(
  broker: BrokerConfig,
  overrides: Overrides = new Map(),
): readonly DescribedConfig[] {
  return visible(groupSettings, overrides).map(([name, setting]) => {
    const entry = { name, setting, own: overrides.get(name), source: ConfigSource.GROUP_CONFIG };
    const brokerName = groupBrokerName(name);
    if (brokerName === undefined) {
      const value = textOf(setting, setting.default);
      return describedOver(entry, value, [{ name, value, source: ConfigSource.DEFAULT_CONFIG }]);
    }
    const text = brokerText(broker, brokerName);
    // Of several assignors the first is the one that groups get.
    const value = name === "streams.assignor.name" ? (text?.split(",")[0] ?? null) : text;
    return describedOver(entry, value, brokerSynonyms(broker, brokerName));
  });
}

function groupBrokerName(name: string): string | undefined {
  if (name === "streams.assignor.name") return "group.streams.assignors";
  const brokerName = `group.${name}`;
  return brokerSetting(brokerName) === undefined ? undefined : brokerName;
}

/** A subscription to metrics of clients, whether it exists or not. */
export function describeClientMetricsConfig(
  overrides: Overrides = new Map(),
): readonly DescribedConfig[] {
  return visible(clientMetricsSettings, overrides).map(([name, setting]) =>
    describedOver(
      { name, setting, own: overrides.get(name), source: ConfigSource.CLIENT_METRICS_CONFIG },
      textOf(setting, setting.default),
      [],
    ),
  );
}

interface Entry {
  readonly name: string;
  readonly setting: Setting;
  readonly own: string | undefined;
  readonly source: ConfigSource;
}

/** A setting of a resource that inherits from the broker what it does not say itself. */
function describedOver(
  { name, setting, own, source }: Entry,
  inherited: string | null,
  synonyms: readonly DescribedSynonym[],
): DescribedConfig {
  if (own === undefined) return described({ name, setting, value: inherited }, synonyms);
  const value = canonicalText(setting, own);
  return described({ name, setting, value }, [{ name, value, source }, ...synonyms]);
}

/** What was given under a name, or one that stands in for it, the strongest first. */
function brokerSynonyms(broker: BrokerConfig, name: string): readonly DescribedSynonym[] {
  const names = namesBehind(name);
  const found = [
    ...values(names, ConfigSource.DYNAMIC_BROKER_CONFIG, (each) => broker.own.get(each)),
    ...values(names, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, (each) =>
      broker.clusterWide.get(each),
    ),
    ...values(names, ConfigSource.STATIC_BROKER_CONFIG, (each) => broker.given.get(each)),
    ...values(names, ConfigSource.DEFAULT_CONFIG, defaultText),
  ];
  // Kafka leaves out what comes before the first of the very name.
  const first = found.findIndex((synonym) => synonym.name === name);
  return first === -1 ? [] : found.slice(first);
}

function namesBehind(name: string): readonly string[] {
  // Only this way round: the interval of the scheduler is a setting of its own.
  if (name === "log.flush.interval.ms") return [name, "log.flush.scheduler.interval.ms"];
  const family = families.find((names) => names.includes(name));
  return family ?? [...new Set([name, baseName(name)])];
}

function defaultText(name: string): string | undefined {
  const setting = brokerSetting(name);
  if (setting === undefined) return undefined;
  return textOf(setting, setting.default) ?? undefined;
}

function values(
  names: readonly string[],
  source: ConfigSource,
  textFor: (name: string) => string | undefined,
): DescribedSynonym[] {
  const found: DescribedSynonym[] = [];
  for (const name of names) {
    const value = textFor(name);
    if (value === undefined) continue;
    const sensitive = isSensitive(brokerSetting(baseName(name)));
    found.push({ name, value: sensitive ? null : value, source });
  }
  return found;
}

function visible(
  table: Readonly<Record<string, Setting>>,
  overrides: Overrides = new Map(),
): (readonly [string, Setting])[] {
  return Object.entries(table).filter(([name, { internal }]) => !internal || overrides.has(name));
}
