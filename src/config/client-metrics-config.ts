import { ErrorCode, KafkaError, kafkaErrorCausedBy } from "../protocol/errors.ts";
import { BadValue, parseValue } from "./parse.ts";
import type { Setting, SettingValue } from "./setting.ts";
import { clientMetricsSettings } from "./settings/client-metrics.ts";

/** A subscription: to which metrics, how often, and of which clients (KIP-714). */
export interface ClientMetricsConfig {
  /** By the beginning of their names; `*` alone for all. */
  readonly metrics: readonly string[];
  readonly intervalMs: number;
  /** All must hold. */
  readonly match: readonly ClientMatch[];
}

export interface ClientMatch {
  /** What the client is recognised by: client_id, client_software_name, … */
  readonly parameter: string;
  /** What its value must look like as a whole. */
  readonly pattern: string;
}

/** Kafka's ClientMetricsConfigs. */
const parameters: ReadonlySet<string> = new Set([
  "client_instance_id",
  "client_id",
  "client_software_name",
  "client_software_version",
  "client_source_address",
  "client_source_port",
]);

const INTERVAL_MS_MIN = 100;
const INTERVAL_MS_MAX = 3_600_000;

const byName: ReadonlyMap<string, Setting> = new Map(Object.entries(clientMetricsSettings));

/**
 * What a client wants a subscription to be, refused as Kafka's controller does.
 *
 * @param compile throws for a pattern that is no regular expression
 * @throws KafkaError INVALID_CONFIG, INVALID_REQUEST
 */
export function checkClientMetricsConfigs(
  configs: ReadonlyMap<string, string>,
  compile: (pattern: string) => unknown,
): void {
  for (const name of configs.keys()) {
    if (byName.has(name)) continue;
    throw new KafkaError(ErrorCode.INVALID_REQUEST, `${name} is not a setting of subscriptions`);
  }
  const { intervalMs, match } = parseClientMetrics(configs);
  if (intervalMs < INTERVAL_MS_MIN || intervalMs > INTERVAL_MS_MAX) {
    throw new KafkaError(
      ErrorCode.INVALID_REQUEST,
      `interval.ms must be from ${INTERVAL_MS_MIN} to ${INTERVAL_MS_MAX}, not ${intervalMs}`,
    );
  }
  for (const { pattern } of match) {
    try {
      compile(pattern);
    } catch (cause) {
      const message = `match has '${pattern}', which is no regular expression`;
      throw kafkaErrorCausedBy(cause, ErrorCode.INVALID_CONFIG, message);
    }
  }
}

/** @throws KafkaError INVALID_CONFIG */
export function parseClientMetrics(configs: ReadonlyMap<string, string>): ClientMetricsConfig {
  return {
    metrics: read(configs, "metrics") as readonly string[],
    intervalMs: Number(read(configs, "interval.ms")),
    match: (read(configs, "match") as readonly string[]).map(matchOf),
  };
}

function read(
  configs: ReadonlyMap<string, string>,
  name: keyof typeof clientMetricsSettings,
): SettingValue {
  const setting: Setting = clientMetricsSettings[name];
  const text = configs.get(name);
  if (text === undefined) return setting.default;
  try {
    return parseValue(setting, text);
  } catch (error) {
    if (error instanceof BadValue) refuse(`${name} ${error.message}`);
    throw error;
  }
}

function matchOf(given: string): ClientMatch {
  const [parameter = "", pattern = "", ...more] = given.split("=");
  if (!parameters.has(parameter.trim()) || pattern === "" || more.length > 0) {
    refuse(`match takes a parameter of clients, '=' and a pattern, not '${given.slice(0, 100)}'`);
  }
  return { parameter: parameter.trim(), pattern: pattern.trim() };
}

function refuse(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_CONFIG, message);
}
