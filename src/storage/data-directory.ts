import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";
import { type CheckpointEntry, formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { DirectoryLock } from "./directory-lock.ts";
import { FilePool } from "./file-pool.ts";
import type { Disk } from "./fs.ts";
import { LoadedIndexes } from "./loaded-indexes.ts";
import { Log, type LogContent, type LogParts, type LogPlace } from "./log.ts";
import { LogFiles, PARTITION_FILE } from "./log-files.ts";
import type { LogSettings } from "./log-settings.ts";
import {
  formatMetaProperties,
  type MetaProperties,
  parseMetaProperties,
} from "./meta-properties.ts";
import { ReadBuffers } from "./read-buffers.ts";
import { emptyContent, loadLog } from "./recovery.ts";
import { TailCache } from "./tail-cache.ts";
import { WriteQueue } from "./write-queue.ts";

export interface DirectoryOptions {
  readonly path: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeId: number;
  /** Of a directory that has none yet; undefined: a new one. */
  readonly clusterId?: string | undefined;
  readonly newUuid: () => string;
  readonly maxOpenFiles: number;
  readonly tailCacheBytes: number;
  readonly readBufferBytes: number;
}

export interface LogOptions extends LogPlace {
  readonly settings: LogSettings;
  readonly onWritten: (endOffset: number) => void;
}

export interface PartitionFolder {
  readonly topic: string;
  readonly partition: number;
}

const META_FILE = "meta.properties";
const CLEAN_SHUTDOWN_FILE = ".kafka_cleanshutdown";
const RECOVERY_POINTS_FILE = "recovery-point-offset-checkpoint";
const LOG_STARTS_FILE = "log-start-offset-checkpoint";
const HIGH_WATERMARKS_FILE = "replication-offset-checkpoint";

/** What a file system takes; a topic's name alone may have 249. */
const FILE_NAME_BYTES_MAX = 255;

/** Logs that are closed at the same time: each holds a descriptor while it is synced. */
const CLOSED_AT_ONCE = 32;

/** Of full segments; what is appended to has its indexes in memory anyway. */
const LOADED_INDEX_BYTES = 32 * 1024 * 1024;

/** A data directory that belongs to another cluster or node than it is asked to. */
export class ForeignDirectory extends Error {
  override readonly name = "ForeignDirectory";
}

/**
 * One of `log.dirs`: its lock, its logs, and the files that say how much of them is durable. What a
 * log needs of memory and descriptors is shared here, so that it is bounded for all of them together.
 */
export class DataDirectory {
  readonly path: string;
  readonly properties: MetaProperties;
  readonly clusterId: string;
  readonly directoryId: string;
  /** Nothing has to be recovered. */
  readonly wasCleanShutdown: boolean;
  readonly #options: DirectoryOptions;
  readonly #lock: DirectoryLock;
  readonly #files: FilePool;
  readonly #indexes = new LoadedIndexes(LOADED_INDEX_BYTES);
  readonly #parts: LogParts;
  readonly #logs = new Map<string, Log>();
  /** Folders of partitions that no log has been opened for, by name. */
  readonly #folders: Map<string, PartitionFolder>;
  readonly #recoveryPoints: ReadonlyMap<string, number>;
  readonly #logStarts: ReadonlyMap<string, number>;

  private constructor(options: DirectoryOptions, found: Found) {
    this.path = options.path;
    this.properties = found.properties;
    this.clusterId = found.properties.clusterId;
    this.directoryId = found.properties.directoryId;
    this.wasCleanShutdown = found.wasCleanShutdown;
    this.#options = options;
    this.#lock = found.lock;
    this.#folders = found.folders;
    this.#recoveryPoints = found.recoveryPoints;
    this.#logStarts = found.logStarts;
    this.#files = new FilePool(options.disk, options.maxOpenFiles);
    this.#parts = {
      clock: options.clock,
      disk: options.disk,
      logger: options.logger,
      writes: new WriteQueue(),
      buffers: new ReadBuffers(options.readBufferBytes),
      tails: new TailCache(options.tailCacheBytes),
    };
  }

  /** @throws DirectoryInUse, ForeignDirectory, and what the disk says. */
  static async open(options: DirectoryOptions): Promise<DataDirectory> {
    const { disk, path } = options;
    await disk.makeDirectory(path);
    const lock = await DirectoryLock.take({ ...options, token: options.newUuid() });
    try {
      return new DataDirectory(options, await find(options, lock));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Folders of partitions that were here at the start and whose logs have not been opened. */
  partitionsOnDisk(): readonly PartitionFolder[] {
    return [...this.#folders.values()];
  }

  /** The topic id that a partition's folder names; undefined if it names none. */
  async topicIdOf({ topic, partition }: PartitionFolder): Promise<string | undefined> {
    const path = `${this.path}/${topic}-${partition}/${PARTITION_FILE}`;
    const text = await this.#options.disk.readFile(path);
    return /^topic_id: (\S+)$/m.exec(text?.toString("utf8") ?? "")?.[1];
  }

  /**
   * The log of a partition. Does not touch the disk if there is no folder of it; else what lies there
   * is loaded, and recovered after a crash.
   */
  openLog(options: LogOptions): Log {
    const name = nameOf(options);
    if (this.#logs.has(name)) throw new Error(`${name} is open already`);
    const files = this.#logFiles(options);
    const content = this.#folders.has(name) ? this.#load(options, files) : emptyContent();
    this.#folders.delete(name);
    const { settings, onWritten } = options;
    const isRecovered = content.segments.length > 0 && !this.wasCleanShutdown;
    const context = { files, parts: this.#parts, settings, onWritten, isRecovered };
    const log = new Log(options, content, context);
    this.#logs.set(name, log);
    return log;
  }

  /** The folder is renamed at once, so that the name is free, and removed some time later. */
  async deleteLog(log: Log): Promise<void> {
    this.#logs.delete(nameOf(log));
    const { disk, clock, logger } = this.#options;
    const { hasFiles } = log;
    const to = this.#renamed(log, "delete");
    log.moveTo(to);
    await log.abandon();
    if (!hasFiles) return;
    clock.schedule(log.settings.fileDeleteDelayMs, () => {
      disk.remove(to).catch((error: unknown) => logger.warn(`${to} cannot be removed`, { error }));
    });
  }

  /** A folder that is no partition's of this cluster is kept, out of the way. */
  async setAside(folder: PartitionFolder): Promise<void> {
    this.#folders.delete(nameOf(folder));
    const from = this.#folder(folder);
    await this.#options.disk.rename(from, this.#renamed(folder, "stray"));
    this.#options.logger.warn(`${from} belongs to no topic and is set aside`);
  }

  space(): Promise<{ readonly totalBytes: number; readonly usableBytes: number }> {
    return this.#options.disk.space(this.path);
  }

  /**
   * Notes how far each log is durable and where it begins, and forgets producers that are gone. To be
   * done now and then: what was noted need not be looked at after a crash.
   */
  async checkpoint(): Promise<void> {
    for (const log of this.#logs.values()) log.expireProducers();
    await this.#writeCheckpoints();
  }

  /**
   * Lets go of everything as it is, for a start that failed: nothing is flushed, and the shutdown is
   * not marked as clean.
   */
  async abandon(): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.abandon()));
    await this.#files.closeAll();
    await this.#lock.release();
  }

  /** Flushes and closes everything, so that the next start has nothing to recover. */
  async close(): Promise<void> {
    const logs = [...this.#logs.values()];
    let isClean = true;
    const closing = Array.from({ length: CLOSED_AT_ONCE }, async () => {
      for (let log = logs.pop(); log !== undefined; log = logs.pop()) {
        await log.close().catch((error: unknown) => {
          isClean = false;
          this.#options.logger.error(`${nameOf(log)} was not closed in order`, { error });
        });
      }
    });
    await Promise.all(closing);
    try {
      await this.#writeCheckpoints();
      const marker = Buffer.from(`{"version":0,"brokerEpoch":-1}`);
      if (isClean)
        await this.#options.disk.replaceFile(this.#rootFile(CLEAN_SHUTDOWN_FILE), marker);
    } finally {
      this.#files.closeAll();
      await this.#lock.release();
    }
  }

  #load(options: LogOptions, files: LogFiles): LogContent {
    const name = nameOf(options);
    return loadLog({
      disk: this.#options.disk,
      files,
      logger: this.#options.logger,
      nowMs: this.#options.clock.now(),
      recoveryPoint: this.#recoveryPoints.get(name) ?? 0,
      startOffset: this.#logStarts.get(name) ?? 0,
      wasCleanShutdown: this.wasCleanShutdown,
      indexIntervalBytes: options.settings.indexIntervalBytes,
      compacted: options.settings.compacted,
    });
  }

  #logFiles(place: LogPlace): LogFiles {
    const { disk, clock } = this.#options;
    const { topicId } = place;
    const context = { disk, clock, files: this.#files, indexes: this.#indexes, topicId };
    return new LogFiles(this.#folder(place), context);
  }

  async #writeCheckpoints(): Promise<void> {
    const all = () => true;
    await this.#write(RECOVERY_POINTS_FILE, (log) => log.recoveryPoint, all);
    await this.#write(HIGH_WATERMARKS_FILE, (log) => log.writtenOffset, all);
    // Where logs begin: what was deleted stays deleted.
    const moved = (log: Log) => log.startOffset > 0;
    await this.#write(LOG_STARTS_FILE, (log) => log.startOffset, moved);
  }

  async #write(
    file: string,
    offsetOf: (log: Log) => number,
    isTold: (log: Log) => boolean,
  ): Promise<void> {
    const entries: CheckpointEntry[] = [];
    for (const log of this.#logs.values()) {
      if (!log.hasFiles || !isTold(log)) continue;
      entries.push({ topic: log.topic, partition: log.partition, offset: offsetOf(log) });
    }
    const bytes = Buffer.from(formatCheckpoint(entries));
    await this.#options.disk.replaceFile(`${this.path}/${file}`, bytes);
  }

  /** Kafka's names for folders that are no partition's any more: `<topic>-<p>.<uuid hex>-<why>`. */
  #renamed(folder: PartitionFolder, why: "delete" | "stray"): string {
    const hex = Buffer.from(this.#options.newUuid(), "base64url").toString("hex");
    const suffix = `.${hex}-${why}`;
    return this.#rootFile(nameOf(folder).slice(0, FILE_NAME_BYTES_MAX - suffix.length) + suffix);
  }

  #rootFile(name: string): string {
    return `${this.path}/${name}`;
  }

  #folder(place: PartitionFolder): string {
    return `${this.path}/${nameOf(place)}`;
  }
}

function nameOf({ topic, partition }: PartitionFolder): string {
  return `${topic}-${partition}`;
}

/** What a directory says of itself before any log is opened. */
interface Found {
  readonly lock: DirectoryLock;
  readonly properties: MetaProperties;
  readonly wasCleanShutdown: boolean;
  readonly folders: Map<string, PartitionFolder>;
  readonly recoveryPoints: ReadonlyMap<string, number>;
  readonly logStarts: ReadonlyMap<string, number>;
}

async function find(options: DirectoryOptions, lock: DirectoryLock): Promise<Found> {
  const { disk, path } = options;
  const names = await disk.list(path);
  const properties = await metaProperties(options);
  const wasCleanShutdown = names.includes(CLEAN_SHUTDOWN_FILE);
  // From now on a crash is one, whatever happened before.
  if (wasCleanShutdown) {
    await disk.remove(`${path}/${CLEAN_SHUTDOWN_FILE}`);
    await disk.syncDirectory(path);
  }
  for (const name of names) {
    if (DELETED_FOLDER.test(name)) await disk.remove(`${path}/${name}`);
  }
  const checkpoint = async (file: string) =>
    parseCheckpoint((await disk.readFile(`${path}/${file}`))?.toString("utf8") ?? "");
  return {
    lock,
    properties,
    wasCleanShutdown,
    folders: partitionFolders(names),
    recoveryPoints: await checkpoint(RECOVERY_POINTS_FILE),
    logStarts: await checkpoint(LOG_STARTS_FILE),
  };
}

const PARTITION_FOLDER = /^([a-zA-Z0-9._-]+)-(\d+)$/;
const DELETED_FOLDER = /\.[0-9a-f]{32}-delete$/;

/** Kafka's own metadata log: it is no topic's. */
const CLUSTER_METADATA = "__cluster_metadata";

function partitionFolders(names: readonly string[]): Map<string, PartitionFolder> {
  const folders = new Map<string, PartitionFolder>();
  for (const name of names) {
    const [, topic, partition] = PARTITION_FOLDER.exec(name) ?? [];
    if (topic === undefined || topic === CLUSTER_METADATA) continue;
    folders.set(name, { topic, partition: Number(partition) });
  }
  return folders;
}

async function metaProperties(options: DirectoryOptions): Promise<MetaProperties> {
  const { disk, path, nodeId, clusterId, newUuid } = options;
  const file = `${path}/${META_FILE}`;
  const text = (await disk.readFile(file))?.toString("utf8");
  const known = text === undefined ? undefined : parseMetaProperties(text);
  if (known !== undefined) {
    if (known.nodeId !== nodeId) {
      throw new ForeignDirectory(
        `${path} belongs to node ${known.nodeId}, this is node ${nodeId}; set node.id or choose another directory`,
      );
    }
    if (clusterId !== undefined && clusterId !== known.clusterId) {
      throw new ForeignDirectory(
        `${path} belongs to cluster ${known.clusterId}, not to ${clusterId}; choose another directory`,
      );
    }
    return known;
  }
  const fresh = { clusterId: clusterId ?? newUuid(), nodeId, directoryId: newUuid() };
  await disk.replaceFile(file, Buffer.from(formatMetaProperties(fresh)));
  return fresh;
}
