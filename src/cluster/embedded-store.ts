import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { crc32c } from "../records/crc32c.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { MetadataDisk, MetadataFile } from "./metadata-disk.ts";
import { encodeFrame, type Frame, readFrames } from "./metadata-file.ts";
import type {
  Change,
  Comparison,
  Lease,
  Listing,
  MetadataStore,
  Operation,
  Outcome,
  StoredEntry,
  Watch,
} from "./metadata-store.ts";
import { StoreState } from "./store-state.ts";

/** In the root of the data directory, where Kafka's own tools pass over files they do not know. */
export const METADATA_FILE = "odradek-metadata.log";

const NEW_FILE = `${METADATA_FILE}.new`;

/** A file smaller than this is not worth compacting. */
const COMPACT_FROM_BYTES = 1024 * 1024;

/** The file is compacted when it has grown to this many times what it was after the last time. */
const COMPACT_GROWTH = 4;

const ENTRIES_PER_FRAME = 1000;

export interface EmbeddedStoreOptions {
  readonly disk: MetadataDisk;
  /** The data directory, which must exist and be ours alone. */
  readonly path: string;
  readonly logger: Logger;
}

interface Waiting {
  readonly comparisons: readonly Comparison[];
  readonly operations: readonly Operation[];
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

interface NewFile {
  readonly file: MetadataFile;
  readonly bytes: number;
}

interface Decided {
  readonly waiting: Waiting;
  readonly outcome: Outcome;
  readonly change: Change | undefined;
}

/**
 * A metadata store in one file of the data directory: a snapshot, then what changed since, each write
 * with its checksum. Transactions that arrive while a write is under way share the next one and its
 * fsync. A write that fails ends the store: what is on the disk is then unknown until it is opened
 * again.
 *
 * Invariant: what was announced or answered is on the disk. Only a lease and what lies under it are
 * not: they go with the process.
 */
export class EmbeddedStore implements MetadataStore {
  readonly maxOperations = Number.POSITIVE_INFINITY;
  readonly #options: EmbeddedStoreOptions;
  readonly #state = new StoreState();
  #file: MetadataFile;
  #fileBytes: number;
  #durableBytes: number;
  #bytesAfterCompaction: number;
  #writtenRevision = 0;
  /** A new file's name need not be durable before there is something durable in it. */
  #nameIsDurable = true;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #failure: KafkaError | undefined;

  private constructor(options: EmbeddedStoreOptions, file: MetadataFile, fileBytes: number) {
    this.#options = options;
    this.#file = file;
    this.#fileBytes = fileBytes;
    this.#durableBytes = fileBytes;
    this.#bytesAfterCompaction = fileBytes;
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR if what was durable is no longer whole. */
  static async open(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
    const { disk, path, logger } = options;
    const name = `${path}/${METADATA_FILE}`;
    const found = await disk.readFile(name);
    const bytes = found ?? Buffer.alloc(0);
    const { frames, end, damagedAt } = readFrames(bytes, crc32c);
    if (damagedAt !== undefined) {
      throw storageError(
        `${name} is damaged at byte ${damagedAt}, and later changes depend on it: restore the file ` +
          "from a copy, or move it away to have topics found by their folders, without settings and " +
          "without partitions that were never written to",
      );
    }
    const file = await disk.open(name);
    if (end < bytes.length) {
      logger.warn("cut off an unfinished write at the end of the metadata file", {
        file: name,
        bytes: bytes.length - end,
      });
      await file.truncate(end);
    }
    // A process that was killed left what it did not sync to the page cache: from here on it counts as
    // durable, and a power cut would otherwise look like damage.
    if (end > 0) await file.sync();
    const store = new EmbeddedStore(options, file, end);
    store.#nameIsDurable = found !== undefined;
    for (const frame of frames) store.#restore(frame);
    store.#bytesAfterCompaction = store.#liveBytes();
    return store;
  }

  async get(key: string): Promise<StoredEntry | undefined> {
    await this.#quiet();
    return this.#state.get(key);
  }

  async list(prefix: string): Promise<Listing> {
    await this.#quiet();
    return this.#state.list(prefix);
  }

  txn(comparisons: readonly Comparison[], operations: readonly Operation[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ comparisons, operations, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  watch(prefix: string, after: number, listener: (change: Change) => void): Watch {
    return this.#state.watch(prefix, after, listener);
  }

  async lease(): Promise<Lease> {
    const id = this.#state.grant();
    return {
      id,
      revoke: async () => {
        await this.txn([], this.#state.endLease(id));
      },
    };
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#failure ??= storageError("the metadata store is closed");
    await this.#file.close();
  }

  #restore({ revision, puts, deletes }: Frame): void {
    for (const key of deletes) this.#state.forget(key);
    for (const entry of puts) this.#state.restore(entry);
    this.#state.restoreRevision(revision);
    this.#writtenRevision = revision;
  }

  async #quiet(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Writes until nobody waits. Never rejects. */
  async #write(): Promise<void> {
    // Whoever asks in the same tick goes along.
    await undefined;
    while (this.#waiting.length > 0) {
      const together = this.#waiting;
      this.#waiting = [];
      await this.#writeTogether(together);
    }
    this.#writing = undefined;
  }

  async #writeTogether(together: readonly Waiting[]): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      const { decided, frame, mustSync } = this.#decide(together);
      await this.#append(frame, mustSync);
      for (const { waiting, outcome, change } of decided) {
        if (change !== undefined) this.#state.announce(change);
        waiting.resolve(outcome);
      }
      if (this.#fileBytes > this.#compactAt()) await this.#compact();
    } catch (error) {
      this.#failure ??= storageError("the metadata file could not be written", error);
      this.#options.logger.error(this.#failure.message, { cause: error });
      for (const { reject } of together) reject(this.#failure);
    }
  }

  #decide(together: readonly Waiting[]): {
    readonly decided: readonly Decided[];
    readonly frame: Frame;
    readonly mustSync: boolean;
  } {
    const puts = new Map<string, StoredEntry>();
    const deletes = new Set<string>();
    const decided = together.map((waiting): Decided => {
      if (!this.#state.holds(waiting.comparisons)) {
        const outcome = { succeeded: false, revision: this.#state.revision };
        return { waiting, outcome, change: undefined };
      }
      const { change, durablePuts, durableDeletes } = this.#state.apply(waiting.operations);
      for (const key of durableDeletes) {
        deletes.add(key);
        puts.delete(key);
      }
      // A frame's deletes come before its puts.
      for (const entry of durablePuts) puts.set(entry.key, entry);
      return { waiting, outcome: { succeeded: true, revision: change.revision }, change };
    });
    const frame = {
      revision: this.#state.revision,
      puts: [...puts.values()],
      deletes: [...deletes],
    };
    return { decided, frame, mustSync: puts.size > 0 || deletes.size > 0 };
  }

  async #append(frame: Frame, mustSync: boolean): Promise<void> {
    // Comparisons that did not hold, and deletions of what was not there, leave nothing to write.
    if (frame.revision === this.#writtenRevision) return;
    this.#writtenRevision = frame.revision;
    const bytes = encodeFrame(frame, this.#durableBytes, crc32c);
    await this.#file.append(bytes);
    this.#fileBytes += bytes.length;
    if (!mustSync) return;
    await this.#file.sync();
    this.#durableBytes = this.#fileBytes;
    if (this.#nameIsDurable) return;
    await this.#options.disk.syncDirectory(this.#options.path);
    this.#nameIsDurable = true;
  }

  /** About what the snapshot would take. */
  #liveBytes(): number {
    let bytes = 0;
    for (const { key, value } of this.#state.durableEntries()) bytes += key.length + value.length;
    return bytes;
  }

  #compactAt(): number {
    return Math.max(COMPACT_FROM_BYTES, this.#bytesAfterCompaction * COMPACT_GROWTH);
  }

  /** A new file with the snapshot alone takes the place of this one, by a rename. */
  async #compact(): Promise<void> {
    const { disk, path, logger } = this.#options;
    let next: NewFile;
    try {
      next = await this.#writeSnapshot();
    } catch (error) {
      // The old file is whole and goes on; it is tried again when that has grown once more.
      this.#bytesAfterCompaction = this.#fileBytes;
      logger.warn("could not compact the metadata file", { cause: error });
      return;
    }
    await disk.rename(`${path}/${NEW_FILE}`, `${path}/${METADATA_FILE}`);
    await disk.syncDirectory(path);
    const before = this.#file;
    this.#file = next.file;
    this.#fileBytes = next.bytes;
    this.#durableBytes = next.bytes;
    this.#bytesAfterCompaction = next.bytes;
    await before.close();
  }

  async #writeSnapshot(): Promise<NewFile> {
    const { disk, path } = this.#options;
    const file = await disk.open(`${path}/${NEW_FILE}`);
    await file.truncate(0);
    let bytes = 0;
    for (const frame of this.#snapshot()) {
      const encoded = encodeFrame(frame, bytes, crc32c);
      await file.append(encoded);
      bytes += encoded.length;
    }
    await file.sync();
    return { file, bytes };
  }

  #snapshot(): Frame[] {
    const entries = [...this.#state.durableEntries()];
    const { revision } = this.#state;
    const frames: Frame[] = [];
    for (let at = 0; at === 0 || at < entries.length; at += ENTRIES_PER_FRAME) {
      frames.push({ revision, puts: entries.slice(at, at + ENTRIES_PER_FRAME), deletes: [] });
    }
    return frames;
  }
}

function storageError(message: string, cause?: unknown): KafkaError {
  return new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, message, { cause });
}
