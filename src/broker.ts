import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { type Adoption, adoptLogDirs, finishAdoption } from "./cluster/adoption/adopt.ts";
import { Controller } from "./cluster/controller.ts";
import { EmbeddedStore } from "./cluster/embedded-store.ts";
import type { MetadataImage } from "./cluster/image.ts";
import { MemoryStore } from "./cluster/memory-store.ts";
import type { MetadataStore } from "./cluster/metadata-store.ts";
import type { Registration } from "./cluster/registration.ts";
import { GROUP_METADATA_TOPIC } from "./cluster/topic-name.ts";
import { type BrokerConfig, parseBrokerConfig } from "./config/broker-config.ts";
import { parseListeners } from "./config/listeners.ts";
import { LiveConfig } from "./config/live-config.ts";
import { checkTopicOverrides } from "./config/topic-config.ts";
import { ImageCatalog } from "./coordinator/group/consumer/image-catalog.ts";
import { GroupCoordinator } from "./coordinator/group/group-coordinator.ts";
import { InternalLogTopic } from "./coordinator/internal-log.ts";
import type { Services } from "./handlers/handler.ts";
import { FetchBudget } from "./partition/fetch-budget.ts";
import { FetchSessions } from "./partition/fetch-sessions.ts";
import { Partitions } from "./partition/partitions.ts";
import { ProducerIds } from "./partition/producer-ids.ts";
import { ReplicaMoves } from "./partition/replica-moves.ts";
import { Replicas } from "./partition/replicas.ts";
import { deleteOldSegments } from "./partition/retention.ts";
import { topicLogSettings } from "./partition/topic-log-settings.ts";
import { ErrorCode, type KafkaError } from "./protocol/errors.ts";
import { pooled, randomUuid } from "./protocol/uuid.ts";
import { Quotas } from "./quotas/quotas.ts";
import { type Bound, bindListeners } from "./server/endpoints.ts";
import { gate } from "./server/gate.ts";
import { limitsOf } from "./server/limits.ts";
import { Listeners } from "./server/listener.ts";
import { route } from "./server/router.ts";
import { LogCleaner } from "./storage/compaction/log-cleaner.ts";
import type { Disk } from "./storage/fs.ts";
import { LogDirs } from "./storage/log-dirs.ts";
import { ClientMetrics } from "./telemetry/client-metrics/client-metrics.ts";
import type { ReceivedMetrics } from "./telemetry/client-metrics/metric.ts";
import type { Level } from "./telemetry/deferred-logger.ts";
import { type Logger, silentLogger } from "./telemetry/logger.ts";
import { Loggers } from "./telemetry/loggers.ts";
import type { Clock, Timer } from "./time/clock.ts";
import { SystemClock } from "./time/system-clock.ts";

export interface BrokerParts {
  /** Under Kafka's names, as in server.properties. */
  readonly settings: Readonly<Record<string, string>>;
  /** Keeps everything in memory. */
  readonly ephemeral: boolean;
  /** Topics to make at the start, unless they are there: partitions by name. */
  readonly topics: Readonly<Record<string, number>>;
  readonly logger?: Logger;
}

/** How long answers that are under way may take to leave when the broker stops. */
const STOP_GRACE_MS = 1000;
const MIB = 1024 * 1024;

/**
 * A running broker. Every long-lived object is born in {@link open}, once: read this first to see
 * what there is and who knows whom.
 */
export class RunningBroker {
  readonly config: BrokerConfig;
  readonly clusterId: string;
  readonly endpoints: readonly Bound[];
  readonly #parts: Assembled;
  readonly #registration: Registration;
  readonly #upkeep = new Set<Timer>();
  readonly #upkeepUnderWay = new Set<Promise<void>>();
  #stopped: Promise<void> | undefined;
  /** Settles if the broker cannot go on, once it has stopped by itself: its disk has failed. */
  readonly failed: Promise<Error>;

  private constructor(parts: Assembled, endpoints: readonly Bound[], registration: Registration) {
    this.#parts = parts;
    this.config = parts.config;
    this.clusterId = parts.clusterId;
    this.endpoints = endpoints;
    this.#registration = registration;
    this.failed = parts.logDirs.fatal.then(async (error) => {
      await this.stop().catch(() => undefined);
      return error;
    });
    this.#beginUpkeep();
  }

  /**
   * Starts a broker; once this settles every listener accepts and everything is loaded.
   *
   * @throws ConfigError, DirectoryInUse, ForeignDirectory, and what the system says of a port.
   */
  static async open(options: BrokerParts): Promise<RunningBroker> {
    const logger = options.logger ?? silentLogger;
    const config = parseBrokerConfig(options.settings, (message) => logger.warn(message));
    // Before anything is touched: a listener that cannot be is the user's first mistake.
    const specs = parseListeners(config, hostname);
    const clock = new SystemClock();
    const loggers = new Loggers(logger, config.odradekLogLevel.toLowerCase() as Level);
    const parts = await assemble({ config, logger, loggers, clock, ephemeral: options.ephemeral });
    try {
      const bound = await bindListeners(parts.listeners, specs);
      const { controller, services } = parts;
      const registration = await controller.registerBroker({
        id: services.nodeId,
        rack: config.brokerRack ?? null,
        endpoints: new Map(
          bound.flatMap(({ name, advertised }) => (advertised ? [[name, advertised]] : [])),
        ),
      });
      await createTopics(controller, options.topics);
      parts.accept();
      return new RunningBroker(parts, bound, registration);
    } catch (error) {
      // What has been bound already would keep the port and the process.
      parts.services.groups.close();
      await parts.listeners.close(0);
      await parts.dismantle();
      throw error;
    }
  }

  /** The newest that each client has pushed of its metrics (KIP-714). */
  get clientMetrics(): readonly ReceivedMetrics[] {
    return this.#parts.services.clientMetrics.newest;
  }

  /** Stops accepting, answers or drops what is parked, flushes, and marks the shutdown as clean. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    for (const timer of this.#upkeep) timer.cancel();
    this.#parts.cleaner.stop();
    this.#parts.services.groups.close();
    await this.#parts.listeners.close(STOP_GRACE_MS);
    await this.#registration.unregister();
    // It would go on writing to a directory that is another's by then.
    await Promise.all(this.#upkeepUnderWay);
    await this.#parts.dismantle();
  }

  /** What a broker does by itself, now and again. */
  #beginUpkeep(): void {
    const { config, logger, logDirs, cleaner, services } = this.#parts;
    const { partitions } = services;
    this.#repeat("checkpoint", {
      intervalMs: () => config.logFlushOffsetCheckpointIntervalMs,
      work: () => logDirs.checkpoint(),
    });
    this.#repeat("checkpoint of log starts", {
      intervalMs: () => config.logFlushStartOffsetCheckpointIntervalMs,
      work: () => logDirs.checkpointStarts(),
    });
    this.#repeat("retention", {
      intervalMs: () => config.logRetentionCheckIntervalMs,
      work: () => deleteOldSegments(partitions, logger),
    });
    if (!config.logCleanerEnable) return;
    this.#repeat("compaction", {
      intervalMs: () => config.logCleanerBackoffMs,
      work: () => cleaner.run(),
    });
  }

  /** The next time begins when the last one is over. */
  #repeat(name: string, chore: Chore): void {
    const { clock, logger } = this.#parts;
    const timer = clock.schedule(chore.intervalMs(), () => {
      this.#upkeep.delete(timer);
      const underWay = chore
        .work()
        .catch((error: unknown) => logger.error(`the ${name} failed`, { error }))
        .finally(() => {
          this.#upkeepUnderWay.delete(underWay);
          if (this.#stopped === undefined) this.#repeat(name, chore);
        });
      this.#upkeepUnderWay.add(underWay);
    });
    this.#upkeep.add(timer);
  }
}

/** What is done again and again. The interval may change while it runs. */
interface Chore {
  readonly intervalMs: () => number;
  readonly work: () => Promise<void>;
}

interface Assembled {
  readonly config: BrokerConfig;
  readonly clusterId: string;
  readonly logger: Logger;
  readonly clock: SystemClock;
  readonly logDirs: LogDirs;
  readonly moves: ReplicaMoves;
  readonly cleaner: LogCleaner;
  readonly controller: Controller;
  readonly services: Services;
  readonly listeners: Listeners;
  /** Requests that arrived before everything was loaded are served from now on. */
  readonly accept: () => void;
  dismantle(): Promise<void>;
}

interface Given {
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly loggers: Loggers;
  readonly clock: SystemClock;
  readonly ephemeral: boolean;
}

async function assemble(given: Given): Promise<Assembled> {
  const disk = await diskFor(given.ephemeral);
  const live = new LiveConfig(given.config);
  const logDirs = await openLogDirs({ ...given, config: live.config }, disk);
  try {
    return await assembleOn(logDirs, live, given);
  } catch (error) {
    await logDirs.abandon();
    given.clock.stop();
    throw error;
  }
}

async function assembleOn(logDirs: LogDirs, live: LiveConfig, given: Given): Promise<Assembled> {
  const { logger, loggers, clock } = given;
  const { config } = live;
  const { clusterId } = logDirs;
  const metadataLogger = loggers.named("org.apache.kafka.controller.QuorumController");
  const logLogger = loggers.named("org.apache.kafka.storage.internals.log.UnifiedLog");
  const { store, adoption } = await openMetadata(logDirs, config, given);
  const controller = await Controller.open({
    store,
    clusterId,
    defaults: config,
    checkConfigs: (configs) => checkTopicOverrides(configs, config),
    newTopicId: newUuid,
    random: Math.random,
  });
  follow(live, controller.image, metadataLogger);
  const partitions = new Partitions();
  const moves = new ReplicaMoves({ logDirs, clock, logger: logLogger });
  const replicas = new Replicas({
    logDirs,
    partitions,
    moves,
    settingsOf: ({ configs }) => topicLogSettings(config, configs),
    logger: logLogger,
  });
  const quotas = new Quotas(config, clock, controller.image);
  if (!logDirs.wasCleanShutdown) await controller.raiseLeaderEpochs(nodeIdOf(config));
  await replicas.open(controller.image);
  const cleaner = newCleaner(logDirs, { config, logger, clock });
  const groups = groupCoordinator({ ...given, config, controller, partitions });
  // The one listener, so that the order is plain: settings, then the logs that obey them, then groups.
  controller.onImage((image, previous, delta) => {
    const reconfigured = isReconfigured(image, previous, nodeIdOf(config));
    if (reconfigured) follow(live, image, metadataLogger);
    const applied = replicas.apply(reconfigured ? { ...delta, changed: image.topics() } : delta);
    for (const { name, partitions: made } of delta.created) {
      metadataLogger.info(`topic ${name} was made, with ${made.length} partitions`);
    }
    for (const { name } of delta.deleted) metadataLogger.info(`topic ${name} was deleted`);
    quotas.follow(image);
    groups.onTopicsChanged(delta);
    if (delta.deleted.length === 0) return applied;
    const forgotten = delta.deleted.map(({ name }) => groups.onTopicDeleted(name));
    return Promise.all([applied, ...forgotten]).then(() => undefined);
  });
  const leads = { partitions, controller, nodeId: nodeIdOf(config), logger: metadataLogger };
  await keepLeaders(logDirs, leads);
  await groups.start();
  await finishAdoption({ store, adoption, partitions, groups, logger: metadataLogger });
  const services = servicesOf({ ...given, quotas, config, moves, controller, partitions, groups });
  const { serve, accept } = gate((frame, connection) => route(frame, connection, services));
  const listeners = new Listeners({
    limits: limitsOf(config),
    clock,
    logger: loggers.named("kafka.network.SocketServer"),
    serve,
    delayOf: (address) => quotas.connections.opened(address),
  });
  return {
    config,
    clusterId,
    logger,
    clock,
    logDirs,
    moves,
    cleaner,
    controller,
    services,
    listeners,
    accept,
    async dismantle() {
      controller.close();
      await moves.stop();
      await logDirs.close();
      await store.close();
      clock.stop();
    },
  };
}

/** The metadata of this broker; where it has none, that of whoever had the directories before. */
async function openMetadata(
  logDirs: LogDirs,
  config: BrokerConfig,
  { ephemeral, loggers }: Given,
): Promise<{ readonly store: MetadataStore; readonly adoption: Adoption | undefined }> {
  const { disk, metadataPath: path } = logDirs;
  const logger = loggers.named("org.apache.kafka.controller.QuorumController");
  const store: MetadataStore = ephemeral
    ? new MemoryStore()
    : await EmbeddedStore.open({ disk, path, logger });
  const adoption = await adoptLogDirs({
    store,
    logDirs,
    logger,
    nodeId: nodeIdOf(config),
    defaults: config,
    checkConfigs: checkTopicOverrides,
    newTopicId: newUuid,
  });
  return { store, adoption };
}

/** Takes the lead of partitions whose directory is offline from this broker, or gives it back. */
async function keepLeaders(
  logDirs: LogDirs,
  given: {
    readonly partitions: Partitions;
    readonly controller: Controller;
    readonly nodeId: number;
    readonly logger: Logger;
  },
): Promise<void> {
  const { partitions, controller, nodeId, logger } = given;
  const isOnline = (topic: string, index: number) =>
    partitions.get(topic, index)?.isOffline !== true;
  await controller.settleLeaders(nodeId, isOnline);
  logDirs.onFailure(() => {
    controller
      .settleLeaders(nodeId, isOnline)
      .catch((error: unknown) => logger.error("leaders cannot be changed", { error }));
  });
}

function servicesOf(given: {
  readonly config: BrokerConfig;
  readonly loggers: Loggers;
  readonly clock: Clock;
  readonly moves: ReplicaMoves;
  readonly controller: Controller;
  readonly partitions: Partitions;
  readonly groups: GroupCoordinator;
  readonly quotas: Quotas;
}): Services {
  const { config, loggers, clock, moves, controller, partitions, groups, quotas } = given;
  return {
    nodeId: nodeIdOf(config),
    config,
    clock,
    logger: loggers.named("kafka.server.KafkaApis"),
    loggers,
    partitions,
    fetchSessions: new FetchSessions({
      maxSessions: config.maxIncrementalFetchSessionCacheSlots,
      clock,
      random: Math.random,
    }),
    fetchBudget: new FetchBudget({ answerBytesMax: 4 * MIB, bytesMax: 48 * MIB }),
    producerIds: new ProducerIds(() => controller.allocateProducerIds()),
    groups,
    controller,
    quotas: quotas.clients,
    clientMetrics: new ClientMetrics({
      clock,
      logger: loggers.named("org.apache.kafka.server.ClientMetricsManager"),
      subscriptions: () => controller.image.clientMetrics(),
      newUuid,
      maxBytes: config.telemetryMaxBytes,
    }),
    image: () => controller.image,
    replicaMoves: moves,
  };
}

/** The settings made at run time, as the image has them, hold from now on. */
function follow(live: LiveConfig, image: MetadataImage, logger: Logger): void {
  const clusterWide = image.brokerConfigs("");
  const own = image.brokerConfigs(nodeIdOf(live.config));
  live.set({ clusterWide, own }, (name, why) =>
    logger.error(`what was set for ${name} at run time is passed over: ${why}`),
  );
}

function isReconfigured(image: MetadataImage, previous: MetadataImage, nodeId: number): boolean {
  return (
    image.brokerConfigs("") !== previous.brokerConfigs("") ||
    image.brokerConfigs(nodeId) !== previous.brokerConfigs(nodeId)
  );
}

function nodeIdOf(config: BrokerConfig): number {
  return config.nodeId ?? config.brokerId;
}

const someBytes = pooled(randomBytes);

function newUuid(): string {
  return randomUuid(someBytes);
}

/** The disk that is not needed is not loaded. */
async function diskFor(ephemeral: boolean): Promise<Disk> {
  if (!ephemeral) return (await import("./storage/real-disk.ts")).realDisk;
  const { MemoryDisk } = await import("./storage/memory-disk.ts");
  return new MemoryDisk();
}

function openLogDirs({ config, loggers, clock, ephemeral }: Given, disk: Disk): Promise<LogDirs> {
  const paths = (config.logDirs ?? ["./odradek-data"]).map((path) => resolve(path));
  const { metadataLogDir } = config;
  return LogDirs.open({
    paths: ephemeral && paths.length === 1 ? ["memory"] : paths,
    metadataPath: metadataLogDir === undefined ? undefined : resolve(metadataLogDir),
    isCordoned: (path) => config.cordonedLogDirs.some((given) => resolve(given) === path),
    disk,
    clock,
    logger: loggers.named("org.apache.kafka.storage.internals.log.UnifiedLog"),
    nodeId: nodeIdOf(config),
    clusterId: config.odradekClusterId,
    newUuid,
    maxOpenFiles: config.odradekMaxOpenFiles,
    tailCacheBytes: config.odradekTailCacheBytes,
    readBufferBytes: 16 * MIB,
  });
}

function groupCoordinator(given: {
  readonly config: BrokerConfig;
  readonly loggers: Loggers;
  readonly clock: Clock;
  readonly controller: Controller;
  readonly partitions: Partitions;
}): GroupCoordinator {
  const { config, loggers, clock, controller, partitions } = given;
  const logger = loggers.named("org.apache.kafka.coordinator.group.GroupCoordinatorService");
  return new GroupCoordinator({
    offsetsTopic: new InternalLogTopic({
      name: GROUP_METADATA_TOPIC,
      partitionCount: config.offsetsTopicNumPartitions,
      partitions,
      controller,
    }),
    topics: new ImageCatalog(() => controller.image),
    groupConfigs: (groupId) => controller.image.groupConfigs(groupId),
    clock,
    random: Math.random,
    logger,
    config,
  });
}

function newCleaner(
  { directories }: LogDirs,
  given: { readonly config: BrokerConfig; readonly logger: Logger; readonly clock: Clock },
): LogCleaner {
  const { config, logger, clock } = given;
  const settings = () => ({
    dedupeBufferBytes: config.logCleanerDedupeBufferSize,
    loadFactor: config.logCleanerIoBufferLoadFactor,
    ioBufferBytes: config.logCleanerIoBufferSize,
    ioBytesPerSecond: config.logCleanerIoMaxBytesPerSecond,
  });
  return new LogCleaner({ directories, clock, logger, random: Math.random, settings });
}

async function createTopics(
  controller: Controller,
  topics: Readonly<Record<string, number>>,
): Promise<void> {
  const wanted = Object.entries(topics).map(([name, numPartitions]) => ({
    name,
    numPartitions,
    replicationFactor: -1,
    assignments: [],
    configs: new Map<string, string>(),
  }));
  if (wanted.length === 0) return;
  for (const { error } of await controller.createTopics(wanted)) {
    if (error !== undefined && !isThere(error)) throw error;
  }
}

function isThere(error: KafkaError): boolean {
  return error.code === ErrorCode.TOPIC_ALREADY_EXISTS;
}
