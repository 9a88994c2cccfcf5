import { connect, type Socket } from "node:net";
import type { ApiCodec } from "../protocol/codec.ts";
import { ErrorCode, errorName, KafkaError } from "../protocol/errors.ts";
import { apiVersions } from "../protocol/generated/api-versions.ts";
import {
  decodeResponseHeader,
  encodeRequestHeader,
  responseHeaderVersion,
} from "../protocol/header.ts";
import { Reader } from "../protocol/reader.ts";
import { Writer } from "../protocol/writer.ts";
import type { Clock } from "../time/clock.ts";
import { FrameSplitter } from "./frame-splitter.ts";

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionOptions {
  readonly clientId: string;
  /** Most milliseconds until a connection is made, and until a request is answered. */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

/** The versions of one API that a broker speaks. */
export interface VersionRange {
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** An API as it is asked: what a server does with its messages does not matter here. */
export type AskedApi<Response, Request> = ApiCodec<unknown, Response, Request, never>;

interface Waiting {
  readonly answer: (body: Buffer) => void;
  readonly fail: (error: Error) => void;
}

export interface AskOptions {
  /** Milliseconds that the broker may wait before it answers, beside the usual. */
  readonly waitMs?: number;
  /** Later versions say the same in another way. */
  readonly versionMax?: number;
}

/** What an ApiVersions 0 request may be asked with: every broker answers it. */
const OLDEST = 0;

/**
 * One connection to one broker, which has told its versions. Requests are sent at once; answers find
 * their request by its correlation id.
 */
export class BrokerConnection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #frames = new FrameSplitter();
  readonly #waiting = new Map<number, Waiting>();
  #versions: ReadonlyMap<number, VersionRange> = new Map();
  #correlationId = 0;
  #broken: Error | undefined;

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("error", (error) => this.#break(error));
    socket.on("close", () => this.#break(new Error("the broker closed the connection")));
  }

  /**
   * @throws KafkaError NETWORK_EXCEPTION when nobody listens there; UNSUPPORTED_VERSION when no Kafka
   * broker does.
   */
  static async open(address: Address, options: ConnectionOptions): Promise<BrokerConnection> {
    const connection = new BrokerConnection(await connected(address, options), options);
    try {
      connection.#versions = await connection.#learnVersions();
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  get isOpen(): boolean {
    return this.#broken === undefined;
  }

  /** By API key, what the broker speaks. */
  get versions(): ReadonlyMap<number, VersionRange> {
    return this.#versions;
  }

  /** The newest version that both sides speak; undefined if there is none. */
  versionOf(api: VersionRange & { readonly key: number }): number | undefined {
    const theirs = this.#versions.get(api.key);
    if (theirs === undefined) return undefined;
    const version = Math.min(api.maxVersion, theirs.maxVersion);
    return version >= Math.max(api.minVersion, theirs.minVersion) ? version : undefined;
  }

  /**
   * Asks in the newest version that both sides speak.
   *
   * @throws KafkaError UNSUPPORTED_VERSION, NETWORK_EXCEPTION, REQUEST_TIMED_OUT
   */
  async ask<Response, Request>(
    api: AskedApi<Response, Request>,
    request: Request,
    { waitMs = 0, versionMax = Number.POSITIVE_INFINITY }: AskOptions = {},
  ): Promise<Response> {
    return this.#askIn(this.#versionFor(api, versionMax), api, request, waitMs);
  }

  /**
   * Sends what wants no answer; settles when it has left this process.
   *
   * @throws KafkaError UNSUPPORTED_VERSION, NETWORK_EXCEPTION
   */
  async tell<Request>(
    api: AskedApi<unknown, Request>,
    request: Request,
    versionMax: number,
  ): Promise<void> {
    const version = this.#versionFor(api, versionMax);
    if (this.#broken !== undefined) throw networkError(this.#broken);
    const frame = this.#frame(this.#correlationId++, version, api, request);
    await new Promise<void>((resolve, reject) => {
      this.#socket.write(frame, (error) => (error ? reject(networkError(error)) : resolve()));
    });
  }

  close(): void {
    this.#break(new Error("the connection was closed"));
    this.#socket.destroy();
  }

  #versionFor(api: AskedApi<unknown, never>, versionMax: number): number {
    const { key, minVersion } = api;
    const maxVersion = Math.min(api.maxVersion, versionMax);
    const version = this.versionOf({ key, minVersion, maxVersion });
    if (version !== undefined) return version;
    const sentence = `the broker does not support ${api.name}`;
    throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, sentence);
  }

  async #learnVersions(): Promise<ReadonlyMap<number, VersionRange>> {
    const { errorCode, apiKeys } = await this.#askIn(OLDEST, apiVersions, {}, 0);
    if (errorCode !== ErrorCode.NONE) {
      throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, `ApiVersions: ${errorName(errorCode)}`);
    }
    return new Map(apiKeys.map((range) => [range.apiKey, range]));
  }

  async #askIn<Response, Request>(
    version: number,
    api: AskedApi<Response, Request>,
    request: Request,
    waitMs: number,
  ): Promise<Response> {
    const correlationId = this.#correlationId++;
    const frame = this.#frame(correlationId, version, api, request);
    const body = await this.#exchange(correlationId, frame, waitMs);
    const reader = new Reader(body);
    decodeResponseHeader(reader, responseHeaderVersion(api.key, version));
    return api.decodeResponse(reader, version);
  }

  #frame<Request>(
    correlationId: number,
    version: number,
    api: AskedApi<unknown, Request>,
    request: Request,
  ): Buffer {
    const writer = new Writer();
    const { clientId } = this.#options;
    encodeRequestHeader(writer, { apiKey: api.key, apiVersion: version, correlationId, clientId });
    api.encodeRequest(writer, request, version);
    const size = Buffer.allocUnsafe(4);
    size.writeInt32BE(writer.byteLength);
    return Buffer.concat([size, ...writer.chunks()]);
  }

  #exchange(correlationId: number, frame: Buffer, waitMs: number): Promise<Buffer> {
    if (this.#broken !== undefined) return Promise.reject(networkError(this.#broken));
    const { clock, requestTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = clock.schedule(requestTimeoutMs + waitMs, () => {
        const { remoteAddress, remotePort } = this.#socket;
        const who = `${remoteAddress}:${remotePort}`;
        this.#break(new Error(`no answer of ${who} within ${requestTimeoutMs + waitMs} ms`));
        this.#socket.destroy();
      });
      const settle =
        <Value>(end: (value: Value) => void) =>
        (value: Value) => {
          timer.cancel();
          end(value);
        };
      this.#waiting.set(correlationId, { answer: settle(resolve), fail: settle(reject) });
      this.#socket.write(frame);
    });
  }

  #take(bytes: Buffer): void {
    try {
      for (const frame of this.#frames.take(bytes)) {
        const correlationId = frame.readInt32BE(0);
        const waiting = this.#waiting.get(correlationId);
        this.#waiting.delete(correlationId);
        waiting?.answer(frame);
      }
    } catch (error) {
      this.#break(error instanceof Error ? error : new Error(String(error)));
      this.#socket.destroy();
    }
  }

  #break(error: Error): void {
    if (this.#broken !== undefined) return;
    this.#broken = error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { fail } of waiting) fail(networkError(error));
  }
}

function networkError(cause: Error): KafkaError {
  return new KafkaError(ErrorCode.NETWORK_EXCEPTION, cause.message, { cause });
}

function connected(address: Address, { clock, requestTimeoutMs }: ConnectionOptions) {
  return new Promise<Socket>((resolve, reject) => {
    const socket = connect({ ...address, noDelay: true });
    const fail = (error: Error) => {
      timer.cancel();
      socket.destroy();
      reject(new KafkaError(ErrorCode.NETWORK_EXCEPTION, whyNot(address, error), { cause: error }));
    };
    const timer = clock.schedule(requestTimeoutMs, () => fail(new Error("no answer")));
    socket.once("error", fail);
    socket.once("connect", () => {
      timer.cancel();
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

/** A host of several addresses fails with an error that has no message, only a code. */
function whyNot({ host, port }: Address, error: Error): string {
  const reason = reasonOf(error);
  return reason === "ENOTFOUND" || reason === "EAI_AGAIN"
    ? `the name ${host} cannot be resolved (${reason})`
    : `no broker listens on ${host}:${port} (${reason})`;
}

function reasonOf(error: Error & { readonly code?: string }): string {
  return error.code ?? error.message;
}
