import { crc32c } from "../../records/crc32c.ts";

/** Says whether a text as a whole is what an operator's expression means. */
export type TextTest = (text: string) => boolean;

/** What an operator wants to know of some clients: a client-metrics resource (KIP-714). */
export interface Subscription {
  /** Beginnings of metric names; "*" stands for all. */
  readonly metrics: readonly string[];
  readonly intervalMs: number;
  /** By attribute of a client; all must hold. */
  readonly match: ReadonlyMap<string, TextTest>;
}

/** What a client is known by; an attribute that is not there matches nothing. */
export type ClientAttributes = ReadonlyMap<string, string>;

/** What one client shall push, of all subscriptions that fit it. */
export interface Requested {
  readonly metrics: readonly string[];
  readonly intervalMs: number;
}

/** The interval of a subscription that names none, and of a client without any. */
const DEFAULT_INTERVAL_MS = 300_000;
const ALL = "*";

/**
 * Reads a subscription that was found good when it was set.
 *
 * @param compile makes a test of a regular expression
 */
export function subscriptionOf(
  configs: ReadonlyMap<string, string>,
  compile: (expression: string) => TextTest,
): Subscription {
  const match = listOf(configs.get("match")).map((rule) => {
    const at = rule.indexOf("=");
    return [rule.slice(0, at).trim(), compile(rule.slice(at + 1).trim())] as const;
  });
  return {
    metrics: listOf(configs.get("metrics")),
    intervalMs: Number(configs.get("interval.ms") ?? DEFAULT_INTERVAL_MS),
    match: new Map(match),
  };
}

function listOf(text: string | undefined): string[] {
  const elements = (text ?? "").split(",").map((element) => element.trim());
  return elements.filter((element) => element !== "");
}

/** Metrics of all subscriptions that match, at the shortest of their intervals. */
export function requestedOf(
  subscriptions: readonly Subscription[],
  attributes: ClientAttributes,
): Requested {
  const matching = subscriptions.filter(({ match }) =>
    [...match].every(([name, test]) => {
      const value = attributes.get(name);
      return value !== undefined && test(value);
    }),
  );
  const metrics = new Set(matching.flatMap((subscription) => subscription.metrics));
  return {
    metrics: metrics.has(ALL) ? [ALL] : [...metrics].sort(),
    intervalMs: Math.min(DEFAULT_INTERVAL_MS, ...matching.map(({ intervalMs }) => intervalMs)),
  };
}

/**
 * Names what is requested of one client: another number as soon as it is something else. A checksum of
 * it, mixed with the client's id, as the KIP says.
 *
 * @param instanceId 16 bytes
 */
export function subscriptionIdOf({ metrics, intervalMs }: Requested, instanceId: Buffer): number {
  const text = Buffer.from(`[${metrics.join(", ")}]${intervalMs}`);
  let mixed = crc32c(text);
  for (let at = 0; at < instanceId.length; at += 4) mixed ^= instanceId.readInt32BE(at);
  return mixed | 0;
}
