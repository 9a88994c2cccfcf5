const colours: Readonly<Record<string, string>> = {
  debug: "\x1b[2m",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};
const RESET = "\x1b[0m";

interface Written {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
}

/** A line of JSON as a person reads it: time, level, message, and the fields after it. */
export function readableLine(json: string, isColoured: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Written & Record<string, unknown>;
  const colour = isColoured ? colours[level] : undefined;
  const word = level.toUpperCase().padEnd(5);
  const shown = colour === undefined ? word : `${colour}${word}${RESET}`;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${readable(value)}`);
  return `${time.slice(11, 23)} ${shown} ${msg}${rest.join("")}\n`;
}

function readable(value: unknown): string {
  if (typeof value === "string")
    return /^[\w./:[\]-]+$/.test(value) ? value : JSON.stringify(value);
  if (isError(value)) return `${value.type}: ${value.message}${stackOf(value)}`;
  return JSON.stringify(value);
}

interface SerializedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
}

function isError(value: unknown): value is SerializedError {
  return typeof value === "object" && value !== null && "type" in value && "message" in value;
}

/** Where it happened, without the message, which the first line already has. */
function stackOf({ stack }: SerializedError): string {
  const at = stack?.indexOf("\n    at ") ?? -1;
  return at === -1 ? "" : (stack ?? "").slice(at);
}
