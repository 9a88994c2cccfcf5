import type { BrokerConfig } from "./broker-config.ts";
import { brokerSetting } from "./broker-settings.ts";
import { canonicalText, textOf } from "./parse.ts";
import type { Setting } from "./setting.ts";

interface Synonym {
  readonly name: string;
  /** How many milliseconds one of its units is, where it is a time that may be without limit. */
  readonly unitMs?: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const sameName = (name: string): readonly [string, readonly Synonym[]] => [name, [{ name }]];
const named = (topic: string, ...names: string[]): readonly [string, readonly Synonym[]] => [
  topic,
  names.map((name) => ({ name })),
];

/**
 * What the broker says for topics that say nothing, the first that says something
 * (ServerTopicConfigSynonyms). Topics' settings that are not here have their own default.
 */
const synonyms: ReadonlyMap<string, readonly Synonym[]> = new Map([
  named("cleanup.policy", "log.cleanup.policy"),
  sameName("compression.gzip.level"),
  sameName("compression.lz4.level"),
  sameName("compression.type"),
  sameName("compression.zstd.level"),
  named("delete.retention.ms", "log.cleaner.delete.retention.ms"),
  named("file.delete.delay.ms", "log.segment.delete.delay.ms"),
  named("flush.messages", "log.flush.interval.messages"),
  named("flush.ms", "log.flush.interval.ms", "log.flush.scheduler.interval.ms"),
  named("index.interval.bytes", "log.index.interval.bytes"),
  named("local.retention.bytes", "log.local.retention.bytes"),
  named("local.retention.ms", "log.local.retention.ms"),
  named("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
  sameName("max.decompressed.message.bytes"),
  named("max.message.bytes", "message.max.bytes"),
  named("message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms"),
  named("message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms"),
  named("message.timestamp.type", "log.message.timestamp.type"),
  named("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"),
  named("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"),
  sameName("min.insync.replicas"),
  named("preallocate", "log.preallocate"),
  named("remote.copy.lag.bytes", "log.remote.copy.lag.bytes"),
  named("remote.copy.lag.ms", "log.remote.copy.lag.ms"),
  named("retention.bytes", "log.retention.bytes"),
  [
    "retention.ms",
    [
      { name: "log.retention.ms", unitMs: 1 },
      { name: "log.retention.minutes", unitMs: MINUTE_MS },
      { name: "log.retention.hours", unitMs: HOUR_MS },
    ],
  ],
  named("segment.bytes", "log.segment.bytes"),
  named("segment.index.bytes", "log.index.size.max.bytes"),
  [
    "segment.jitter.ms",
    [{ name: "log.roll.jitter.ms" }, { name: "log.roll.jitter.hours", unitMs: HOUR_MS }],
  ],
  ["segment.ms", [{ name: "log.roll.ms" }, { name: "log.roll.hours", unitMs: HOUR_MS }]],
  sameName("unclean.leader.election.enable"),
]);

/** The broker's name for a topic's setting; of several, the first. */
export function brokerNameOf(topicSettingName: string): string | undefined {
  return synonyms.get(topicSettingName)?.[0]?.name;
}

/** What holds for topics that do not say it themselves, as Kafka would show it. */
export function inheritedText(broker: BrokerConfig, name: string, setting: Setting): string | null {
  for (const { name: brokerName, unitMs } of synonyms.get(name) ?? []) {
    const text = brokerText(broker, brokerName);
    if (text !== null) return unitMs === undefined ? text : inMilliseconds(text, unitMs);
  }
  return textOf(setting, setting.default);
}

/** What a broker's setting says, as Kafka would show it. Null where it says nothing. */
export function brokerText(broker: BrokerConfig, name: string): string | null {
  const setting = brokerSetting(name);
  if (setting === undefined) return null;
  const given = broker.own.get(name) ?? broker.clusterWide.get(name) ?? broker.given.get(name);
  return given === undefined ? textOf(setting, setting.default) : canonicalText(setting, given);
}

/** Any negative time means no limit. */
function inMilliseconds(text: string, unitMs: number): string {
  const count = Number(text);
  return count < 0 ? "-1" : String(count * unitMs);
}
