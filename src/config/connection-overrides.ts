import { ConfigError } from "./config-error.ts";

/**
 * max.connections.per.ip.overrides: connections at most, by address or host name as given.
 *
 * @throws ConfigError
 */
export function connectionsByAddress(given: string): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  if (given.trim() === "") return limits;
  for (const entry of given.split(",")) {
    const colon = Math.max(0, entry.lastIndexOf(":"));
    const [address, count] = [entry.slice(0, colon).trim(), entry.slice(colon + 1).trim()];
    if (address === "" || !/^[+-]?\d{1,9}$/.test(count)) {
      throw new ConfigError(
        `max.connections.per.ip.overrides takes addresses, ':' and a number of connections, not '${entry}'`,
      );
    }
    limits.set(address, Number(count));
  }
  return limits;
}
