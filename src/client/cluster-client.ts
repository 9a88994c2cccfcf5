import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { findCoordinator } from "../protocol/generated/find-coordinator.ts";
import {
  type MetadataResponse,
  type MetadataResponseTopic,
  metadata,
} from "../protocol/generated/metadata.ts";
import type { Clock } from "../time/clock.ts";
import { type Address, type AskedApi, type AskOptions, BrokerConnection } from "./connection.ts";
import { refuseErrors, retrying } from "./retries.ts";

export interface ClientOptions {
  /** Brokers to begin with. */
  readonly bootstrap: readonly Address[];
  readonly clientId: string;
  /** Most milliseconds for one answer. */
  readonly requestTimeoutMs: number;
  /** Most milliseconds for one call with all its retries. */
  readonly apiTimeoutMs: number;
  readonly clock: Clock;
  /** Hears of what is amiss and tried again: once that no broker could be reached, and of topics. */
  readonly warn?: (sentence: string) => void;
}

interface KnownConnection {
  readonly opening: Promise<BrokerConnection>;
  /** Once it is made. */
  connection: BrokerConnection | undefined;
}

/** FindCoordinator's kind of key. */
const GROUP = 0;

/**
 * A client of a cluster: knows its brokers, holds a connection to each that was asked, and does again
 * what may succeed later.
 */
export class ClusterClient {
  readonly #options: ClientOptions;
  #brokers = new Map<number, Address>();
  /** By host and port: whoever comes while one is opened shares it. */
  readonly #connections = new Map<string, KnownConnection>();
  #hasWarned = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Most milliseconds for one call with all its retries. */
  get apiTimeoutMs(): number {
    return this.#options.apiTimeoutMs;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** No broker has answered yet, though some were tried. */
  get isUnanswered(): boolean {
    return this.#hasWarned && this.#brokers.size === 0;
  }

  /** The brokers of the last metadata, by id. */
  get brokers(): ReadonlyMap<number, Address> {
    return this.#brokers;
  }

  /** Says what somebody should know, who can do nothing about it in the program. */
  warn(sentence: string): void {
    this.#options.warn?.(sentence);
  }

  retry<Value>(work: () => Promise<Value>): Promise<Value> {
    const { clock, apiTimeoutMs } = this.#options;
    return retrying({ clock, timeoutMs: apiTimeoutMs }, work);
  }

  /** @param topics null for all. Errors of single topics stay where they are. */
  async metadata(
    topics: readonly string[] | null,
    { create = false }: { readonly create?: boolean } = {},
  ): Promise<MetadataResponse> {
    const named = topics?.map((name) => ({ name })) ?? null;
    const answer = await this.any(metadata, { topics: named, allowAutoTopicCreation: create });
    refuseErrors(answer);
    this.#brokers = new Map(
      answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]),
    );
    return answer;
  }

  /**
   * The metadata of topics that are there.
   *
   * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION
   */
  async topics(
    names: readonly string[],
    create = false,
  ): Promise<readonly MetadataResponseTopic[]> {
    return this.retry(async () => {
      const { topics } = await this.metadata(names, { create });
      for (const topic of topics) {
        const isComing = create && topic.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        const errorCode = isComing ? ErrorCode.LEADER_NOT_AVAILABLE : topic.errorCode;
        refuseErrors({ errorCode }, `topic ${topic.name}`);
      }
      return topics;
    });
  }

  /** Asks whichever broker answers. */
  async any<Response, Request>(
    api: AskedApi<Response, Request>,
    request: Request,
    options?: AskOptions,
  ): Promise<Response> {
    return this.retry(async () => (await this.#anyConnection()).ask(api, request, options));
  }

  /** Asks one broker, once. */
  async node<Response, Request>(
    nodeId: number,
    api: AskedApi<Response, Request>,
    [request, options]: readonly [Request, AskOptions?],
  ): Promise<Response> {
    return (await this.connectionTo(nodeId)).ask(api, request, options);
  }

  /** @throws KafkaError BROKER_NOT_AVAILABLE */
  async connectionTo(nodeId: number): Promise<BrokerConnection> {
    if (!this.#brokers.has(nodeId)) await this.metadata([]);
    const address = this.#brokers.get(nodeId);
    if (address === undefined) {
      throw new KafkaError(ErrorCode.BROKER_NOT_AVAILABLE, `there is no broker ${nodeId}`);
    }
    return this.#connection(address);
  }

  /** Asks the coordinator of a group, wherever it is now. */
  async coordinator<Response, Request>(
    group: string,
    api: AskedApi<Response, Request>,
    question: readonly [Request, AskOptions?],
  ): Promise<Response> {
    return this.retry(async () => {
      const { nodeId } = await this.coordinatorOf(group);
      return this.node(nodeId, api, question);
    });
  }

  /** Where the coordinator of a group is now. */
  async coordinatorOf(group: string): Promise<Address & { readonly nodeId: number }> {
    return this.retry(async () => {
      const request = { key: group, keyType: GROUP, coordinatorKeys: [group] };
      const answer = await this.any(findCoordinator, request);
      // Before version 4 the answer was one coordinator, without a list.
      const found = answer.coordinators[0] ?? answer;
      refuseErrors(found, `coordinator of group ${group}`);
      const { nodeId, host, port } = found;
      this.#brokers.set(nodeId, { host, port });
      return { nodeId, host, port };
    });
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    const known = [...this.#connections.values()];
    this.#connections.clear();
    const opened = await Promise.allSettled(known.map(({ opening }) => opening));
    for (const connection of opened) {
      if (connection.status === "fulfilled") connection.value.close();
    }
  }

  async #anyConnection(): Promise<BrokerConnection> {
    const { bootstrap } = this.#options;
    let refused: unknown;
    for (const address of new Set([...this.#brokers.values(), ...bootstrap])) {
      try {
        return await this.#connection(address);
      } catch (error) {
        refused = error;
      }
    }
    const isFirst = !this.#hasWarned;
    this.#hasWarned = true;
    if (isFirst && refused instanceof Error) this.warn(`${refused.message}; trying again`);
    throw refused;
  }

  #connection(address: Address): Promise<BrokerConnection> {
    const key = `${address.host}:${address.port}`;
    const known = this.#connections.get(key);
    if (known !== undefined && known.connection?.isOpen !== false) return known.opening;
    const opening = BrokerConnection.open(address, this.#options);
    const entry: KnownConnection = { opening, connection: undefined };
    this.#connections.set(key, entry);
    opening.then(
      (connection) => {
        entry.connection = connection;
      },
      () => {
        if (this.#connections.get(key) === entry) this.#connections.delete(key);
      },
    );
    return opening;
  }
}
