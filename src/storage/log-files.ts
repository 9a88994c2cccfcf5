import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";
import type { FilePool } from "./file-pool.ts";
import type { Disk } from "./fs.ts";
import type { LeaderEpochs } from "./leader-epochs.ts";
import type { LoadedIndexes } from "./loaded-indexes.ts";
import { encodeSnapshot } from "./producer-snapshot.ts";
import type { ProducerStates } from "./producer-states.ts";
import { SEGMENT_FILES, Segment, type SegmentEnding, segmentName } from "./segment.ts";

export const EPOCHS_FILE = "leader-epoch-checkpoint";
export const PARTITION_FILE = "partition.metadata";
/** What a segment is called until it is really removed, so that readers of it can finish. */
const DELETED_SUFFIX = ".deleted";

/** Shared by the logs of all partitions that have nothing to sync. */
const ALL_SYNCED: readonly string[] = [];

/** The folder of one partition: makes, names and removes what lies in it. */
export class LogFiles {
  #directory: string;
  readonly #disk: Disk;
  readonly #files: FilePool;
  readonly #indexes: LoadedIndexes;
  readonly #clock: Clock;
  readonly #topicId: string;
  /** Small files whose newest content may not be durable. */
  #unsynced: readonly string[] = ALL_SYNCED;
  /** Names came or went since the folder was last synced. */
  #namesChanged = false;

  constructor(
    directory: string,
    context: {
      readonly disk: Disk;
      readonly files: FilePool;
      readonly indexes: LoadedIndexes;
      readonly clock: Clock;
      readonly topicId: string;
    },
  ) {
    this.#directory = directory;
    this.#disk = context.disk;
    this.#files = context.files;
    this.#indexes = context.indexes;
    this.#clock = context.clock;
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
  keepEpochs(epochs: LeaderEpochs, logger: Logger): void {
    if (!epochs.isChanged) return;
    try {
      this.saveEpochs(epochs);
    } catch (error) {
      logger.warn(`${this.#directory}: leader epochs are not saved yet`, { error });
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

  /** As {@link deleteFiles}, with the snapshots that belong to the segments. */
  async deleteSegments(segments: readonly Segment[], delayMs: number): Promise<void> {
    await this.deleteFiles(segments, delayMs, ({ baseOffset }) =>
      [...SEGMENT_FILES, ".snapshot" as const].map((suffix) => segmentName(baseOffset, suffix)),
    );
  }

  /**
   * Nobody reads these segments any more: their files are renamed, and removed some time later, as in
   * Kafka.
   */
  async deleteFiles(
    segments: readonly Segment[],
    delayMs: number,
    namesOf: (segment: Segment) => readonly string[],
  ): Promise<void> {
    if (segments.length === 0) return;
    for (const segment of segments) segment.retire();
    const { directory } = this;
    const there = new Set(await this.#disk.list(directory));
    const names = segments.flatMap(namesOf).filter((name) => there.has(name));
    for (const name of names) await this.#rename(name, name + DELETED_SUFFIX);
    this.#clock.schedule(delayMs, () => {
      for (const name of names) {
        // The folder may be gone with its topic by then; what is left otherwise, the next start removes.
        this.#disk.remove(`${this.directory}/${name}${DELETED_SUFFIX}`).catch(() => undefined);
      }
    });
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

  /** Makes durable which files there are, and what the small ones hold. */
  async sync(): Promise<void> {
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

function without(names: readonly string[], name: string): readonly string[] {
  const rest = names.filter((other) => other !== name);
  return rest.length === 0 ? ALL_SYNCED : rest;
}
