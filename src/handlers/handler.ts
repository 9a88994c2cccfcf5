import type { Controller } from "../cluster/controller.ts";
import type { MetadataImage } from "../cluster/image.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import type { GroupCoordinator } from "../coordinator/group/group-coordinator.ts";
import type { FetchBudget } from "../partition/fetch-budget.ts";
import type { FetchSessions } from "../partition/fetch-sessions.ts";
import type { Partitions } from "../partition/partitions.ts";
import type { ProducerIds } from "../partition/producer-ids.ts";
import type { ReplicaMoves } from "../partition/replica-moves.ts";
import type { ApiCodec } from "../protocol/codec.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { IntegerTooLarge, type Reader } from "../protocol/reader.ts";
import type { Writer } from "../protocol/writer.ts";
import type { ClientQuotas } from "../quotas/client-quotas.ts";
import type { RequestUsage } from "../quotas/request-usage.ts";
import type { ClientMetrics } from "../telemetry/client-metrics/client-metrics.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Loggers } from "../telemetry/loggers.ts";
import type { Clock } from "../time/clock.ts";
import type { Lifetime } from "../time/lifetime.ts";

/** The request wants no frame back. Only Produce with acks=0 ever says this. */
export const NO_RESPONSE: unique symbol = Symbol("no response");

export type Operation =
  | "read"
  | "write"
  | "create"
  | "delete"
  | "alter"
  | "describe"
  | "cluster-action"
  | "describe-configs"
  | "alter-configs"
  | "idempotent-write";
export type ResourceType = "topic" | "group" | "cluster" | "transactional-id";

/** Who is asking, and how. Made by the connection, read by handlers, changed by neither. */
export interface RequestContext {
  readonly version: number;
  readonly clientId: string | null;
  /** Remote address in Kafka's form: "/127.0.0.1". */
  readonly clientHost: string;
  readonly principal: string;
  /** The listener the request came in on: answers name this listener's advertised endpoints. */
  readonly listenerName: string;
  /** Ends when the client leaves, so parked requests do not outlive it. */
  readonly lifetime: Lifetime;
  /** The program at the other end; undefined where there is no connection. */
  readonly peer?: Peer;
  /** What the request uses of its client's quotas; undefined while none are set. */
  readonly usage?: RequestUsage | undefined;
  may(operation: Operation, resource: ResourceType, name: string): boolean;
  /** The client has introduced itself (KIP-511). */
  softwareIs(name: string, version: string): void;
  /** Calls `run` once the answer has left, or never will: for buffers that it borrowed. */
  whenSent(run: () => void): void;
}

/**
 * The connection must be closed: the client cannot be told otherwise, for it asked for no answer or
 * would not understand one. The message is what the log says.
 */
export class CloseConnection extends Error {
  override readonly name = "CloseConnection";
}

export interface Peer {
  readonly port: number;
  /** As the client called itself (KIP-511), or "unknown". */
  readonly softwareName: string;
  readonly softwareVersion: string;
}

/** The parts of the broker a handler may touch. Grows by a named field, never by `broker`. */
export interface Services {
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly loggers: Loggers;
  readonly partitions: Partitions;
  readonly fetchSessions: FetchSessions;
  readonly fetchBudget: FetchBudget;
  readonly producerIds: ProducerIds;
  readonly groups: GroupCoordinator;
  readonly controller: Controller;
  readonly quotas: ClientQuotas;
  readonly clientMetrics: ClientMetrics;
  /** The newest metadata this broker knows. Read it once per request. */
  readonly image: () => MetadataImage;
  readonly replicaMoves: ReplicaMoves;
}

export interface HandlerDefinition<Request, ResponseInput> {
  readonly api: ApiCodec<Request, unknown, never, ResponseInput>;
  /**
   * Once there is an answer, nobody looks at the bytes of the request any more: the next large one may
   * be read into the same buffer. For handlers whose requests are large and many.
   */
  readonly isDoneWithRequest?: true;
  /**
   * The answer to a request of which nothing is known but that it cannot be carried out. Undefined
   * in versions whose answer has no place for an error of the whole.
   */
  refuse?(errorCode: ErrorCode, version: number): ResponseInput | undefined;
  /** May answer synchronously: produce and fetch do whenever nothing has to be waited for. */
  handle(
    request: Request,
    context: RequestContext,
    services: Services,
  ): Result<ResponseInput> | Promise<Result<ResponseInput>>;
}

export type Result<ResponseInput> = ResponseInput | typeof NO_RESPONSE;

/** Writes the response body, in the version the request came in. */
export type Answer = (writer: Writer) => void;

/** A handler with its message types folded away, so that all of them fit in one list. */
export interface Handler {
  readonly key: number;
  readonly isDoneWithRequest: boolean;
  serve(
    reader: Reader,
    context: RequestContext,
    services: Services,
  ): Answer | undefined | Promise<Answer | undefined>;
}

export function defineHandler<Request, ResponseInput>(
  definition: HandlerDefinition<Request, ResponseInput>,
): Handler {
  const { api } = definition;
  return {
    key: api.key,
    isDoneWithRequest: definition.isDoneWithRequest === true,
    serve(reader, context, services) {
      const { version } = context;
      const { usage } = context;
      const answer = (response: Result<ResponseInput>): Answer | undefined => {
        const throttleTimeMs = usage?.settle() ?? 0;
        if (response === NO_RESPONSE) return undefined;
        const told = throttleTimeMs > 0 ? { ...response, throttleTimeMs } : response;
        return (writer) => api.encodeResponse(writer, told as ResponseInput, version);
      };
      let request: Request;
      try {
        request = api.decodeRequest(reader, version);
      } catch (error) {
        const refusal =
          error instanceof IntegerTooLarge
            ? definition.refuse?.(ErrorCode.INVALID_REQUEST, version)
            : undefined;
        if (refusal === undefined) throw error;
        return answer(refusal);
      }
      const result = definition.handle(request, context, services);
      if (!(result instanceof Promise)) return answer(result);
      usage?.waits();
      return result.then(answer);
    },
  };
}
