import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";
import type { FilePool } from "./file-pool.ts";
import type { Disk } from "./fs.ts";
import type { LeaderEpochs } from "./leader-epochs.ts";
import type { LoadedIndexes } from "./loaded-indexes.ts";
import { encodeSnapshot } from "./producer-snapshot.ts";
import type { ProducerStates } from "./producer-states.ts";
import { SEGMENT_FILES, Segment, type SegmentEnding, segmentName } from "./segment.ts";
import { SharedWork } from "./shared-work.ts";

export const EPOCHS_FILE = "leader-epoch-checkpoint";
export const PARTITION_FILE = "partition.metadata";
/** What a segment is called until it is really removed, so that readers of it can finish. */
const DELETED_SUFFIX = ".deleted";

/** Shared by the logs of all partitions that have nothing to sync, or to delete. */
const NONE: readonly string[] = [];
const DONE = Promise.resolve();

/** The folder of one partition: makes, names and removes what lies in it. */
export class LogFiles {
  #directory: string;
  readonly #disk: Disk;
  readonly #files: FilePool;
  readonly #indexes: LoadedIndexes;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #topicId: string;
  /** Small files whose newest content may not be durable. */
  #unsynced: readonly string[] = NONE;
  /** Names came or went since the folder was last synced. */
  #namesChanged = false;
  /** Made by the first sync that has something to do. */
  #syncing: SharedWork | undefined;
  /** Files of segments that are gone, which could not be renamed yet. */
  #undeleted: readonly string[] = NONE;

  constructor(
    directory: string,
    context: {
      readonly disk: Disk;
      readonly files: FilePool;
      readonly indexes: LoadedIndexes;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly topicId: string;
    },
  ) {
    this.#directory = directory;
    this.#disk = context.disk;
    this.#files = context.files;
    this.#indexes = context.indexes;
    this.#clock = context.clock;
    this.#logger = context.logger;
    this.#topicId = context.topicId;
  }

  get directory(): string {
    return this.#directory;
  }

  /** The folder gets another name. Files that are open are to be closed first. */
  moveTo(directory: string): void {
    this.#disk.renameSync(this.#directory, directory);
    this.#directory = directory;
  }

  /** The folder, and the id of the topic it belongs to. */
  create(): void {
    this.#disk.makeDirectorySync(this.directory);
    this.#save(PARTITION_FILE, Buffer.from(`version: 0\ntopic_id: ${this.#topicId}`));
  }

  /** A segment whose file may be there, or be made by its first use. */
  newSegment(baseOffset: number, createdMs: number, ending: SegmentEnding = ""): Segment {
    this.#namesChanged = true;
    if (this.#undeleted !== NONE) this.#keep(filesOf(baseOffset));
    const storage = { disk: this.#disk, files: this.#files, indexes: this.#indexes };
    return new Segment(storage, { folder: this, baseOffset, createdMs, ending });
  }

  saveEpochs(epochs: LeaderEpochs): void {
    const text = epochs.takeText();
    try {
      this.#save(EPOCHS_FILE, Buffer.from(text));
    } catch (error) {
      epochs.markUnsaved();
      throw error;
    }
  }

  /** Saves them if that can be done now; else they stay unsaved. */
  keepEpochs(epochs: LeaderEpochs): void {
    if (!epochs.isChanged) return;
    try {
      this.saveEpochs(epochs);
    } catch (error) {
      this.#logger.warn(`${this.#directory}: leader epochs are not saved yet`, { error });
    }
  }

  /**
   * The producers as they are now, to be found when the log is loaded up to this offset. One that is
   * lost or torn is noticed by its CRC, and the batches tell the same; but not those that are deleted
   * some day, so that of a new segment is synced with what comes before it.
   */
  saveSnapshot(offset: number, producers: ProducerStates, mayBeLost: boolean): void {
    const name = segmentName(offset, ".snapshot");
    this.#namesChanged = true;
    this.#disk.replaceFileSync(`${this.directory}/${name}`, encodeSnapshot(producers.all()));
    if (!mayBeLost && producers.size > 0) {
      this.#unsynced = [...without(this.#unsynced, name), name];
    }
  }

  /** Snapshots that no segment begins with, but for the newest (Kafka's removeStraySnapshots). */
  removeSnapshots(isStale: (offset: number) => boolean): void {
    for (const name of this.#disk.listSync(this.directory)) {
      if (!name.endsWith(".snapshot") || !isStale(Number.parseInt(name, 10))) continue;
      this.#disk.removeSync(`${this.directory}/${name}`);
    }
  }

  /**
   * Nobody reads these segments any more: their files are renamed, and removed some time later, as in
   * Kafka, with the snapshots that belong to them. What cannot be renamed is left for
   * {@link deleteRest}: it is deleted all the same.
   */
  async deleteSegments(segments: readonly Segment[], delayMs: number): Promise<void> {
    if (segments.length === 0) return;
    for (const segment of segments) segment.retire();
    const names = segments.flatMap(({ baseOffset }) => filesOf(baseOffset));
    this.#undeleted = [...this.#undeleted, ...names];
    await this.deleteRest(delayMs);
  }

  /** As {@link deleteSegments}, of what could not be renamed then. */
  async deleteRest(delayMs: number): Promise<void> {
    const names = this.#undeleted;
    if (names.length === 0) return;
    this.#undeleted = NONE;
    try {
      await this.deleteFiles(names, delayMs);
    } catch (error) {
      this.#undeleted = [...names, ...this.#undeleted];
      const { directory } = this;
      this.#logger.warn(`${directory}: files of deleted segments are still there`, { error });
    }
  }

  /** Renames those that are there, to be removed later. @throws what the disk says. */
  async deleteFiles(names: readonly string[], delayMs: number): Promise<void> {
    const there = new Set(await this.#disk.list(this.#directory));
    const renamed: string[] = [];
    try {
      for (const name of names) {
        if (!there.has(name)) continue;
        await this.#rename(name, name + DELETED_SUFFIX);
        renamed.push(name);
      }
    } finally {
      if (renamed.length > 0) this.#clock.schedule(delayMs, () => this.#removeDeleted(renamed));
    }
  }

  #removeDeleted(names: readonly string[]): void {
    for (const name of names) {
      // The folder may be gone with its topic by then; what is left otherwise, the next start removes.
      this.#disk.remove(`${this.#directory}/${name}${DELETED_SUFFIX}`).catch(() => undefined);
    }
  }

  #keep(names: readonly string[]): void {
    this.#undeleted = names.reduce(without, this.#undeleted);
  }

  /** @throws what the disk says, unless the folder has been moved meanwhile: with its topic, it goes. */
  async #rename(from: string, to: string): Promise<void> {
    const { directory } = this;
    try {
      await this.#disk.rename(`${directory}/${from}`, `${directory}/${to}`);
    } catch (error) {
      if (directory === this.directory) throw error;
    }
  }

  /** Makes durable which files there are. */
  async syncNames(): Promise<void> {
    const { directory } = this;
    try {
      await this.#disk.syncDirectory(directory);
    } catch (error) {
      if (directory === this.directory) throw error;
    }
  }

  /**
   * Makes durable which files there are, and what the small ones hold: all that there is when this is
   * called, whoever else is at it already.
   */
  sync(): Promise<void> {
    const isSynced = this.#unsynced.length === 0 && !this.#namesChanged;
    if (isSynced && this.#syncing === undefined) return DONE;
    this.#syncing ??= new SharedWork(() => this.#syncAll());
    return this.#syncing.done();
  }

  async #syncAll(): Promise<void> {
    for (const name of this.#unsynced) {
      this.#unsynced = without(this.#unsynced, name);
      try {
        await this.#syncFile(name);
      } catch (error) {
        this.#unsynced = [...this.#unsynced, name];
        throw error;
      }
    }
    if (!this.#namesChanged) return;
    this.#namesChanged = false;
    try {
      await this.#disk.syncDirectory(this.directory);
    } catch (error) {
      this.#namesChanged = true;
      throw error;
    }
  }

  /** Snapshots tell what the segments do that are about to go. Room that is made matters more. */
  async syncBeforeDeletion(): Promise<void> {
    if (this.#unsynced.length > 0) await this.sync().catch(() => undefined);
  }

  async #syncFile(name: string): Promise<void> {
    // A snapshot may have been deleted since.
    if (this.#disk.sizeSync(`${this.directory}/${name}`) === undefined) return;
    const file = await this.#disk.open(`${this.directory}/${name}`);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  #save(name: string, bytes: Buffer): void {
    this.#unsynced = [...without(this.#unsynced, name), name];
    this.#namesChanged = true;
    this.#disk.replaceFileSync(`${this.directory}/${name}`, bytes);
  }
}

function filesOf(baseOffset: number): readonly string[] {
  return [...SEGMENT_FILES, ".snapshot" as const].map((suffix) => segmentName(baseOffset, suffix));
}

function without(names: readonly string[], name: string): readonly string[] {
  const rest = names.filter((other) => other !== name);
  return rest.length === 0 ? NONE : rest;
}
