import type { Controller } from "../../src/cluster/controller.ts";
import type { MetadataImage } from "../../src/cluster/image.ts";
import { MemoryStore } from "../../src/cluster/memory-store.ts";
import { parseBrokerConfig } from "../../src/config/broker-config.ts";
import { checkTopicOverrides } from "../../src/config/topic-config.ts";
import type { Handler, RequestContext, Services } from "../../src/handlers/handler.ts";
import { Partitions } from "../../src/partition/partitions.ts";
import { ReplicaMoves } from "../../src/partition/replica-moves.ts";
import { Replicas } from "../../src/partition/replicas.ts";
import type { ApiCodec } from "../../src/protocol/codec.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import type { RequestUsage } from "../../src/quotas/request-usage.ts";
import { buildBatch } from "../../src/records/records.ts";
import type { Disk } from "../../src/storage/fs.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { Loggers } from "../../src/telemetry/loggers.ts";
import { OwnedLifetime } from "../../src/time/lifetime.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { brokerCalled, openController } from "../cluster/support.ts";
import { defaultSettings, openLogDirs, START_MS } from "../support/storage/logs.ts";

/** One broker with id 1, as far as the handlers of topics and of the cluster look at it. */
export interface SmallBroker {
  readonly controller: Controller;
  readonly clock: ManualClock;
  services: Services;
}

export async function smallBroker(
  settings: Readonly<Record<string, string>> = {},
  { disk = new MemoryDisk() as Disk, paths = ["/data"] } = {},
): Promise<SmallBroker> {
  const checkConfigs = checkTopicOverrides;
  const controller = await openController(new MemoryStore(), {}, { checkConfigs });
  await controller.registerBroker(brokerCalled(1));
  const clock = new ManualClock(START_MS);
  const partitions = new Partitions();
  const logDirs = await openLogDirs({ disk, paths, clock });
  const moves = new ReplicaMoves({ logDirs, clock, logger: silentLogger });
  const settingsOf = () => defaultSettings;
  const replicas = new Replicas({ logDirs, partitions, moves, settingsOf, logger: silentLogger });
  controller.onImage((_, __, delta) => replicas.apply(delta));
  const parts = {
    nodeId: 1,
    config: parseBrokerConfig(settings, () => {}),
    clock,
    logger: silentLogger,
    loggers: new Loggers(silentLogger, "info"),
    partitions,
    controller,
    image: () => controller.image,
    replicaMoves: moves,
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
  options: {
    broker: SmallBroker;
    version?: number;
    may?: May;
    listenerName?: string;
    usage?: RequestUsage;
  },
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
    usage: options.usage,
    may,
  };
  const answer = await handler.serve(new Reader(writer.toBuffer()), context, broker.services);
  const body = new Writer();
  answer?.(body);
  return api.decodeResponse(new Reader(body.toBuffer()), version);
}

/** Produces a batch of so many records. */
export async function fill(broker: SmallBroker, topic: string, records: number): Promise<void> {
  const values = Array.from({ length: records }, (_, n) => ({
    key: null,
    value: Buffer.from([n]),
  }));
  const batch = buildBatch({ records: values, timestamp: START_MS });
  await broker.services.partitions.get(topic, 0)?.append(batch, "client").written;
}
