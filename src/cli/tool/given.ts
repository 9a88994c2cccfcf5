import { UsageRefusal } from "../commands/command.ts";
import type { GivenOptions } from "../commands/given-options.ts";

// The checks that Kafka's tools share, in their words: scripts look for them.

/** @throws UsageRefusal */
export function requireOptions(options: GivenOptions, names: readonly string[]): void {
  const missing = names.find((name) => !options.has(name));
  if (missing === undefined) return;
  throw new UsageRefusal(`Missing required argument "${options.named(missing)}"`);
}

/** @throws UsageRefusal if `name` is given together with one of `others` */
export function forbidTogether(
  options: GivenOptions,
  name: string,
  others: readonly string[],
): void {
  if (!options.has(name)) return;
  const other = others.find((candidate) => options.has(candidate));
  if (other === undefined) return;
  const [one, two] = [options.named(name), options.named(other)];
  throw new UsageRefusal(`Option "${one}" can't be used with option "${two}"`);
}

/**
 * The one action that is given.
 *
 * @throws UsageRefusal with `sentence` where there is none, or more than one.
 */
export function onlyAction<Name extends string>(
  options: GivenOptions,
  actions: readonly Name[],
  sentence: string,
): Name {
  const [action, second] = actions.filter((name) => options.has(name));
  if (action === undefined || second !== undefined) throw new UsageRefusal(sentence);
  return action;
}
