import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** What the flags say. Undefined: not given. */
export interface Flags {
  readonly port?: number;
  readonly host?: string;
  readonly advertised?: { readonly host: string; readonly port: number };
  readonly dataDir?: string;
  readonly ephemeral: boolean;
  readonly config?: string;
  /** Settings under Kafka's names, which beat everything else. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Topics to make: partitions by name. */
  readonly topics: Readonly<Record<string, number>>;
  readonly logLevel?: string;
}

export type Command =
  | { readonly do: "help" }
  | { readonly do: "version" }
  | { readonly do: "run"; readonly flags: Flags };

const options = {
  port: { type: "string" },
  host: { type: "string" },
  advertised: { type: "string" },
  "data-dir": { type: "string" },
  ephemeral: { type: "boolean", default: false },
  config: { type: "string" },
  override: { type: "string", multiple: true, default: [] as string[] },
  topic: { type: "string", multiple: true, default: [] as string[] },
  "log-level": { type: "string" },
  version: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

export const logLevels: readonly string[] = [
  "trace",
  "debug",
  "info",
  "warn",
  "error",
  "fatal",
  "silent",
];
const PORT_MAX = 65_535;

/** @throws UsageError */
export function parseCommand(given: readonly string[]): Command {
  const values = read(given);
  if (values.help) return { do: "help" };
  if (values.version) return { do: "version" };
  const { port, host, advertised, "data-dir": dataDir, config, "log-level": logLevel } = values;
  if (values.ephemeral && dataDir !== undefined) {
    throw new UsageError("give either --data-dir or --ephemeral, which keeps no data, not both");
  }
  return {
    do: "run",
    flags: {
      ephemeral: values.ephemeral,
      overrides: Object.fromEntries(values.override.map(readOverride)),
      topics: Object.fromEntries(values.topic.map(readTopic)),
      ...onlyGiven({
        port: port === undefined ? undefined : readPort("--port", port),
        host: readText("--host", host),
        advertised: advertised === undefined ? undefined : readAdvertised(advertised),
        dataDir: readText("--data-dir", dataDir),
        config: readText("--config", config),
        logLevel: logLevel === undefined ? undefined : readLogLevel(logLevel),
      }),
    },
  };
}

function read(given: readonly string[]) {
  try {
    return parseArgs({ args: [...given], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${firstSentence(error)}; --help lists the flags`, { cause: error });
  }
}

/** parseArgs goes on with advice on positional arguments, of which there are none here. */
function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split(/[.\n](?:\s|$)/)[0] ?? message).trim();
}

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function onlyGiven<T extends object>(values: T): Given<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}

function readPort(flag: string, text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > PORT_MAX) {
    throw new UsageError(
      `${flag} takes a port from 0 (any free one) to ${PORT_MAX}, not '${text}'`,
    );
  }
  return port;
}

function readText(flag: string, text: string | undefined): string | undefined {
  if (text === "") throw new UsageError(`${flag} must not be empty`);
  return text;
}

function readAdvertised(text: string): { host: string; port: number } {
  const [, bracketed, plain, port = ""] = /^(?:\[([\w:.%-]+)\]|([\w.-]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) {
    throw new UsageError(
      `--advertised takes HOST:PORT as clients can reach it, with [ ] around an IPv6 address, not '${text}'`,
    );
  }
  return { host, port: readPort("--advertised", port) };
}

function readOverride(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--override takes name=value, not '${text}'`);
  return [text.slice(0, at).trim(), text.slice(at + 1)];
}

function readTopic(text: string): readonly [string, number] {
  const [, name = "", partitions] = /^([^:]+)(?::(\d{1,9}))?$/.exec(text) ?? [];
  const count = Number(partitions ?? 1);
  if (name === "" || count < 1) {
    throw new UsageError(`--topic takes name:partitions, as orders:3, not '${text}'`);
  }
  return [name, count];
}

function readLogLevel(text: string): string {
  const level = text.toLowerCase();
  if (!logLevels.includes(level)) {
    throw new UsageError(`--log-level takes ${logLevels.join(", ")}, not '${text}'`);
  }
  return level;
}
