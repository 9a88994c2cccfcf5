import type { Logger } from "../telemetry/logger.ts";
import { type CheckpointEntry, formatCheckpoint } from "./checkpoint.ts";
import {
  HIGH_WATERMARKS_FILE,
  LOG_STARTS_FILE,
  RECOVERY_POINTS_FILE,
} from "./directory-contents.ts";
import type { Disk } from "./fs.ts";
import type { Log } from "./log.ts";
import { SharedWork } from "./shared-work.ts";

interface CheckpointedDirectory {
  readonly path: string;
  /** Why it is offline: then nothing is written. */
  readonly failure: unknown;
  readonly logger: Logger;
  logs(): Iterable<{ readonly log: Log }>;
}

/** The files of one data directory that say where its logs begin, and how far they are durable. */
export class OffsetCheckpoints {
  readonly #disk: Disk;
  readonly #directory: CheckpointedDirectory;
  readonly #starts = new SharedWork(() => this.#writeStarts());
  readonly #ends = new SharedWork(() => this.#writeEnds());

  constructor(disk: Disk, directory: CheckpointedDirectory) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Notes where each log begins. */
  starts(): Promise<void> {
    return this.#starts.done();
  }

  /** Notes how far each log is durable and written. */
  ends(): Promise<void> {
    return this.#ends.done();
  }

  /**
   * The log is no more: what was noted of it would hold for the next one of its name after a crash,
   * for checkpoints go by name.
   */
  async forget({ startOffset, recoveryPoint }: Log): Promise<void> {
    try {
      if (startOffset > 0) await this.starts();
      if (recoveryPoint > 0) await this.ends();
    } catch (error) {
      // Nobody has to wait for room on the disk to be rid of a log.
      this.#directory.logger.warn(`${this.#directory.path}: checkpoints are not written yet`, {
        error,
      });
    }
  }

  async #writeStarts(): Promise<void> {
    if (this.#directory.failure !== undefined) return;
    const moved = (log: Log) => log.startOffset > 0;
    await this.#write(LOG_STARTS_FILE, (log) => log.startOffset, moved);
  }

  async #writeEnds(): Promise<void> {
    const all = () => true;
    await this.#write(RECOVERY_POINTS_FILE, (log) => log.recoveryPoint, all);
    await this.#write(HIGH_WATERMARKS_FILE, (log) => log.writtenOffset, all);
  }

  async #write(
    file: string,
    offsetOf: (log: Log) => number,
    isTold: (log: Log) => boolean,
  ): Promise<void> {
    const entries: CheckpointEntry[] = [];
    for (const { log } of this.#directory.logs()) {
      if (!log.hasFiles || !isTold(log)) continue;
      entries.push({ topic: log.topic, partition: log.partition, offset: offsetOf(log) });
    }
    const bytes = Buffer.from(formatCheckpoint(entries));
    await this.#disk.replaceFile(`${this.#directory.path}/${file}`, bytes);
  }
}
