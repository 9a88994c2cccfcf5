import { ErrorCode, KafkaError, kafkaErrorCausedBy } from "../../protocol/errors.ts";
import { uuidToBytes, ZERO_UUID } from "../../protocol/uuid.ts";
import { CompressionType, decompress } from "../../records/compression.ts";
import type { Clock } from "../../time/clock.ts";
import type { Lifetime } from "../../time/lifetime.ts";
import type { Logger } from "../logger.ts";
import { type ClientInstance, ClientInstances, mayGet, mayPush } from "./instances.ts";
import type { ReceivedMetrics } from "./metric.ts";
import { type DecodedMetrics, decodeMetrics } from "./otlp.ts";
import { Received } from "./received.ts";
import {
  type ClientAttributes,
  requestedOf,
  type Subscription,
  subscriptionIdOf,
  subscriptionOf,
  type TextTest,
} from "./subscriptions.ts";

export interface ClientMetricsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Changed by whoever sets a subscription. Asked for each request, so it should be cheap. */
  readonly subscriptions: () => SubscribedConfigs;
  readonly newUuid: () => string;
  /** telemetry.max.bytes */
  readonly maxBytes: number;
}

/** The client-metrics resources there are. */
export interface SubscribedConfigs {
  /** Differs as soon as they do. */
  readonly token: string;
  readonly all: readonly ReadonlyMap<string, string>[];
}

/** Who asks or pushes. */
export interface MetricsClient {
  readonly attributes: ClientAttributes;
  readonly lifetime: Lifetime;
}

export interface Push {
  readonly clientInstanceId: string;
  readonly subscriptionId: number;
  readonly terminating: boolean;
  readonly compressionType: number;
  readonly metrics: Buffer;
}

/** The subscriptions, and which state of them this is. */
interface State {
  readonly version: number;
  readonly subscriptions: readonly Subscription[];
}

/** The other id that Kafka keeps for itself. */
const ONE_UUID = "AAAAAAAAAAAAAAAAAAAAAQ";
/** What a push may be when it is inflated: Kafka leaves that to its plugins. */
const INFLATED_BYTES_MAX = 16 * 1024 * 1024;

/** In the order of preference. */
export const acceptedCompressionTypes: readonly number[] = [
  CompressionType.ZSTD,
  CompressionType.LZ4,
  CompressionType.GZIP,
  CompressionType.SNAPPY,
];

/**
 * What clients tell of themselves (KIP-714): says to each which metrics to push and how often, takes
 * them in and keeps the newest. In Kafka that needs a plugin; here it is built in. By Kafka's
 * ClientMetricsManager.
 */
export class ClientMetrics {
  readonly #options: ClientMetricsOptions;
  readonly #instances = new ClientInstances();
  readonly #received = new Received();
  #token: string | undefined;
  #version = 0;
  #state: Promise<State> = Promise.resolve({ version: 0, subscriptions: [] });

  constructor(options: ClientMetricsOptions) {
    this.#options = options;
  }

  /** The newest metrics of each client that pushed lately. */
  get newest(): readonly ReceivedMetrics[] {
    return this.#received.newest;
  }

  /**
   * What a client shall push.
   *
   * @param clientInstanceId the zero id: it has none yet, and is given one
   * @throws KafkaError THROTTLING_QUOTA_EXCEEDED for one that asks too often
   */
  async subscribe(clientInstanceId: string, client: MetricsClient): Promise<ClientInstance> {
    const id = clientInstanceId === ZERO_UUID ? this.#options.newUuid() : clientInstanceId;
    const instance = await this.#instance(id, client);
    if (!mayGet(instance, this.#nowMs)) throw tooEarly();
    instance.lastError = ErrorCode.NONE;
    return instance;
  }

  /**
   * Takes in what a client pushes.
   *
   * @throws KafkaError INVALID_REQUEST, THROTTLING_QUOTA_EXCEEDED, UNKNOWN_SUBSCRIPTION_ID,
   *   UNSUPPORTED_COMPRESSION_TYPE, TELEMETRY_TOO_LARGE, INVALID_RECORD
   */
  async push(push: Push, client: MetricsClient): Promise<void> {
    const { clientInstanceId: id, terminating } = push;
    if (id === ZERO_UUID || id === ONE_UUID) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, "a push needs the id of its client");
    }
    const instance = await this.#instance(id, client);
    try {
      this.#check(push, instance);
      if (push.metrics.length > 0) this.#keep(push, instance);
      instance.lastError = ErrorCode.NONE;
    } catch (error) {
      if (error instanceof KafkaError) instance.lastError = error.code;
      throw error;
    } finally {
      instance.isTerminating = terminating;
    }
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #check(push: Push, instance: ClientInstance): void {
    const { terminating, subscriptionId, compressionType, metrics } = push;
    if (instance.isTerminating) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, "the client has said that it ends");
    }
    if (!mayPush(instance, this.#nowMs) && !terminating) throw tooEarly();
    if (subscriptionId !== instance.subscriptionId) {
      const message = "what is asked of the client has changed";
      throw new KafkaError(ErrorCode.UNKNOWN_SUBSCRIPTION_ID, message);
    }
    if (compressionType < CompressionType.NONE || compressionType > CompressionType.ZSTD) {
      const message = `there is no compression ${compressionType}`;
      throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message);
    }
    if (metrics.length > this.#options.maxBytes) {
      const message = `${metrics.length} bytes; telemetry.max.bytes is ${this.#options.maxBytes}`;
      throw new KafkaError(ErrorCode.TELEMETRY_TOO_LARGE, message);
    }
  }

  #keep({ compressionType, metrics: pushed, terminating }: Push, instance: ClientInstance): void {
    const { clock, logger } = this.#options;
    const { id, attributes } = instance;
    let decoded: DecodedMetrics;
    try {
      decoded = decodeMetrics(decompress(compressionType, pushed, INFLATED_BYTES_MAX));
    } catch (error) {
      logger.warn(`metrics that client ${id} pushed cannot be read`, { error });
      throw kafkaErrorCausedBy(error, ErrorCode.INVALID_RECORD, "these metrics cannot be read");
    }
    const { metrics, sizeInMemory } = decoded;
    const receivedMs = clock.now();
    const isLast = terminating;
    this.#received.keep(
      { clientInstanceId: id, attributes, receivedMs, isLast, metrics },
      sizeInMemory,
    );
    // Made only if somebody reads them.
    logger.debug(`client ${attributes.get("client_id")} (${id}) pushed its metrics`, {
      get client() {
        return Object.fromEntries(attributes);
      },
      get metrics() {
        return metrics.flatMap(({ name, points }) =>
          points.map(({ attributes: of, value }) => ({ name, ...of, value })),
        );
      },
    });
  }

  async #instance(id: string, client: MetricsClient): Promise<ClientInstance> {
    const { version, subscriptions } = await this.#current();
    const known = this.#instances.find(id, version, this.#nowMs);
    if (known !== undefined) return known;
    const attributes = new Map([...client.attributes, ["client_instance_id", id]]);
    const requested = requestedOf(subscriptions, attributes);
    return this.#instances.add(
      {
        id,
        attributes,
        requested,
        subscriptionId: subscriptionIdOf(requested, uuidToBytes(id)),
        version,
        usedMs: this.#nowMs,
      },
      client.lifetime,
    );
  }

  /** The subscriptions as they are now, read anew only where they have changed. */
  #current(): Promise<State> {
    const { token, all } = this.#options.subscriptions();
    if (token !== this.#token) {
      this.#token = token;
      this.#version += 1;
      const version = this.#version;
      this.#state = read(all).then((subscriptions) => ({ version, subscriptions }));
    }
    return this.#state;
  }
}

function tooEarly(): KafkaError {
  return new KafkaError(ErrorCode.THROTTLING_QUOTA_EXCEEDED, "the interval is not over yet");
}

/** Expressions are those of RE2, which take no longer than the text is long. */
async function read(all: readonly ReadonlyMap<string, string>[]): Promise<readonly Subscription[]> {
  if (all.length === 0) return [];
  const { RE2JS } = await import("re2js");
  const compile = (expression: string): TextTest => {
    const pattern = RE2JS.compile(expression);
    return (text) => pattern.matcher(text).matches();
  };
  return all.map((configs) => subscriptionOf(configs, compile));
}
