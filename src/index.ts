/**
 * Run a Kafka-compatible broker inside a Node process.
 * @packageDocumentation
 */
import { RunningBroker } from "./broker.ts";
import { loopbackListeners } from "./config/presets.ts";
import type { ReceivedMetrics } from "./telemetry/client-metrics/metric.ts";
import { libraryLogger } from "./telemetry/library-logger.ts";
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
  /** Keeps everything in memory. Default true, unless `dataDir` or a `log.dirs` in `config` is given. */
  readonly ephemeral?: boolean;
  /** Where to keep data; what is there already is served. Default: nowhere. */
  readonly dataDir?: string;
  /** Topics to make at the start, unless they are there: partitions by name. */
  readonly topics?: Readonly<Record<string, number>>;
  /** Settings under Kafka's names: `{ "num.partitions": 6 }`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /**
   * Who hears what the broker has to say. Default: standard error, if `config` has an
   * `odradek.log.level`; else what goes wrong is a warning of the process.
   */
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
 * @throws Error for a wrong option or setting, a port that is taken, a data directory that is in use.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  checkOptions(options);
  const { port = 0, dataDir, topics = {} } = options;
  const config = asTexts(options.config ?? {});
  const running = await RunningBroker.open({
    settings: {
      ...("listeners" in config ? {} : loopbackListeners(port)),
      ...(dataDir === undefined ? {} : { "log.dirs": dataDir }),
      ...config,
    },
    ephemeral: options.ephemeral ?? !hasDirectory(options),
    topics,
    logger: options.logger ?? libraryLogger(config["odradek.log.level"]),
  }).catch((error: unknown) => {
    throw isPortTaken(error) ? portTaken(error) : error;
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

const optionNames: ReadonlySet<string> = new Set<keyof BrokerOptions>([
  "port",
  "ephemeral",
  "dataDir",
  "topics",
  "config",
  "logger",
]);

/** What TypeScript would have refused, and what contradicts itself. */
function checkOptions(options: BrokerOptions): void {
  const unknown = Object.keys(options).find((name) => !optionNames.has(name));
  if (unknown !== undefined) {
    throw new Error(
      `startBroker has no option ${unknown}: it takes ${[...optionNames].join(", ")}`,
    );
  }
  if (Array.isArray(options.topics)) {
    throw new Error("topics is an object of partitions by name, such as { orders: 3 }");
  }
  if (options.ephemeral === true && hasDirectory(options)) {
    throw new Error("ephemeral keeps nothing on disk: leave it out, or the data directory");
  }
}

function hasDirectory({ dataDir, config = {} }: BrokerOptions): boolean {
  return dataDir !== undefined || "log.dirs" in config || "log.dir" in config;
}

function asTexts(config: NonNullable<BrokerOptions["config"]>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]));
}

interface PortTaken extends Error {
  readonly address: string;
  readonly port: number;
}

function isPortTaken(error: unknown): error is PortTaken {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

function portTaken(error: PortTaken): Error {
  const { address, port } = error;
  return Object.assign(
    new Error(
      `port ${port} on ${address} is in use: stop what listens there, or leave out the port to be given a free one`,
      { cause: error },
    ),
    { code: "EADDRINUSE", address, port },
  );
}
