import type { Clock } from "../time/clock.ts";
import type { FilePool } from "./file-pool.ts";
import type { Disk } from "./fs.ts";
import type { LeaderEpochs } from "./leader-epochs.ts";
import type { LogSettings } from "./log-settings.ts";
import { encodeSnapshot } from "./producer-snapshot.ts";
import type { ProducerStates } from "./producer-states.ts";
import { Segment, segmentFile } from "./segment.ts";

export const EPOCHS_FILE = "leader-epoch-checkpoint";
export const PARTITION_FILE = "partition.metadata";
/** What a segment is called until it is really removed, so that readers of it can finish. */
const DELETED_SUFFIX = ".deleted";

/** The folder of one partition: makes, names and removes what lies in it. */
export class LogFiles {
  readonly directory: string;
  readonly #disk: Disk;
  readonly #files: FilePool;
  readonly #clock: Clock;
  readonly #topicId: string;
  /** Small files that are being written: one after the other, so that the newest content wins. */
  #saving: Promise<void> = Promise.resolve();

  constructor(
    directory: string,
    context: {
      readonly disk: Disk;
      readonly files: FilePool;
      readonly clock: Clock;
      readonly topicId: string;
    },
  ) {
    this.directory = directory;
    this.#disk = context.disk;
    this.#files = context.files;
    this.#clock = context.clock;
    this.#topicId = context.topicId;
  }

  /** The folder, and the id of the topic it belongs to. */
  create(): void {
    this.#disk.makeDirectorySync(this.directory);
    this.#save(PARTITION_FILE, Buffer.from(`version: 0\ntopic_id: ${this.#topicId}`));
  }

  newSegment(baseOffset: number, createdMs: number): Segment {
    const storage = { disk: this.#disk, files: this.#files };
    return new Segment(storage, { directory: this.directory, baseOffset, createdMs });
  }

  saveEpochs(epochs: LeaderEpochs): void {
    this.#save(EPOCHS_FILE, Buffer.from(epochs.takeText()));
  }

  async saveSnapshot(offset: number, producers: ProducerStates): Promise<void> {
    const path = segmentFile(this.directory, offset, ".snapshot");
    this.#save(path.slice(this.directory.length + 1), encodeSnapshot(producers.all()));
    await this.#saving;
  }

  /** Renamed at once, removed some time later, as in Kafka. */
  async deleteSegment(segment: Segment, settings: LogSettings): Promise<void> {
    const paths = ([".log", ".index", ".timeindex", ".txnindex", ".snapshot"] as const).map(
      (suffix) => segmentFile(this.directory, segment.baseOffset, suffix),
    );
    await this.#files.close(segment.path);
    const names = new Set(await this.#disk.list(this.directory));
    const present = paths.filter((path) => names.has(path.slice(this.directory.length + 1)));
    for (const path of present) await this.#disk.rename(path, path + DELETED_SUFFIX);
    this.#clock.schedule(settings.fileDeleteDelayMs, () => {
      for (const path of present)
        void this.#disk.remove(path + DELETED_SUFFIX).catch(() => undefined);
    });
  }

  closeFile(path: string): Promise<void> {
    return this.#files.close(path);
  }

  /** Every small file has its newest content. @throws what writing them threw. */
  settled(): Promise<void> {
    return this.#saving;
  }

  #save(name: string, bytes: Buffer): void {
    const next = this.#saving.then(() =>
      this.#disk.replaceFile(`${this.directory}/${name}`, bytes),
    );
    this.#saving = next;
    next.catch(() => undefined);
  }
}
