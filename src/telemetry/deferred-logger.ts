import type { Logger } from "./logger.ts";

export const levels = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: 99,
};
export type Level = keyof typeof levels;
type Spoken = "debug" | "info" | "warn" | "error";

export interface Line {
  readonly timeMs: number;
  readonly level: Spoken;
  readonly message: string;
  readonly fields: object | undefined;
}

/** Takes lines at last. */
export type Sink = (line: Line) => void;

/** So many lines are held; then the oldest are let go, and counted. */
const HELD_MAX = 1000;

/**
 * Holds what is said until there is something to write it with: the library that writes is loaded
 * when the broker already serves. Lines keep the time at which they were said.
 */
export class DeferredLogger implements Logger {
  readonly #now: () => number;
  /** Less important lines are not taken. */
  level: Level;
  #held: Line[] = [];
  #lost = 0;
  #sink: Sink | undefined;

  constructor(level: Level, now: () => number) {
    this.level = level;
    this.#now = now;
  }

  debug(message: string, fields?: object): void {
    this.#say("debug", message, fields);
  }

  info(message: string, fields?: object): void {
    this.#say("info", message, fields);
  }

  warn(message: string, fields?: object): void {
    this.#say("warn", message, fields);
  }

  error(message: string, fields?: object): void {
    this.#say("error", message, fields);
  }

  get isSilent(): boolean {
    return levels[this.level] > levels.fatal;
  }

  /** Writes what was held, in order, and all that follows as it comes. */
  flow(sink: Sink): void {
    if (this.#sink !== undefined) return;
    this.#sink = sink;
    const held = this.#held;
    this.#held = [];
    if (this.#lost > 0) {
      const message = `${this.#lost} earlier lines were not kept`;
      sink({ timeMs: this.#now(), level: "warn", message, fields: undefined });
    }
    for (const line of held) sink(line);
  }

  #say(level: Spoken, message: string, fields: object | undefined): void {
    if (levels[level] < levels[this.level]) return;
    const line = { timeMs: this.#now(), level, message, fields };
    if (this.#sink !== undefined) {
      this.#sink(line);
      return;
    }
    this.#held.push(line);
    if (this.#held.length > HELD_MAX) {
      this.#held.shift();
      this.#lost++;
    }
  }
}
