import { type Level, levels } from "./deferred-logger.ts";
import type { Logger } from "./logger.ts";

export const ROOT = "root";

/** What parts of the broker are called where their levels are set: as the classes of Kafka's. */
export const loggerNames = [
  "kafka.network.SocketServer",
  "kafka.server.KafkaApis",
  "org.apache.kafka.controller.QuorumController",
  "org.apache.kafka.coordinator.group.GroupCoordinatorService",
  "org.apache.kafka.server.ClientMetricsManager",
  "org.apache.kafka.storage.internals.log.UnifiedLog",
] as const;
export type LoggerName = (typeof loggerNames)[number];

/** A logger that lets through what is at least as important as its level says. */
interface Leveled extends Logger {
  level: Level;
}

/**
 * The broker's loggers by name, over the one that writes. A level set here holds at once and until
 * the process ends; a logger without one has the root's.
 */
export class Loggers {
  readonly #base: Logger;
  readonly #levels = new Map<string, Level>();
  readonly #atStart: Level;

  /** @param atStart the root's level until one is set, unless the one that writes has its own */
  constructor(base: Logger, atStart: Level) {
    this.#base = base;
    this.#atStart = isLeveled(base) ? base.level : atStart;
  }

  has(name: string): boolean {
    return name === ROOT || (loggerNames as readonly string[]).includes(name);
  }

  levelOf(name: string): Level {
    return this.#levels.get(name) ?? this.#levels.get(ROOT) ?? this.#atStart;
  }

  /** @param level undefined: the root's */
  setLevel(name: string, level: Level | undefined): void {
    if (level === undefined) this.#levels.delete(name);
    else this.#levels.set(name, level);
    // The one that writes would hold back what one of these may now say.
    if (isLeveled(this.#base)) this.#base.level = this.#lowest();
  }

  named(name: LoggerName): Logger {
    const say = (level: "debug" | "info" | "warn" | "error") => {
      return (message: string, fields?: object): void => {
        if (this.#lets(name, level)) this.#base[level](message, fields);
      };
    };
    return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
  }

  /** Until somebody has set a level, the one that writes decides for itself. */
  #lets(name: string, level: Level): boolean {
    const isSet = this.#levels.has(name) || this.#levels.has(ROOT);
    const decidesItself = !isLeveled(this.#base) || this.#levels.size === 0;
    return (!isSet && decidesItself) || levels[level] >= levels[this.levelOf(name)];
  }

  #lowest(): Level {
    let lowest = this.levelOf(ROOT);
    for (const level of this.#levels.values()) {
      if (levels[level] < levels[lowest]) lowest = level;
    }
    return lowest;
  }
}

function isLeveled(logger: Logger): logger is Leveled {
  return "level" in logger && typeof logger.level === "string" && logger.level in levels;
}
