/**
 * Run a Kafka-compatible broker inside a Node process.
 * @packageDocumentation
 */
import { RunningBroker } from "./broker.ts";
import { loopbackListeners } from "./config/presets.ts";
import type { ReceivedMetrics } from "./telemetry/client-metrics/metric.ts";
import type { Logger } from "./telemetry/logger.ts";

export type {
  ClientMetric,
  MetricPoint,
  ReceivedMetrics,
} from "./telemetry/client-metrics/metric.ts";
export type { Logger } from "./telemetry/logger.ts";

export interface BrokerOptions {
  /** TCP port on loopback; 0, the default here, lets the system choose a free one. */
  readonly port?: number;
  /** Keeps everything in memory. Default true, unless `dataDir` is given. */
  readonly ephemeral?: boolean;
  /** Where to keep data; what is there already is served. */
  readonly dataDir?: string;
  /** Topics to make at the start, unless they are there: partitions by name. */
  readonly topics?: Readonly<Record<string, number>>;
  /** Settings under Kafka's names: `{ "num.partitions": "6" }`. */
  readonly config?: Readonly<Record<string, string>>;
  /** Who hears what the broker has to say. Default: nobody. */
  readonly logger?: Logger;
}

/** A broker in this process. `await using` stops it at the end of the block. */
export interface Broker extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** For a client's `bootstrap.servers` or `brokers`: `localhost:41234`. */
  readonly bootstrapServers: string;
  readonly clusterId: string;
  /**
   * The newest metrics that each client has pushed, the latest push last: those that a
   * `client-metrics` resource asks for (KIP-714).
   */
  clientMetrics(): readonly ReceivedMetrics[];
  /** Flushes, closes everything and frees the port. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts a broker; once the promise settles clients may connect.
 *
 * @throws Error for a wrong setting, a port that is taken, a data directory that is in use.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { port = 0, dataDir, topics = {}, config = {}, logger } = options;
  const running = await RunningBroker.open({
    settings: {
      ...("listeners" in config ? {} : loopbackListeners(port)),
      ...(dataDir === undefined ? {} : { "log.dirs": dataDir }),
      ...config,
    },
    ephemeral: options.ephemeral ?? dataDir === undefined,
    topics,
    ...(logger === undefined ? {} : { logger }),
  });
  const [first] = running.endpoints;
  const host = first?.advertised?.host ?? "localhost";
  const advertisedPort = first?.advertised?.port ?? first?.port ?? port;
  return {
    host,
    port: advertisedPort,
    bootstrapServers: `${host}:${advertisedPort}`,
    clusterId: running.clusterId,
    clientMetrics: () => running.clientMetrics,
    stop: () => running.stop(),
    [Symbol.asyncDispose]: () => running.stop(),
  };
}
