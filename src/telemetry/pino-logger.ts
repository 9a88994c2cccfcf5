import { type DestinationStream, type LoggerOptions, pino } from "pino";
import type { Line, Sink } from "./deferred-logger.ts";
import { readableLine } from "./readable-line.ts";

export interface PinoOptions {
  /** One readable line for a person at a terminal; else JSON for a program. */
  readonly isReadable: boolean;
  /** Level names in colour. */
  readonly isColoured: boolean;
  /** Takes text at once: what was said before a crash must be there after it. */
  write(text: string): void;
}

/** Lines as pino writes them. Levels were sorted out before. */
export function pinoSink({ isReadable, isColoured, write }: PinoOptions): Sink {
  let timeMs = 0;
  const options: LoggerOptions = {
    level: "trace",
    base: null,
    timestamp: () => `,"time":"${new Date(timeMs).toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
  };
  const destination: DestinationStream = {
    write: isReadable ? (json) => write(readableLine(json, isColoured)) : write,
  };
  const logger = pino(options, destination);
  return (line: Line) => {
    timeMs = line.timeMs;
    logger[line.level](line.fields ?? {}, line.message);
  };
}
