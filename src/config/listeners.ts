import type { BrokerConfig } from "./broker-config.ts";
import { ConfigError } from "./config-error.ts";

export type SecurityProtocol = "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Where to listen, and what to tell the clients that come in there. */
export interface ListenerSpec extends HostAndPort {
  /** In capitals. Two specs share one name where they are the IPv4 and IPv6 address of one port. */
  readonly name: string;
  /** An address, or "" for all interfaces, IPv4 and IPv6. */
  readonly host: string;
  /** 0: any free one. Specs that share a name then share the port that the first of them gets. */
  readonly port: number;
  readonly securityProtocol: SecurityProtocol;
  /** Undefined where clients are told nothing of this listener. Port 0: the one that was bound. */
  readonly advertised: HostAndPort | undefined;
  /** The machine may be without this address: ::1 beside 127.0.0.1, on machines without IPv6. */
  readonly optional: boolean;
}

interface Endpoint extends HostAndPort {
  readonly name: string;
}

type ListenerSettings = Pick<
  BrokerConfig,
  | "advertisedListeners"
  | "controllerListenerNames"
  | "interBrokerListenerName"
  | "listenerSecurityProtocolMap"
  | "listeners"
>;

/**
 * The listeners of a broker, by Kafka's rules (SocketServerConfigs). Listeners of the controller
 * (controller.listener.names) are left out: there is none.
 *
 * @param hostname what to tell clients of a listener on all interfaces, if advertised.listeners does not
 * @throws ConfigError
 */
export function parseListeners(
  config: ListenerSettings,
  hostname: () => string,
): readonly ListenerSpec[] {
  const controllers = new Set((config.controllerListenerNames ?? []).map(upper));
  const isBrokers = ({ name }: Endpoint) => !controllers.has(name);
  const bound = endpointsOf("listeners", config.listeners);
  checkUnique(bound);
  const listeners = bound.filter(isBrokers);
  if (listeners.length === 0) {
    throw new ConfigError("listeners must name at least one listener that is not a controller's");
  }
  const advertised = advertisedEndpoints(config, listeners, hostname).filter(isBrokers);
  checkAdvertised(advertised, listeners, config);
  const protocols = securityProtocols(config.listenerSecurityProtocolMap);
  return listeners.map((listener) => ({
    ...listener,
    securityProtocol: protocolOf(listener.name, protocols),
    advertised: advertised.find(({ name }) => name === listener.name),
    optional: listener.host === "::1" && listeners.some((other) => isTwin(listener, other)),
  }));
}

function advertisedEndpoints(
  { advertisedListeners }: ListenerSettings,
  listeners: readonly Endpoint[],
  hostname: () => string,
): readonly Endpoint[] {
  if (advertisedListeners !== undefined && advertisedListeners.length > 0) {
    const endpoints = endpointsOf("advertised.listeners", advertisedListeners);
    return endpoints.map((endpoint) => reachable(endpoint, hostname));
  }
  const firsts = listeners.filter(
    (one, at) => listeners.findIndex((other) => isSameName(one, other)) === at,
  );
  return firsts.map((endpoint) => reachable(endpoint, hostname));
}

function reachable(endpoint: Endpoint, hostname: () => string): Endpoint {
  if (endpoint.host === "") return { ...endpoint, host: hostname() };
  if (endpoint.host === "0.0.0.0" || endpoint.host === "::") {
    throw new ConfigError(
      `advertised.listeners must say by which host clients reach ${endpoint.name}: ${endpoint.host} is every address, and none`,
    );
  }
  return endpoint;
}

function checkAdvertised(
  advertised: readonly Endpoint[],
  listeners: readonly Endpoint[],
  { interBrokerListenerName }: ListenerSettings,
): void {
  const names = new Set<string>();
  for (const { name } of advertised) {
    if (names.has(name)) throw new ConfigError(`advertised.listeners has ${name} twice`);
    names.add(name);
    if (!listeners.some((listener) => listener.name === name)) {
      throw new ConfigError(`advertised.listeners has ${name}, which listeners must have too`);
    }
  }
  if (names.size === 0)
    throw new ConfigError("advertised.listeners must name a listener of brokers");
  if (interBrokerListenerName !== undefined && !names.has(upper(interBrokerListenerName))) {
    throw new ConfigError(
      `inter.broker.listener.name must be one of the advertised listeners (${[...names].join(", ")}), not ${interBrokerListenerName}`,
    );
  }
}

/** Each has its own name and its own port, but for one pair of IPv4 and IPv6 on one port. */
function checkUnique(listeners: readonly Endpoint[]): void {
  for (const [at, one] of listeners.entries()) {
    const twins = listeners.filter((other) => other !== one && isTwin(one, other));
    for (const other of listeners.slice(at + 1)) {
      if (isTwin(one, other) && twins.length === 1) continue;
      if (isSameName(one, other)) {
        throw new ConfigError(
          `listeners has ${one.name} twice: each needs a name of its own, unless one is the IPv4 and the other the IPv6 address of the same port`,
        );
      }
      if (one.port !== 0 && one.port === other.port) {
        throw new ConfigError(
          `listeners has port ${one.port} twice: each needs a port of its own, unless one host is an IPv4 and the other an IPv6 address`,
        );
      }
    }
  }
}

function isTwin(one: Endpoint, other: Endpoint): boolean {
  const versions = [addressVersion(one.host), addressVersion(other.host)];
  return one.port === other.port && versions.includes(4) && versions.includes(6);
}

function addressVersion(host: string): 4 | 6 | undefined {
  if (host.includes(":")) return 6;
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? 4 : undefined;
}

function isSameName(one: Endpoint, other: Endpoint): boolean {
  return one.name === other.name;
}

const PORT_MAX = 65_535;

function endpointsOf(setting: string, given: readonly string[]): readonly Endpoint[] {
  return given.map((text) => {
    const [, name, bracketed, plain, port] =
      /^([^:/\s]+):\/\/(?:\[([\w:.%-]*)\]|([\w:.%-]*)):(\d{1,6})$/.exec(text) ?? [];
    if (name === undefined || Number(port) > PORT_MAX) {
      throw new ConfigError(
        `${setting} takes NAME://host:port with commas between, with a port up to ${PORT_MAX}, not '${text}'`,
      );
    }
    return { name: upper(name), host: bracketed ?? plain ?? "", port: Number(port) };
  });
}

const protocolNames: readonly string[] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

function securityProtocols(map: string): ReadonlyMap<string, SecurityProtocol> {
  const protocols = new Map<string, SecurityProtocol>();
  for (const entry of map.split(",").map((each) => each.trim())) {
    if (entry === "") continue;
    const [name = "", protocol = ""] = entry.split(":").map((part) => upper(part.trim()));
    if (!protocolNames.includes(protocol)) {
      throw new ConfigError(
        `listener.security.protocol.map takes NAME:PROTOCOL with commas between and the protocols ${protocolNames.join(", ")}, not '${entry}'`,
      );
    }
    protocols.set(name, protocol as SecurityProtocol);
  }
  return protocols;
}

function protocolOf(
  name: string,
  protocols: ReadonlyMap<string, SecurityProtocol>,
): SecurityProtocol {
  const protocol = protocols.get(name);
  if (protocol === undefined) {
    throw new ConfigError(
      `listener.security.protocol.map must say which protocol ${name} speaks, as ${name}:PLAINTEXT`,
    );
  }
  if (protocol !== "PLAINTEXT") {
    throw new ConfigError(
      `listener.security.protocol.map wants ${protocol} for ${name}, which is not supported: use PLAINTEXT`,
    );
  }
  return protocol;
}

function upper(name: string): string {
  return name.toUpperCase();
}
