import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Level } from "../telemetry/deferred-logger.ts";
import { type Loggers, loggerNames, ROOT } from "../telemetry/loggers.ts";
import { type ConfigChange, ConfigOperation } from "./config-operations.ts";
import { ConfigSource, type DescribedConfig } from "./described.ts";

/** Kafka's LogLevelConfig. */
const settable: ReadonlyMap<string, Level> = new Map([
  ["DEBUG", "debug"],
  ["ERROR", "error"],
  ["FATAL", "fatal"],
  ["INFO", "info"],
  ["TRACE", "trace"],
  ["WARN", "warn"],
]);

/** Every logger with the level that holds for it. */
export function describeLoggers(loggers: Loggers): readonly DescribedConfig[] {
  return [ROOT, ...loggerNames].map((name) => ({
    name,
    value: levelName(loggers.levelOf(name)),
    readOnly: false,
    configSource: ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG,
    isSensitive: false,
    configType: 0,
    synonyms: [],
  }));
}

/**
 * Sets levels, all or none; a deletion gives a logger the root's. They last as long as the process.
 *
 * @throws KafkaError INVALID_CONFIG, INVALID_REQUEST
 */
export function alterLevels(
  loggers: Loggers,
  changes: readonly ConfigChange[],
  { validateOnly }: { readonly validateOnly: boolean },
): void {
  for (const change of changes) check(loggers, change);
  if (validateOnly) return;
  for (const { name, operation, value } of changes) {
    loggers.setLevel(name, operation === ConfigOperation.SET ? levelOf(value) : undefined);
  }
}

function check(loggers: Loggers, { name, operation, value }: ConfigChange): void {
  if (operation !== ConfigOperation.SET && operation !== ConfigOperation.DELETE) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, "the level of a logger is set or deleted");
  }
  if (!loggers.has(name)) {
    throw new KafkaError(ErrorCode.INVALID_CONFIG, `there is no logger '${name}'`);
  }
  if (operation === ConfigOperation.DELETE && name === ROOT) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, "the root logger must have a level");
  }
  if (operation === ConfigOperation.SET && levelOf(value) === undefined) {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `the level of ${name} is one of ${[...settable.keys()].join(", ")}, not '${value}'`,
    );
  }
}

function levelOf(text: string | null): Level | undefined {
  return text === null ? undefined : settable.get(text);
}

/** As Log4j says it. */
function levelName(level: Level): string {
  return level === "silent" ? "OFF" : level.toUpperCase();
}
