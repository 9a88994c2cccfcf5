import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";
import { DataDirectory, type LogOptions } from "./data-directory.ts";
import { type PartitionFolder, readMetaProperties } from "./directory-contents.ts";
import { errnoOf } from "./disk-errors.ts";
import { ForeignDirectory } from "./foreign-directory.ts";
import type { Disk } from "./fs.ts";
import type { Log } from "./log.ts";
import { storageError } from "./storage-error.ts";
import { makeStorageParts, type StorageBounds, type StorageParts } from "./storage-parts.ts";

export interface LogDirsOptions extends StorageBounds {
  /** `log.dirs`, absolute. */
  readonly paths: readonly string[];
  /** `metadata.log.dir`; undefined: the first of `paths`. */
  readonly metadataPath?: string | undefined;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeId: number;
  /** Of directories that have none yet; undefined: a new one. */
  readonly clusterId?: string | undefined;
  readonly newUuid: () => string;
  /** cordoned.log.dirs: takes new partitions only if no other directory can. Looked up each time. */
  readonly isCordoned?: (path: string) => boolean;
}

/** One of `log.dirs`, whether or not it could be opened. */
interface LogDir {
  readonly path: string;
  readonly directory: DataDirectory | undefined;
}

export interface FoundFolder {
  readonly directory: DataDirectory;
  readonly folder: PartitionFolder;
}

/** What lies in one directory, or why nobody knows. Bytes are -1 where the disk does not say. */
export interface LogDirDescription {
  readonly path: string;
  readonly errorCode: ErrorCode;
  readonly totalBytes: number;
  readonly usableBytes: number;
  readonly isCordoned: boolean;
  readonly replicas: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly sizeInBytes: number;
    /** How many offsets a copy is behind. */
    readonly offsetLag: number;
    /** It is a copy that will take the place of the partition's log. */
    readonly isFuture: boolean;
  }[];
}

/** Wishes for partitions that may never be made; the oldest is forgotten first. */
const PREFERRED_MAX = 10_000;

type FailureListener = (directory: DataDirectory) => void;

/**
 * All of `log.dirs` (Kafka's LogManager): which directory a partition lies in, and what happens when
 * one of them fails. The others serve on; without the one that holds the metadata, or without any, the
 * broker cannot.
 */
export class LogDirs {
  readonly clusterId: string;
  /** Where the log of the metadata lies. */
  readonly metadataPath: string;
  readonly disk: Disk;
  readonly #dirs: readonly LogDir[];
  readonly #metadata: DataDirectory;
  readonly #logger: Logger;
  readonly #isCordoned: (path: string) => boolean;
  /** By the name of a partition that there is not yet. */
  readonly #preferred = new Map<string, string>();
  readonly #listeners = new Set<FailureListener>();
  readonly #fatal: Promise<KafkaError>;
  #giveUp: (error: KafkaError) => void = () => undefined;

  private constructor(
    opened: { readonly dirs: readonly LogDir[]; readonly metadata: DataDirectory },
    parts: StorageParts,
    { logger, isCordoned = () => false }: Pick<LogDirsOptions, "logger" | "isCordoned">,
  ) {
    this.clusterId = opened.metadata.clusterId;
    this.metadataPath = opened.metadata.path;
    this.disk = parts.disk;
    this.#dirs = opened.dirs;
    this.#metadata = opened.metadata;
    this.#logger = logger;
    this.#isCordoned = isCordoned;
    this.#fatal = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
  }

  /**
   * Takes the locks of all directories. One whose disk fails is left out, unless it holds the metadata.
   *
   * @throws DirectoryInUse, ForeignDirectory, and what the disk says of the last one.
   */
  static async open(options: LogDirsOptions): Promise<LogDirs> {
    if (new Set(options.paths).size < options.paths.length) {
      throw new ForeignDirectory(`log.dirs names a directory twice: ${options.paths.join(", ")}`);
    }
    const parts = makeStorageParts(options.disk, options.clock, options);
    const metadataPath = options.metadataPath ?? (options.paths[0] as string);
    const clusterId = await commonClusterId(options, metadataPath);
    let self: LogDirs | undefined;
    const opening = new Opening({ ...options, clusterId }, parts, (path) => self?.failed(path));
    try {
      const metadata = await opening.open(metadataPath);
      const dirs: LogDir[] = [];
      for (const path of options.paths) {
        const isThere = path === metadataPath;
        dirs.push({ path, directory: isThere ? metadata : await opening.tryOpen(path, metadata) });
      }
      self = new LogDirs({ dirs, metadata }, parts, options);
      for (const directory of self.#open()) self.failed(directory.path);
      return self;
    } catch (error) {
      await opening.abandon();
      throw error;
    }
  }

  /** Nothing has to be recovered, in any of them. */
  get wasCleanShutdown(): boolean {
    return this.#dirs.every(({ directory }) => directory?.wasCleanShutdown === true);
  }

  /** Settles when the broker cannot go on, with the reason. */
  get fatal(): Promise<KafkaError> {
    return this.#fatal;
  }

  get hasOffline(): boolean {
    return this.#dirs.some(({ directory }) => directory === undefined || directory.failure);
  }

  /** Those that serve now. */
  get directories(): readonly DataDirectory[] {
    return this.#online();
  }

  /** Told of each directory whose disk fails, once. */
  onFailure(listener: FailureListener): void {
    this.#listeners.add(listener);
  }

  /** Folders of partitions whose logs have not been opened. */
  partitionsOnDisk(): readonly FoundFolder[] {
    return this.#online().flatMap((directory) =>
      directory.partitionsOnDisk().map((folder) => ({ directory, folder })),
    );
  }

  /** Where a partition has more than one folder, or one that is not its log's, by its name. */
  severalOnDisk(): ReadonlyMap<string, readonly FoundFolder[]> {
    const byName = new Map<string, FoundFolder[]>();
    const counts = new Map<string, number>();
    for (const { folder } of this.partitionsOnDisk()) {
      const name = `${folder.topic}-${folder.partition}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const add = (found: FoundFolder, isSeveral: (name: string) => boolean) => {
      const name = `${found.folder.topic}-${found.folder.partition}`;
      if (!isSeveral(name)) return;
      const known = byName.get(name);
      if (known === undefined) byName.set(name, [found]);
      else known.push(found);
    };
    for (const directory of this.#online()) {
      for (const folder of directory.futuresOnDisk()) add({ directory, folder }, () => true);
    }
    const isSeveral = (name: string) => byName.has(name) || (counts.get(name) ?? 0) > 1;
    for (const found of this.partitionsOnDisk()) add(found, isSeveral);
    return byName;
  }

  /**
   * The log of a partition: from the directory that has its folder, else in the one that was asked for,
   * else in the one with the fewest partitions.
   *
   * @param isNew the partition is being made now: nothing of it can be anywhere.
   * @throws KafkaError KAFKA_STORAGE_ERROR if it may lie in a directory that is offline.
   */
  openLog(options: LogOptions, isNew: boolean): Log {
    const directory =
      this.#online().find((one) => one.hasFolder(options)) ?? this.#placeFor(options, isNew);
    return directory.openLog(options);
  }

  /** A log without files, in the place of one that cannot be reached. */
  openStandIn(options: LogOptions): Log {
    return (this.#online()[0] ?? this.#metadata).openLog(options);
  }

  directoryOf(log: Log): DataDirectory {
    const found = this.#dirs.find(({ directory }) => directory?.holds(log));
    return found?.directory ?? this.#metadata;
  }

  /** The directory of this path, if it serves. @throws KafkaError LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR */
  online(path: string): DataDirectory {
    const dir = this.#dirs.find((one) => one.path === path);
    if (dir === undefined) {
      throw new KafkaError(ErrorCode.LOG_DIR_NOT_FOUND, `${path} is not one of log.dirs`);
    }
    if (dir.directory === undefined || dir.directory.failure !== undefined) throw offline(path);
    return dir.directory;
  }

  /** Where the partition is to be made, should it ever be. */
  prefer(topic: string, partition: number, path: string): void {
    const name = `${topic}-${partition}`;
    this.#preferred.delete(name);
    this.#preferred.set(name, path);
    const [oldest] = this.#preferred.keys();
    if (this.#preferred.size > PREFERRED_MAX && oldest !== undefined)
      this.#preferred.delete(oldest);
  }

  /** The folder goes at once under another name, and is removed some time later. */
  async deleteLog(log: Log): Promise<void> {
    await this.directoryOf(log).deleteLog(log);
  }

  async describe(): Promise<readonly LogDirDescription[]> {
    return Promise.all(this.#dirs.map((dir) => this.#describe(dir)));
  }

  async checkpoint(): Promise<void> {
    for (const directory of this.#online()) await directory.checkpoint();
  }

  async checkpointStarts(): Promise<void> {
    for (const directory of this.#online()) await directory.checkpointStarts();
  }

  /** As {@link DataDirectory.abandon}. */
  async abandon(): Promise<void> {
    for (const directory of this.#open()) await directory.abandon();
  }

  async close(): Promise<void> {
    for (const directory of this.#open()) await directory.close();
  }

  /** @internal A directory says that its disk failed. */
  failed(path: string): void {
    const directory = [...this.#open()].find((one) => one.path === path);
    if (directory?.failure === undefined) return;
    if (directory === this.#metadata || this.#online().length === 0) {
      const why = directory === this.#metadata ? "it holds the metadata" : "it was the last one";
      this.#logger.error(`the broker cannot go on without ${path}: ${why}`);
      this.#giveUp(directory.failure);
    }
    for (const listener of this.#listeners) listener(directory);
  }

  #placeFor({ topic, partition }: LogOptions, isNew: boolean): DataDirectory {
    const online = this.#online();
    if (online.length === 0 || (!isNew && this.hasOffline)) {
      throw offline(`the directory of ${topic}-${partition}`);
    }
    const name = `${topic}-${partition}`;
    const preferred = this.#preferred.get(name);
    this.#preferred.delete(name);
    const wanted = online.find(({ path }) => path === preferred);
    if (wanted !== undefined) return wanted;
    const open = online.filter(({ path }) => !this.#isCordoned(path));
    const choice = open.length > 0 ? open : online;
    return choice.reduce((best, one) => (one.logCount < best.logCount ? one : best));
  }

  async #describe({ path, directory }: LogDir): Promise<LogDirDescription> {
    const isCordoned = this.#isCordoned(path);
    const unknown = { path, totalBytes: -1, usableBytes: -1, isCordoned, replicas: [] };
    const failed = { ...unknown, errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
    if (directory === undefined || directory.failure !== undefined) return failed;
    const space = await directory.space().catch(() => undefined);
    if (directory.failure !== undefined) return failed;
    const replicas = [...directory.logs()].map(({ log, isFuture }) => ({
      topic: log.topic,
      partition: log.partition,
      sizeInBytes: log.sizeInBytes,
      offsetLag: isFuture ? (this.#current(log)?.endOffset ?? 0) - log.endOffset : 0,
      isFuture,
    }));
    return { ...unknown, ...space, errorCode: ErrorCode.NONE, replicas };
  }

  #current(future: Log): Log | undefined {
    for (const directory of this.#online()) {
      const log = directory.logOf(future);
      if (log !== undefined) return log;
    }
    return undefined;
  }

  #online(): readonly DataDirectory[] {
    return this.#dirs.flatMap(({ directory }) =>
      directory === undefined || directory.failure !== undefined ? [] : [directory],
    );
  }

  /** All that have a lock to give back. */
  #open(): ReadonlySet<DataDirectory> {
    const open = this.#dirs.flatMap(({ directory }) => directory ?? []);
    return new Set([...open, this.#metadata]);
  }
}

/** Opens directories one after the other, so that all can be let go of. */
class Opening {
  readonly #options: LogDirsOptions;
  readonly #parts: StorageParts;
  readonly #failed: (path: string) => void;
  readonly #opened: DataDirectory[] = [];

  constructor(options: LogDirsOptions, parts: StorageParts, failed: (path: string) => void) {
    this.#options = options;
    this.#parts = parts;
    this.#failed = failed;
  }

  async open(path: string, clusterId = this.#options.clusterId): Promise<DataDirectory> {
    const directory = await DataDirectory.open({
      ...this.#options,
      path,
      clusterId,
      parts: this.#parts,
      onFailure: () => this.#failed(path),
    });
    this.#opened.push(directory);
    return directory;
  }

  /** Undefined if the disk does not let us. */
  async tryOpen(path: string, { clusterId }: DataDirectory): Promise<DataDirectory | undefined> {
    try {
      const directory = await this.open(path, clusterId);
      this.#checkIds(directory);
      return directory;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.#options.logger.error(
        `${path} is offline: it could not be opened; its partitions are not served until the broker is started anew with a disk that works`,
        { errno: errnoOf(error), error },
      );
      return undefined;
    }
  }

  async abandon(): Promise<void> {
    for (const directory of this.#opened) await directory.abandon();
  }

  #checkIds({ path, directoryId }: DataDirectory): void {
    const twin = this.#opened.find((one) => one.directoryId === directoryId && one.path !== path);
    if (twin === undefined) return;
    throw new ForeignDirectory(
      `${path} and ${twin.path} have the same directory.id: one is a copy of the other; take one of them out of log.dirs`,
    );
  }
}

/**
 * The cluster that all directories belong to; undefined if none does yet. A directory for the metadata
 * that is new among others that are not would begin a cluster without topics.
 *
 * @throws ForeignDirectory
 */
async function commonClusterId(
  { paths, disk, clusterId }: LogDirsOptions,
  metadataPath: string,
): Promise<string | undefined> {
  if (paths.length === 1 && paths[0] === metadataPath) return clusterId;
  const identify = (path: string) => readMetaProperties(disk, path).catch(() => undefined);
  const others = await Promise.all(
    paths.map(async (path) => ({ path, id: (await identify(path))?.clusterId })),
  );
  const known = others.find(({ id }) => id !== undefined);
  if (known === undefined) return clusterId;
  if ((await readMetaProperties(disk, metadataPath)) === undefined) {
    throw new ForeignDirectory(
      `${metadataPath} is to hold the metadata and is new, but ${known.path} is not: name the directory with odradek-metadata.log first in log.dirs, or in metadata.log.dir`,
    );
  }
  return clusterId ?? known.id;
}

function offline(what: string): KafkaError {
  return storageError(new Error(`${what} is offline`));
}
