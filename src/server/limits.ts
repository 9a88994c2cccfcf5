import type { BrokerConfig } from "../config/broker-config.ts";
import { connectionsByAddress } from "../config/connection-overrides.ts";
import type { ServerLimits } from "./listener.ts";

/** Read whenever a connection comes: what can change at run time is looked up. */
export function limitsOf(config: BrokerConfig): ServerLimits {
  return {
    maxRequestBytes: config.socketRequestMaxBytes,
    maxIdleMs: config.connectionsMaxIdleMs,
    partialFrameTimeoutMs: config.odradekPartialFrameTimeoutMs,
    get maxConnections() {
      return config.maxConnections;
    },
    get maxConnectionsPerIp() {
      return config.maxConnectionsPerIp;
    },
    get connectionsByAddress() {
      return connectionsByAddress(config.maxConnectionsPerIpOverrides);
    },
    backlog: config.socketListenBacklogSize,
  };
}
