import type { Setting, SettingType } from "./setting.ts";

/** Where a value comes from (DescribeConfigsResponse.ConfigSource). */
export const ConfigSource = {
  TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  CLIENT_METRICS_CONFIG: 7,
  GROUP_CONFIG: 8,
} as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

/** A value that a setting has in one of the places where it may be given. */
export interface DescribedSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** A setting as CreateTopics and DescribeConfigs answer it. */
export interface DescribedConfig {
  readonly name: string;
  /** Null where there is none, and where it is sensitive. */
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: ConfigSource;
  readonly isSensitive: boolean;
  /** DescribeConfigsResponse.ConfigType; 0 where it is not known. */
  readonly configType: number;
  /** All values that were given, and the default; the one that holds is the first. */
  readonly synonyms: readonly DescribedSynonym[];
}

const types: readonly SettingType[] = [
  "BOOLEAN",
  "STRING",
  "INT",
  "SHORT",
  "LONG",
  "DOUBLE",
  "LIST",
  "CLASS",
  "PASSWORD",
];

/** 0 for a setting that nobody knows. */
export function configTypeOf(setting: Setting | undefined): number {
  return setting === undefined ? 0 : types.indexOf(setting.type) + 1;
}

/** What nobody knows may be a secret. */
export function isSensitive(setting: Setting | undefined): boolean {
  return setting === undefined || setting.type === "PASSWORD";
}

/** @param own what was given to the resource itself, before what it inherits. */
export function described(
  entry: {
    readonly name: string;
    readonly setting: Setting | undefined;
    readonly value: string | null;
  },
  synonyms: readonly DescribedSynonym[],
  readOnly = false,
): DescribedConfig {
  const { name, setting, value } = entry;
  const sensitive = isSensitive(setting);
  return {
    name,
    value: sensitive ? null : value,
    readOnly,
    configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT_CONFIG,
    isSensitive: sensitive,
    configType: configTypeOf(setting),
    synonyms,
  };
}

/** By name, for answers that do not change their order from run to run. */
export function sortedByName(configs: DescribedConfig[]): readonly DescribedConfig[] {
  return configs.sort((one, other) => (one.name < other.name ? -1 : 1));
}
