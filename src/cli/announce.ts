import type { HostAndPort } from "../config/listeners.ts";
import type { Logger } from "../telemetry/logger.ts";

/** A listener that accepts. */
interface Endpoint {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly port: number;
  readonly advertised: HostAndPort | undefined;
}

/** @throws if a host has no address. */
export type Resolve = (host: string) => Promise<unknown>;

/**
 * Says where each listener is and what its clients are told: that these two do not fit is why most
 * clients of a new broker cannot connect.
 */
export function announce(endpoints: readonly Endpoint[], logger: Logger): void {
  for (const { name, hosts, port, advertised } of endpoints) {
    const bound = hosts
      .map((host) => textOf({ host: host === "" ? "*" : host, port }))
      .join(" and ");
    const told = advertised === undefined ? "told to nobody" : textOf(advertised);
    logger.info(`listener ${name}: ${bound} -> ${told}`);
  }
}

/** Warns of hosts that clients are told of and this machine cannot resolve. */
export async function warnOfStrangers(
  endpoints: readonly Endpoint[],
  logger: Logger,
  resolve: Resolve,
): Promise<void> {
  await Promise.all(endpoints.map((endpoint) => warnOfStranger(endpoint, logger, resolve)));
}

async function warnOfStranger(
  { name, advertised }: Endpoint,
  logger: Logger,
  resolve: Resolve,
): Promise<void> {
  if (advertised === undefined) return;
  try {
    await resolve(advertised.host);
  } catch {
    logger.warn(
      `clients of listener ${name} are told ${textOf(advertised)}, but ${advertised.host} has no address here: give one that they can reach with --advertised`,
    );
  }
}

/** With brackets around an IPv6 address. */
export function textOf({ host, port }: HostAndPort): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
