import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { type DataDirectory, FILE_NAME_BYTES_MAX } from "../storage/data-directory.ts";
import type { LogDirDescription, LogDirs } from "../storage/log-dirs.ts";
import { storageError } from "../storage/storage-error.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";
import type { Partition } from "./partition.ts";
import { ReplicaMove } from "./replica-move.ts";

/** One log of a partition in one directory. */
export type ReplicaOnDisk = LogDirDescription["replicas"][number];

export interface ReplicaMovesOptions {
  readonly logDirs: LogDirs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** ".", 32 digits and "-future" behind the name of the partition. */
const FUTURE_SUFFIX_BYTES = 40;

/**
 * Moves partitions between the directories of this broker while they serve (KIP-113; Kafka's
 * ReplicaManager.alterReplicaLogDirs and ReplicaAlterLogDirsThread).
 */
export class ReplicaMoves {
  readonly #options: ReplicaMovesOptions;
  readonly #moves = new Map<Partition, ReplicaMove>();

  constructor(options: ReplicaMovesOptions) {
    this.#options = options;
    options.logDirs.onFailure((directory) => this.#lose(directory));
  }

  /** What lies in each directory. */
  describe(): Promise<readonly LogDirDescription[]> {
    return this.#options.logDirs.describe();
  }

  /**
   * Begins to move a partition to the directory of this path, or notes where it is to be made.
   *
   * @param partition undefined: this broker has no such partition.
   * @throws KafkaError INVALID_TOPIC_EXCEPTION, LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR, and
   *   UNKNOWN_TOPIC_OR_PARTITION once the directory has been noted.
   */
  async move(
    { topic, index }: { readonly topic: string; readonly index: number },
    path: string,
    partition: Partition | undefined,
  ): Promise<void> {
    const { logDirs } = this.#options;
    if (`${topic}-${index}`.length + FUTURE_SUFFIX_BYTES > FILE_NAME_BYTES_MAX) {
      throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, "the topic's name is too long");
    }
    const target = logDirs.online(path);
    if (partition === undefined) {
      logDirs.prefer(topic, index, path);
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `${topic}-${index}`);
    }
    for (let known = this.#moves.get(partition); known !== undefined; ) {
      if (known.target === target) return;
      await known.cancel();
      // Somebody else may have waited for the same, and begun another one.
      known = this.#moves.get(partition);
    }
    partition.checkServing();
    if (logDirs.directoryOf(partition.log) === target) return;
    if (logDirs.hasOffline) {
      throw storageError(new Error("a directory is offline, and may hold a copy already"));
    }
    this.begin(partition, target);
  }

  /** Copies the partition to this directory, going on with what lies there of an earlier attempt. */
  begin(partition: Partition, target: DataDirectory): void {
    const move = new ReplicaMove(partition, target, this.#options);
    this.#moves.set(partition, move);
    void move.run().finally(() => {
      if (this.#moves.get(partition) === move) this.#moves.delete(partition);
    });
  }

  isMoving(partition: Partition): boolean {
    return this.#moves.has(partition);
  }

  /** The partition stays where it is; what has been copied is deleted. */
  async cancel(partition: Partition): Promise<void> {
    await this.#moves.get(partition)?.cancel();
  }

  /** Settles when nothing is copied any more. What has been is found again at the next start. */
  async stop(): Promise<void> {
    await Promise.all([...this.#moves.values()].map((move) => move.stop()));
  }

  #lose(directory: DataDirectory): void {
    for (const move of this.#moves.values()) if (move.touches(directory)) void move.stop();
  }
}
