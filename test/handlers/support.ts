import type { Controller, ControllerOptions } from "../../src/cluster/controller.ts";
import type { MetadataImage } from "../../src/cluster/image.ts";
import { MemoryStore } from "../../src/cluster/memory-store.ts";
import type { Handler, RequestContext, Services } from "../../src/handlers/handler.ts";
import { Partitions } from "../../src/partition/partitions.ts";
import type { ApiCodec } from "../../src/protocol/codec.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { OwnedLifetime } from "../../src/time/lifetime.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { brokerCalled, openController } from "../cluster/support.ts";

/** One broker with id 1, as far as the handlers of topics and of the cluster look at it. */
export interface SmallBroker {
  readonly controller: Controller;
  readonly clock: ManualClock;
  services: Services;
}

export async function smallBroker(
  config: object = {},
  options: Partial<ControllerOptions> = {},
): Promise<SmallBroker> {
  const controller = await openController(new MemoryStore(), {}, options);
  await controller.registerBroker(brokerCalled(1));
  const clock = new ManualClock();
  const parts = {
    nodeId: 1,
    config: {
      autoCreateTopicsEnable: true,
      numPartitions: 1,
      deleteTopicEnable: true,
      maxRequestPartitionSizeLimit: 2000,
      ...config,
    },
    clock,
    logger: silentLogger,
    partitions: new Partitions(),
    controller,
    image: () => controller.image,
    logDirs: { describe: async () => [] },
  };
  // The handlers under test ask for nothing else.
  return { controller, clock, services: parts as unknown as Services };
}

/** The same broker, seen through an image made by hand. */
export function showing(broker: SmallBroker, image: MetadataImage): SmallBroker {
  return { ...broker, services: { ...broker.services, image: () => image } };
}

export type May = RequestContext["may"];

export const everything: May = () => true;

/** Sends a request through its bytes and back, as a client would. */
export async function ask<Request, Response, RequestInput, ResponseInput>(
  handler: Handler,
  api: ApiCodec<Request, Response, RequestInput, ResponseInput>,
  request: RequestInput,
  options: { broker: SmallBroker; version?: number; may?: May; listenerName?: string },
): Promise<Response> {
  const { broker, version = api.maxVersion, may = everything } = options;
  const writer = new Writer();
  api.encodeRequest(writer, request, version);
  const context: RequestContext = {
    version,
    clientId: "test",
    clientHost: "/127.0.0.1",
    principal: "User:ANONYMOUS",
    listenerName: options.listenerName ?? "PLAINTEXT",
    lifetime: new OwnedLifetime(),
    softwareIs: () => {},
    whenSent: () => {},
    may,
  };
  const answer = await handler.serve(new Reader(writer.toBuffer()), context, broker.services);
  const body = new Writer();
  answer?.(body);
  return api.decodeResponse(new Reader(body.toBuffer()), version);
}
