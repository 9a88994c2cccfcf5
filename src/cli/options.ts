import { loopbackListeners } from "../config/presets.ts";
import type { Flags } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

type Settings = Readonly<Record<string, string>>;

/** Where settings come from, by how much they weigh: the last is the strongest. */
export interface Sources {
  /** --config */
  readonly file: Settings;
  /** KAFKA_* */
  readonly environment: Settings;
  readonly flags: Flags;
}

const DEFAULT_PORT = 9092;
const LISTENER = "PLAINTEXT";

/** All settings, under Kafka's names. */
export function mergedSettings({ file, environment, flags }: Sources): Record<string, string> {
  const below = { ...file, ...environment };
  return { ...below, ...settingsOfFlags(flags, below), ...flags.overrides };
}

function settingsOfFlags(flags: Flags, below: Settings): Settings {
  return {
    ...listenersOf(flags),
    ...advertisedOf(flags, below),
    ...(flags.dataDir === undefined ? {} : { "log.dirs": flags.dataDir }),
    ...(flags.logLevel === undefined ? {} : { "odradek.log.level": flags.logLevel }),
  };
}

/** A port or host replaces all listeners, and what was advertised of them. */
function listenersOf({ port, host, overrides }: Flags): Settings {
  if (port === undefined && host === undefined) return {};
  if (overrides["listeners"] !== undefined) {
    throw new UsageError(
      "--port and --host say where to listen, and so does --override listeners: leave one out",
    );
  }
  if (host === undefined || host === "localhost") return loopbackListeners(port ?? DEFAULT_PORT);
  return {
    listeners: `${LISTENER}://${inUrl(host)}:${port ?? DEFAULT_PORT}`,
    // No host: the machine's own name, where the listener is on all addresses.
    "advertised.listeners": `${LISTENER}://${isAll(host) ? "" : inUrl(host)}:${port ?? DEFAULT_PORT}`,
  };
}

/** Of listeners that come from elsewhere, the first is the one that is advertised. */
function advertisedOf({ advertised, port, host }: Flags, below: Settings): Settings {
  if (advertised === undefined) return {};
  const { listeners } = below;
  const isReplaced = port !== undefined || host !== undefined;
  const name = isReplaced || !listeners ? LISTENER : (listeners.split("://")[0] ?? LISTENER).trim();
  const told = `${name}://${inUrl(advertised.host)}:${advertised.port}`;
  const own = isReplaced || listeners ? {} : loopbackListeners(DEFAULT_PORT);
  return { ...own, "advertised.listeners": told };
}

function isAll(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function inUrl(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
