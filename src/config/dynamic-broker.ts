import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { type BrokerConfig, brokerConfigWith, type DynamicLayers } from "./broker-config.ts";
import { brokerSetting } from "./broker-settings.ts";
import { ConfigError } from "./config-error.ts";
import { checkReconfiguration } from "./dynamic-conflicts.ts";
import { baseName } from "./known-names.ts";
import { BadValue, parseValue } from "./parse.ts";
import { brokerText } from "./topic-synonyms.ts";

/** Where settings of brokers are made: on one, or on all of them. */
export type BrokerLayer = keyof DynamicLayers;

const MIN_ISR = "min.insync.replicas";

/** Key and trust stores: settings that a listener has for itself (SslConfigs). */
const ofListenersOnly =
  /^ssl\.(keystore\.(type|location|password|certificate\.chain|key)|key\.password|truststore\.(type|location|password|certificates))$/;

/** Listeners, and who may come in there: each broker's own (DynamicBrokerConfig). */
const ofOneBrokerOnly =
  /^(ssl|sasl)\.|^(listeners|listener\.security\.protocol\.map|principal\.builder\.class|cordoned\.log\.dirs)$/;

const ofAllListeners: ReadonlySet<string> = new Set([
  "max.connections",
  "max.connection.creation.rate",
  "num.network.threads",
]);

/** What this broker does not do, so that nobody believes it has begun to. */
const withoutEffect: readonly (readonly [name: RegExp, why: string])[] = [
  [/^ssl\./, "TLS is not supported"],
  [/^sasl\./, "SASL is not supported"],
  [/^listener/, "listeners and their settings cannot change while the broker runs"],
  [/^principal\.builder\.class$/, "there are no principal builders here"],
  [/^(metric\.reporters|config\.providers)/, "classes of Java cannot be loaded here"],
];

/**
 * Whether these settings can be made on brokers at run time, beside what `now` has on the other
 * layer. Refused as Kafka's broker does (DynamicBrokerConfig), and what would have no effect here.
 * What nobody knows is taken: Kafka keeps it for plugins.
 *
 * @throws KafkaError INVALID_REQUEST
 */
export function checkDynamicConfigs(
  configs: ReadonlyMap<string, string>,
  layer: BrokerLayer,
  now: BrokerConfig,
): void {
  const names = [...configs.keys()];
  refuseAny(names.filter(isFixed), "cannot change while the broker runs");
  refuseAny(
    names.filter((name) => ofListenersOnly.test(name)),
    "can only be set per listener: listener.name.<listener>.<setting>",
  );
  for (const [name, text] of configs) checkValue(name, text);
  if (layer === "clusterWide") {
    refuseAny(names.filter(isOfOneBroker), "can only be set on one broker, not on all of them");
  }
  for (const [name, text] of configs) checkEffect(name, text, now);
  const { clusterWide, own } = now;
  try {
    const next = brokerConfigWith(now, { clusterWide, own, [layer]: configs }, () => undefined);
    checkReconfiguration(next, now);
  } catch (error) {
    if (error instanceof ConfigError) refuse(error.message);
    throw error;
  }
}

/**
 * min.insync.replicas belongs to the cluster where there are eligible leader replicas, and stays.
 *
 * @param changed names that are set or taken away
 * @throws KafkaError INVALID_CONFIG
 */
export function checkMinIsr(
  layer: BrokerLayer,
  changed: readonly string[],
  after: ReadonlyMap<string, string>,
): void {
  if (!changed.includes(MIN_ISR)) return;
  if (layer === "own") {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `${MIN_ISR} is set for all brokers, not for one`,
    );
  }
  if (!after.has(MIN_ISR)) {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `${MIN_ISR} of all brokers cannot be taken away`,
    );
  }
}

function isFixed(name: string): boolean {
  const setting = brokerSetting(name);
  return setting !== undefined && setting.dynamic !== true;
}

function isOfOneBroker(name: string): boolean {
  const base = baseName(name);
  return base === name ? ofOneBrokerOnly.test(name) : !ofAllListeners.has(base);
}

function checkValue(name: string, text: string): void {
  const setting = brokerSetting(baseName(name));
  if (setting?.dynamic !== true) return;
  try {
    parseValue(setting, text);
  } catch (error) {
    if (error instanceof BadValue) refuse(`${name} ${error.message}`);
    throw error;
  }
}

function checkEffect(name: string, text: string, now: BrokerConfig): void {
  const [, why] = withoutEffect.find(([pattern]) => pattern.test(name)) ?? [];
  if (why !== undefined && text !== brokerText(now, name)) refuse(`${name} cannot be set: ${why}`);
}

function refuseAny(names: readonly string[], why: string): void {
  if (names.length > 0) refuse(`${names.join(", ")} ${why}`);
}

function refuse(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_REQUEST, message);
}
