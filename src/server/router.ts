import { unsupportedVersionAnswer } from "../handlers/api-versions.ts";
import type {
  Answer,
  Handler,
  Operation,
  Peer,
  RequestContext,
  ResourceType,
  Services,
} from "../handlers/handler.ts";
import { handlerOf } from "../handlers/index.ts";
import { type SupportedKey, supportedApis } from "../handlers/supported-apis.ts";
import { apiVersions } from "../protocol/generated/api-versions.ts";
import type { ApiInfo } from "../protocol/generated/apis.ts";
import {
  decodeRequestHeader,
  encodeResponseHeader,
  type RequestHeader,
  responseHeaderVersion,
} from "../protocol/header.ts";
import { DecodeError, Reader } from "../protocol/reader.ts";
import { Writer } from "../protocol/writer.ts";
import type { Client } from "../quotas/limited.ts";
import type { RequestUsage } from "../quotas/request-usage.ts";
import type { Lifetime } from "../time/lifetime.ts";
import type { ConnectionContext, Reply } from "./connection.ts";

const LENGTH_BYTES = 4;
/** The client wants no answer, and its request has been dealt with. */
const NO_REPLY: Reply = { chunks: [], isFrameFree: true, throttleMs: 0 };

const byKey: ReadonlyMap<number, ApiInfo> = new Map(supportedApis.map((api) => [api.key, api]));

/**
 * One frame in, at most one answer out: read the header, check the version, let the handler of that
 * API decode, act and encode. Synchronous wherever the handler is. A throw closes the connection,
 * and its message is what the log says of it.
 */
export function route(
  frame: Buffer,
  connection: ConnectionContext,
  services: Services,
): Reply | undefined | Promise<Reply | undefined> {
  const reader = new Reader(frame);
  const header = decodeRequestHeader(reader);
  const api = byKey.get(header.apiKey);
  if (api === undefined) throw new DecodeError(`API key ${header.apiKey} is not supported`);
  const { quotas } = services;
  const usage = quotas.isActive
    ? quotas.begin(clientOf(header, connection), frame.length)
    : undefined;
  const call = new Call(header, connection, usage);
  if (header.apiVersion < api.minVersion || header.apiVersion > api.maxVersion) {
    if (api.key === apiVersions.key) return call.reply(unsupportedVersionAnswer);
    throw new DecodeError(`${api.name} v${header.apiVersion} is not supported`);
  }
  const handler = handlerOf(api.key as SupportedKey);
  return handler instanceof Promise
    ? handler.then((loaded) => serve(loaded, reader, call, services))
    : serve(handler, reader, call, services);
}

/** Kafka tells clients apart by the name of the principal, which stands behind its type. */
function clientOf({ clientId }: RequestHeader, { principal }: ConnectionContext): Client {
  return { user: principal.slice(principal.indexOf(":") + 1), clientId: clientId ?? "" };
}

function serve(
  handler: Handler,
  reader: Reader,
  call: Call,
  services: Services,
): Reply | undefined | Promise<Reply | undefined> {
  try {
    const answer = handler.serve(reader, call, services);
    const { isDoneWithRequest } = handler;
    if (!(answer instanceof Promise)) return call.reply(answer, isDoneWithRequest);
    return answer
      .then((late) => call.reply(late, isDoneWithRequest))
      .catch((error: unknown) => {
        call.abandon();
        throw error;
      });
  } catch (error) {
    call.abandon();
    throw error;
  }
}

/** One request as its handler sees it. */
class Call implements RequestContext {
  readonly version: number;
  readonly clientId: string | null;
  readonly usage: RequestUsage | undefined;
  readonly #header: RequestHeader;
  readonly #connection: ConnectionContext;
  #onSent: (() => void) | undefined;

  constructor(
    header: RequestHeader,
    connection: ConnectionContext,
    usage: RequestUsage | undefined,
  ) {
    this.version = header.apiVersion;
    this.clientId = header.clientId;
    this.usage = usage;
    this.#header = header;
    this.#connection = connection;
  }

  get clientHost(): string {
    return this.#connection.clientHost;
  }

  get principal(): string {
    return this.#connection.principal;
  }

  get listenerName(): string {
    return this.#connection.listenerName;
  }

  get lifetime(): Lifetime {
    return this.#connection.lifetime;
  }

  get peer(): Peer {
    const { remotePort: port, clientSoftwareName, clientSoftwareVersion } = this.#connection;
    return { port, softwareName: clientSoftwareName, softwareVersion: clientSoftwareVersion };
  }

  /** Everyone may do everything until an authorizer is configured, as in Kafka. */
  may(_operation: Operation, _resource: ResourceType, _name: string): boolean {
    return true;
  }

  softwareIs(name: string, version: string): void {
    this.#connection.clientSoftwareName = name;
    this.#connection.clientSoftwareVersion = version;
  }

  whenSent(run: () => void): void {
    this.#onSent = run;
  }

  /** There will be no answer: what was borrowed for it goes back. */
  abandon(): void {
    this.#onSent?.();
  }

  /** `isFrameFree`: nobody looks at the request any more. */
  reply(answer: Answer | undefined, isFrameFree = false): Reply | undefined {
    const throttleMs = this.usage?.throttleMs ?? 0;
    if (answer === undefined) {
      if (throttleMs > 0) return { chunks: [], isFrameFree, throttleMs };
      return isFrameFree ? NO_REPLY : undefined;
    }
    const { apiKey, apiVersion, correlationId } = this.#header;
    const writer = new Writer();
    // Room for the length, which is known at the end.
    writer.int32(0);
    encodeResponseHeader(writer, correlationId, responseHeaderVersion(apiKey, apiVersion));
    answer(writer);
    const chunks = writer.chunks();
    chunks[0]?.writeInt32BE(writer.byteLength - LENGTH_BYTES, 0);
    return { chunks, release: this.#onSent, isFrameFree, throttleMs };
  }
}
