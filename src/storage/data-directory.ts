import type { KafkaError } from "../protocol/errors.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";
import { CLEAN_LOGS_FILE, type CleanLog, formatCleanLogs } from "./clean-logs.ts";
import { ClosedContent } from "./closed-content.ts";
import { CleanerCheckpoint } from "./compaction/cleaner-checkpoint.ts";
import {
  CLEAN_SHUTDOWN_FILE,
  type DirectoryContents,
  directoryContents,
  type PartitionFolder,
  sealOf,
} from "./directory-contents.ts";
import { DirectoryLock } from "./directory-lock.ts";
import { errnoOf, severityOf } from "./disk-errors.ts";
import type { Disk } from "./fs.ts";
import { Log, type LogContent, type LogParts, type LogPlace } from "./log.ts";
import { LogFiles, PARTITION_FILE } from "./log-files.ts";
import type { LogSettings } from "./log-settings.ts";
import type { MetaProperties } from "./meta-properties.ts";
import { OffsetCheckpoints } from "./offset-checkpoints.ts";
import { emptyContent, loadLog } from "./recovery.ts";
import { segmentFile } from "./segment.ts";
import { StoppedLogs } from "./stopped-logs.ts";
import { storageError } from "./storage-error.ts";
import { makeStorageParts, type StorageBounds, type StorageParts } from "./storage-parts.ts";

export interface DirectoryOptions extends StorageBounds {
  readonly path: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeId: number;
  /** Of a directory that has none yet; undefined: a new one. */
  readonly clusterId?: string | undefined;
  readonly newUuid: () => string;
  /** Shared with other directories; undefined: it has its own, within the bounds given. */
  readonly parts?: StorageParts;
  /** The disk failed: no log of this directory can be written to or read any more. Told once. */
  readonly onFailure?: (error: KafkaError) => void;
}

export interface LogOptions extends LogPlace {
  readonly settings: LogSettings;
  readonly onWritten: (endOffset: number) => void;
}

/** What a file system takes; a topic's name alone may have 249. */
export const FILE_NAME_BYTES_MAX = 255;

/** Logs that are closed at the same time: each holds a descriptor while it is synced. */
const CLOSED_AT_ONCE = 32;

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
  readonly #shared: StorageParts;
  readonly #disk: Disk;
  readonly #lock: DirectoryLock;
  readonly #parts: LogParts;
  readonly #stopped: StoppedLogs;
  /** By `<topic>-<partition>`, of which a directory holds at most one and one future. */
  readonly #logs = new Map<string, Log>();
  readonly #futures = new Map<string, Log>();
  readonly #found: DirectoryContents;
  readonly #cleaned: CleanerCheckpoint;
  readonly #checkpoints: OffsetCheckpoints;
  #failure: KafkaError | undefined;
  #unwatch: () => unknown;

  private constructor(opened: Opened, lock: DirectoryLock, found: DirectoryContents) {
    const { options, shared } = opened;
    const { clock, logger, path } = options;
    this.path = path;
    this.properties = found.properties;
    this.clusterId = found.properties.clusterId;
    this.directoryId = found.properties.directoryId;
    this.wasCleanShutdown = found.wasCleanShutdown;
    this.#options = options;
    this.#shared = shared;
    this.#disk = shared.disk;
    this.#lock = lock;
    this.#found = found;
    this.#cleaned = new CleanerCheckpoint(
      { disk: shared.disk, logger },
      path,
      found.cleanerOffsets,
    );
    this.#checkpoints = new OffsetCheckpoints(shared.disk, this);
    this.#stopped = new StoppedLogs(path, { disk: shared.disk, clock, logger });
    this.#unwatch = shared.disk.watch(path, (error, at) => this.#fail(error, at));
    const { writes, buffers, tails } = shared;
    this.#parts = {
      clock,
      disk: shared.disk,
      logger,
      writes,
      buffers,
      tails,
      directory: this,
      stopped: this.#stopped,
    };
  }

  /** @throws DirectoryInUse, ForeignDirectory, and what the disk says. */
  static async open(options: DirectoryOptions): Promise<DataDirectory> {
    const shared = options.parts ?? makeStorageParts(options.disk, options.clock, options);
    const { disk } = shared;
    await disk.makeDirectory(options.path);
    const lock = await DirectoryLock.take({ ...options, disk, token: options.newUuid() });
    try {
      const found = await directoryContents({ ...options, disk });
      const directory = new DataDirectory({ options, shared }, lock, found);
      await directory.#retainCleaned();
      return directory;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get logger(): Logger {
    return this.#options.logger;
  }

  /** Why the directory is offline: undefined while it is not. */
  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  /** How many partitions lie here, copies under way among them. */
  get logCount(): number {
    return this.#logs.size + this.#futures.size;
  }

  /** Folders of partitions that were here at the start and whose logs have not been opened. */
  partitionsOnDisk(): readonly PartitionFolder[] {
    return [...this.#found.folders.values()];
  }

  /** Those of copies that were not complete. */
  futuresOnDisk(): readonly PartitionFolder[] {
    return [...this.#found.futures.values()];
  }

  *logs(): Iterable<{ readonly log: Log; readonly isFuture: boolean }> {
    for (const log of this.#logs.values()) yield { log, isFuture: false };
    for (const log of this.#futures.values()) yield { log, isFuture: true };
  }

  /** The log of a partition, if it lies here; not a copy of it. */
  logOf(place: PartitionFolder): Log | undefined {
    return this.#logs.get(nameOf(place));
  }

  holds(log: Log): boolean {
    const name = nameOf(log);
    return this.#logs.get(name) === log || this.#futures.get(name) === log;
  }

  hasFolder(place: PartitionFolder): boolean {
    return this.#found.folders.has(nameOf(place));
  }

  /** The topic id that a partition's folder names; undefined if it names none. */
  topicIdOf(folder: PartitionFolder): string | undefined {
    const { cleanLogs } = this.#found;
    const closed = folder.future === undefined ? cleanLogs.get(nameOf(folder)) : undefined;
    if (closed !== undefined) return closed.topicId;
    const text = this.#disk.readFileSync(`${this.#folder(folder)}/${PARTITION_FILE}`);
    return /^topic_id: (\S+)$/m.exec(text?.toString("utf8") ?? "")?.[1];
  }

  /**
   * The log of a partition. Does not touch the disk if there is no folder of it; else what lies there
   * is loaded, and recovered after a crash.
   *
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  openLog(options: LogOptions): Log {
    const name = nameOf(options);
    if (this.#logs.has(name)) throw new Error(`${name} is open already`);
    const { folders } = this.#found;
    const files = this.#logFiles(options, this.#rootFile(name));
    const content = folders.has(name) ? this.#content(options, files) : emptyContent();
    const log = this.#newLog(options, files, content);
    folders.delete(name);
    this.#logs.set(name, log);
    return log;
  }

  /**
   * A log that is to take the place of another one, of the same partition in another directory: what
   * is left of an earlier attempt, or an empty one that begins at `startOffset`.
   */
  openFuture(options: LogOptions, startOffset: number): Log {
    const name = nameOf(options);
    if (this.#futures.has(name)) throw new Error(`${name} is being copied already`);
    const { futures } = this.#found;
    const known = futures.get(name);
    const files = this.#logFiles(
      options,
      known === undefined ? this.#renamed(options, "future") : this.#folder(known),
    );
    const content = known === undefined ? emptyContent(startOffset) : this.#load(options, files);
    const log = this.#newLog(options, files, content);
    futures.delete(name);
    this.#futures.set(name, log);
    return log;
  }

  /** What the cleaner left gaps in keeps them, whatever the policy is by now. */
  mayHaveGaps(folder: PartitionFolder, { compacted }: LogSettings): boolean {
    return compacted || this.#found.cleanerOffsets.has(nameOf(folder));
  }

  /** How far a log goes that has not been opened. */
  lookInto(
    folder: PartitionFolder,
    options: LogOptions,
  ): { readonly epoch: number; readonly endOffset: number } {
    const content = this.#load(options, this.#logFiles(options, this.#folder(folder)));
    for (const segment of content.segments) segment.close();
    return { epoch: content.epochs.latest, endOffset: content.endOffset };
  }

  /** What was found as a copy is the log of its partition from now on. */
  async adopt(folder: PartitionFolder): Promise<void> {
    const { topic, partition } = folder;
    this.#forget(folder);
    this.#found.folders.set(nameOf(folder), { topic, partition });
    await this.#disk.rename(this.#folder(folder), this.#rootFile(nameOf(folder)));
    await this.#disk.syncDirectory(this.path);
  }

  /** A copy becomes the log of its partition: its folder gets the plain name. */
  async promote(log: Log): Promise<void> {
    const name = nameOf(log);
    log.moveTo(this.#rootFile(name));
    this.#futures.delete(name);
    this.#logs.set(name, log);
    await this.#disk.syncDirectory(this.path);
  }

  /** The log of a partition becomes one that another is to be preferred to. */
  async demote(log: Log): Promise<void> {
    const name = nameOf(log);
    log.moveTo(this.#renamed(log, "future"));
    this.#logs.delete(name);
    this.#futures.set(name, log);
    await this.#disk.syncDirectory(this.path);
  }

  /**
   * The folder is renamed, so that the name is free, and removed as soon as nothing is at work in it.
   * Kafka waits for `file.delete.delay.ms` then, for readers that are under way; ours hold on to what
   * they read, and the system does not write out a minute's worth of records that nobody can have.
   */
  async deleteLog(log: Log): Promise<void> {
    const name = nameOf(log);
    if (this.#logs.get(name) === log) this.#logs.delete(name);
    else this.#futures.delete(name);
    const forgotten = this.#failure === undefined ? this.#forgetNotes(log) : undefined;
    const { hasFiles } = log;
    const to = this.#renamed(log, "delete");
    if (this.#failure === undefined) log.moveTo(to);
    await log.abandon();
    this.#stopped.remove(log);
    await forgotten;
    if (!hasFiles || this.#failure !== undefined) return;
    this.#removeLater(to);
  }

  /** A folder that is no partition's of this cluster is kept, out of the way. */
  async setAside(folder: PartitionFolder): Promise<void> {
    this.#forget(folder);
    const from = this.#folder(folder);
    await this.#disk.rename(from, this.#renamed(folder, "stray"));
    await this.#retainCleaned();
    this.#options.logger.warn(`${from} belongs to no topic and is set aside`);
  }

  /** A folder of which another copy is the better one. */
  async discard(folder: PartitionFolder): Promise<void> {
    this.#forget(folder);
    const to = this.#renamed(folder, "delete");
    await this.#disk.rename(this.#folder(folder), to);
    await this.#retainCleaned();
    await this.#disk.remove(to);
  }

  space(): Promise<{ readonly totalBytes: number; readonly usableBytes: number }> {
    return this.#disk.space(this.path);
  }

  /**
   * Notes how far each log is durable, and forgets producers that are gone. To be done now and then:
   * what was noted need not be looked at after a crash.
   */
  async checkpoint(): Promise<void> {
    if (this.#failure !== undefined) return;
    for (const log of this.#logs.values()) log.expireProducers();
    await this.#checkpoints.ends();
  }

  /** The first offset that the cleaner has not come to; undefined: it never saw the log. */
  cleanedTo(log: Log): number | undefined {
    return this.#cleaned.offsetOf(log);
  }

  /** The log is clean up to there, and may have gaps, after a crash too. */
  noteCleaned(log: Log, offset: number): Promise<void> {
    return this.#cleaned.save(log, offset, this.#all());
  }

  /** Notes where each log begins: what was deleted by then stays deleted after a crash. */
  checkpointStarts(): Promise<void> {
    return this.#checkpoints.starts();
  }

  /**
   * Lets go of everything as it is, for a start that failed: nothing is flushed, and the shutdown is
   * not marked as clean.
   */
  async abandon(): Promise<void> {
    await Promise.all([...this.#all()].map((log) => log.abandon()));
    await this.#letGo();
  }

  /** Flushes and closes everything, so that the next start has nothing to recover. */
  async close(): Promise<void> {
    if (this.#failure !== undefined) return this.#letGo();
    const logs = [...this.#all()];
    let isClean = true;
    const closing = Array.from({ length: CLOSED_AT_ONCE }, async () => {
      for (let log = logs.pop(); log !== undefined; log = logs.pop()) {
        await log.close().catch((error: unknown) => {
          isClean = false;
          this.#options.logger.error(`${nameOf(log as Log)} was not closed in order`, { error });
        });
      }
    });
    await Promise.all(closing);
    try {
      await this.#checkpoints.ends();
      await this.checkpointStarts();
      if (isClean) await this.#writeCleanLogs();
      const marker = Buffer.from(`{"version":0,"brokerEpoch":-1}`);
      if (isClean) await this.#disk.replaceFile(this.#rootFile(CLEAN_SHUTDOWN_FILE), marker);
    } finally {
      await this.#letGo();
    }
  }

  /** Kafka takes a directory offline at any error; we at those that speak of the disk. */
  #fail(error: unknown, path: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = storageError(error);
    this.#stopped.close();
    this.#options.logger.error(
      `${this.path} is offline: the disk failed at ${path}; its partitions are not served until the broker is started anew with a disk that works`,
      { errno: errnoOf(error), error },
    );
    const { failure } = this;
    const { onFailure } = this.#options;
    // Whoever was using the disk is in the middle of something.
    queueMicrotask(() => {
      for (const log of this.#all()) log.abandon().catch(() => undefined);
      if (failure !== undefined) onFailure?.(failure);
    });
  }

  async #letGo(): Promise<void> {
    this.#stopped.close();
    this.#unwatch();
    if (this.#options.parts === undefined) this.#shared.files.closeAll();
    try {
      await this.#lock.release();
    } catch (error) {
      if (this.#failure === undefined) throw error;
    }
  }

  *#all(): Iterable<Log> {
    yield* this.#logs.values();
    yield* this.#futures.values();
  }

  #forget(folder: PartitionFolder): void {
    const { folders, futures } = this.#found;
    (folder.future === undefined ? folders : futures).delete(nameOf(folder));
  }

  async #forgetNotes(log: Log): Promise<void> {
    await Promise.all([this.#cleaned.forget(log), this.#checkpoints.forget(log)]);
  }

  /** How far logs were clean that are not here any more says nothing of others of their names. */
  #retainCleaned(): Promise<void> {
    const { folders, futures } = this.#found;
    const all = [folders, futures, this.#logs, this.#futures];
    return this.#cleaned.retain((name) => all.some((known) => known.has(name)));
  }

  #removeLater(path: string): void {
    this.#options.clock.schedule(0, () => {
      this.#disk.remove(path).catch((error: unknown) => {
        if (severityOf(error) === "directory") return;
        this.#options.logger.warn(`${path} cannot be removed`, { error });
      });
    });
  }

  #newLog(options: LogOptions, files: LogFiles, content: LogContent): Log {
    const { settings, onWritten } = options;
    const isRecovered = !this.wasCleanShutdown && content.segments.length > 0;
    return new Log(options, content, {
      files,
      parts: this.#parts,
      settings,
      onWritten,
      isRecovered,
    });
  }

  /** What lies in a folder; where it was closed in order it is looked at later. */
  #content(options: LogOptions, files: LogFiles): LogContent {
    const closed = this.#closed(nameOf(options));
    this.#found.cleanLogs.delete(nameOf(options));
    if (closed === undefined || closed.topicId !== options.topicId) {
      return this.#load(options, files);
    }
    return new ClosedContent(closed, () => this.#load(options, files));
  }

  /** A log as it was closed, if that is how it is: somebody may have put other files in its place. */
  #closed(name: string): CleanLog | undefined {
    const closed = this.#found.cleanLogs.get(name);
    if (closed === undefined) return undefined;
    const path = segmentFile(this.#rootFile(name), closed.activeBase, ".log");
    return this.#disk.sizeSync(path) === closed.activeBytes ? closed : undefined;
  }

  async #writeCleanLogs(): Promise<void> {
    const logs = new Map<string, CleanLog>();
    for (const [name, log] of this.#logs) {
      if (!log.hasFiles) continue;
      const { topicId, startOffset, endOffset, latestEpoch, sizes } = log;
      logs.set(name, { topicId, startOffset, endOffset, latestEpoch, ...sizes });
    }
    const text = formatCleanLogs(logs, await sealOf(this.#disk, this.path));
    await this.#disk.replaceFile(this.#rootFile(CLEAN_LOGS_FILE), Buffer.from(text));
  }

  #load(options: LogOptions, files: LogFiles): LogContent {
    const name = nameOf(options);
    return loadLog({
      disk: this.#disk,
      files,
      logger: this.#options.logger,
      nowMs: this.#options.clock.now(),
      recoveryPoint: this.#found.recoveryPoints.get(name) ?? 0,
      startOffset: this.#found.logStarts.get(name) ?? 0,
      wasCleanShutdown: this.wasCleanShutdown,
      indexIntervalBytes: options.settings.indexIntervalBytes,
      compacted: this.mayHaveGaps(options, options.settings),
    });
  }

  #logFiles({ topicId }: LogPlace, folder: string): LogFiles {
    const { disk, clock, files, indexes } = this.#shared;
    const { logger } = this.#options;
    return new LogFiles(folder, { disk, clock, logger, files, indexes, topicId });
  }

  /** Kafka's names for folders that are no partition's any more: `<topic>-<p>.<uuid hex>-<why>`. */
  #renamed(folder: PartitionFolder, why: "delete" | "future" | "stray"): string {
    const hex = Buffer.from(this.#options.newUuid(), "base64url").toString("hex");
    const suffix = `.${hex}-${why}`;
    return this.#rootFile(nameOf(folder).slice(0, FILE_NAME_BYTES_MAX - suffix.length) + suffix);
  }

  #rootFile(name: string): string {
    return `${this.path}/${name}`;
  }

  #folder(place: PartitionFolder): string {
    return this.#rootFile(place.future ?? nameOf(place));
  }
}

interface Opened {
  readonly options: DirectoryOptions;
  readonly shared: StorageParts;
}

function nameOf({ topic, partition }: PartitionFolder): string {
  return `${topic}-${partition}`;
}
