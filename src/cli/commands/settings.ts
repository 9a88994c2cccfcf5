import { type CommandContext, CommandError, UsageRefusal } from "./command.ts";
import type { GivenOptions } from "./given-options.ts";

/** Settings under Kafka's names. */
export type Settings = Readonly<Record<string, string>>;

/** A name that an option had before it got its own: known still, with a warning. */
export interface Renamed {
  readonly old: string;
  readonly now: string;
}

/** `key=value` texts; without a value the empty one. The last of a key holds. */
export function keyValues(texts: readonly string[]): Settings {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** What a file says that an option names under its name now or before; else nothing. */
export async function settingsInFile(
  { options, properties }: CommandContext,
  { old, now }: Renamed,
): Promise<Settings> {
  const path = options.text(now) ?? options.text(old);
  return path === undefined ? {} : properties(path);
}

export function settingsGiven(options: GivenOptions, { old, now }: Renamed): Settings {
  return keyValues([...options.texts(old), ...options.texts(now)]);
}

/** @throws UsageRefusal where an option is given under both of its names */
export function refuseBothNames(
  options: GivenOptions,
  pairs: readonly (readonly [string, string])[],
) {
  for (const [one, other] of pairs) {
    if (!options.has(one) || !options.has(other)) continue;
    throw new UsageRefusal(`Options --${one} and --${other} cannot be specified together.`);
  }
}

/**
 * A whole number among settings.
 *
 * @throws CommandError with the words of Kafka's clients.
 */
export function integerIn(settings: Settings, name: string, otherwise: number): number {
  const text = settings[name];
  if (text === undefined) return otherwise;
  if (/^[+-]?\d{1,15}$/.test(text.trim())) return Number(text);
  throw new CommandError(
    `org.apache.kafka.common.config.ConfigException: Invalid value ${text} for configuration ${name}: Not a number of type INT`,
  );
}

export function isTrue(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === "true";
}
