import { brokerSetting, brokerSettings } from "./broker-settings.ts";
import { ConfigError } from "./config-error.ts";
import { checkBrokerConflicts } from "./dynamic-conflicts.ts";
import { baseName, isForeign } from "./known-names.ts";
import { type CamelCase, camelCase } from "./names.ts";
import { BadValue, parseValue } from "./parse.ts";
import { withPresets } from "./presets.ts";
import type { Setting, SettingValue } from "./setting.ts";

type Values<Table> = {
  readonly [Name in keyof Table & string as CamelCase<Name>]: Table[Name] extends Setting<infer T>
    ? T
    : never;
};

/** What was set at run time: name and text. Of two words on one setting the broker's own counts. */
export interface DynamicLayers {
  /** On all brokers (Kafka: dynamic default broker configs). */
  readonly clusterWide: ReadonlyMap<string, string>;
  /** On this broker (Kafka: dynamic broker configs). */
  readonly own: ReadonlyMap<string, string>;
}

/** Where the values come from, for whoever describes them. */
export interface ConfigLayers extends DynamicLayers {
  /** As in server.properties: name and text as given, and what is preset here against Kafka. */
  readonly given: ReadonlyMap<string, string>;
}

/**
 * Every setting of a broker under Kafka's name in camel case: `config.socketRequestMaxBytes`.
 * Milliseconds, bytes and counts are numbers; Long.MAX_VALUE is the largest safe integer.
 */
export type BrokerConfig = Values<typeof brokerSettings> & ConfigLayers;

/** Says one sentence to the operator. */
export type Warn = (message: string) => void;

/**
 * Reads a broker's settings, given under Kafka's names. What Kafka knows and this broker has no use
 * for is taken in silence, any other name with one warning.
 *
 * @throws ConfigError
 */
export function parseBrokerConfig(
  properties: Readonly<Record<string, string>>,
  warn: Warn,
): BrokerConfig {
  const given = withPresets(new Map(Object.entries(properties)));
  const values: Record<string, unknown> = { ...defaults() };
  for (const [name, text] of given) {
    const setting = brokerSetting(name);
    if (setting === undefined) warnOf(name, warn);
    else values[camelCase(name)] = parsed(name, setting, text);
  }
  values["given"] = given;
  values["clusterWide"] = withMinIsr(new Map(), String(values["minInsyncReplicas"]));
  values["own"] = new Map();
  const config = Object.freeze(values) as unknown as BrokerConfig;
  checkTogether(config, warn);
  return config;
}

/**
 * A broker's configuration with other settings made at run time. A value that this broker cannot take
 * is passed over.
 */
export function brokerConfigWith(
  { given }: Pick<ConfigLayers, "given">,
  layers: DynamicLayers,
  onBad: (name: string, why: string) => void,
): BrokerConfig {
  const values: Record<string, unknown> = { ...defaults(), given };
  for (const [name, text] of given) {
    const setting = brokerSetting(name);
    if (setting !== undefined) values[camelCase(name)] = parsed(name, setting, text);
  }
  const minIsr = String(values["minInsyncReplicas"]);
  const taken = (given: ReadonlyMap<string, string>): Map<string, string> => {
    const layer = new Map<string, string>();
    for (const [name, text] of given) {
      const setting = brokerSetting(name);
      try {
        if (setting !== undefined) values[camelCase(name)] = parsed(name, setting, text);
        layer.set(name, text);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        onBad(name, error.message);
      }
    }
    return layer;
  };
  values["clusterWide"] = withMinIsr(taken(layers.clusterWide), minIsr);
  values["own"] = taken(layers.own);
  return values as unknown as BrokerConfig;
}

/** With eligible leader replicas, as new clusters have them, Kafka keeps this one for the cluster. */
function withMinIsr(clusterWide: Map<string, string>, atStart: string): Map<string, string> {
  const name = "min.insync.replicas";
  if (!clusterWide.has(name)) clusterWide.set(name, atStart);
  return clusterWide;
}

/**
 * The same configuration as one listener has it: `listener.name.<listener>.<name>` before `<name>`.
 *
 * @throws ConfigError
 */
export function configOfListener(config: BrokerConfig, listenerName: string): BrokerConfig {
  const prefix = `listener.name.${listenerName.toLowerCase()}.`;
  const own = [...config.given].filter(([name]) => name.startsWith(prefix));
  if (own.length === 0) return config;
  const values: Record<string, unknown> = { ...config };
  for (const [name, text] of own) {
    const setting = brokerSetting(name.slice(prefix.length));
    if (setting === undefined) continue;
    values[camelCase(name.slice(prefix.length))] = parsed(name, setting, text);
  }
  return Object.freeze(values) as unknown as BrokerConfig;
}

function parsed(name: string, setting: Setting, text: string): SettingValue {
  try {
    return parseValue(setting, text);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new ConfigError(`${name} ${error.message}`, { cause: error });
  }
}

function warnOf(name: string, warn: Warn): void {
  if (brokerSetting(baseName(name)) !== undefined || isForeign(name)) return;
  warn(`${name} is not a setting of Kafka's or ours, and is ignored`);
}

function checkTogether(config: BrokerConfig, warn: Warn): void {
  const { logDirs = [], groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = config;
  if (logDirs.length === 0) throw new ConfigError("log.dirs must name a directory");
  if (groupMinSessionTimeoutMs > groupMaxSessionTimeoutMs) {
    throw new ConfigError(
      "group.min.session.timeout.ms must not be greater than group.max.session.timeout.ms",
    );
  }
  checkBrokerConflicts(config);
  if (config.authorizerClassName !== "") {
    warn("authorizer.class.name is ignored: anyone who can connect may do anything");
  }
}

let parsedDefaults: Readonly<Record<string, SettingValue>> | undefined;

function defaults(): Readonly<Record<string, SettingValue>> {
  parsedDefaults ??= Object.fromEntries(
    Object.entries(brokerSettings).map(([name, setting]) => [camelCase(name), setting.default]),
  );
  return parsedDefaults;
}
