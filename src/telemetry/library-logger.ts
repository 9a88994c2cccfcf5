import { DeferredLogger, type Level, levels } from "./deferred-logger.ts";
import type { Logger } from "./logger.ts";

/**
 * What a broker says in somebody's process who has given it no logger: everything from `level` on to
 * standard error, or, where no level was asked for, what goes wrong as a warning of the process.
 */
export function libraryLogger(level: string | undefined): Logger {
  if (level === undefined) return warnings;
  const known = level.toLowerCase();
  // What is no level is refused with the other settings.
  const logger = new DeferredLogger(known in levels ? (known as Level) : "info", Date.now);
  void import("./pino-logger.ts").then(({ pinoSink }) => {
    const write = (text: string): void => void process.stderr.write(text);
    logger.flow(pinoSink({ isReadable: true, isColoured: false, write }));
  });
  return logger;
}

const warnings: Logger = {
  debug() {},
  info() {},
  warn: emitWarning,
  error: emitWarning,
};

function emitWarning(message: string, fields: object = {}): void {
  const { error, ...rest } = fields as { readonly error?: unknown };
  const why = error instanceof Error ? `: ${error.message}` : "";
  const details = Object.keys(rest).length === 0 ? "" : ` ${JSON.stringify(rest)}`;
  process.emitWarning(`${message}${why}${details}`, "Odradek");
}
