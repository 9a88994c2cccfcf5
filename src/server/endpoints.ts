import type { HostAndPort, ListenerSpec } from "../config/listeners.ts";
import type { Listeners } from "./listener.ts";

/** A listener that accepts. */
export interface Bound {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly port: number;
  /** What clients are told; undefined: nothing of this listener. */
  readonly advertised: (HostAndPort & { readonly securityProtocol: string }) | undefined;
}

/** Binds listeners, those of one name with one port, and fills in the ports the system chose. */
export async function bindListeners(
  listeners: Listeners,
  specs: readonly ListenerSpec[],
): Promise<readonly Bound[]> {
  const byName = new Map<string, ListenerSpec[]>();
  for (const spec of specs) byName.set(spec.name, [...(byName.get(spec.name) ?? []), spec]);
  const bound: Bound[] = [];
  for (const [name, same] of byName) {
    const { advertised, securityProtocol, port: wanted } = same[0] as ListenerSpec;
    const hosts = same.map(({ host }) => (host === "" ? undefined : host));
    const port = await listeners.bind({ name, hosts, port: wanted });
    bound.push({
      name,
      hosts: same.map(({ host }) => host),
      port,
      advertised: advertised && {
        host: advertised.host,
        port: advertised.port === 0 ? port : advertised.port,
        securityProtocol,
      },
    });
  }
  return bound;
}
