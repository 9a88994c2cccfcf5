import type { BatchHeader } from "../records/batch.ts";
import type { FilePool } from "./file-pool.ts";
import type { Disk, DiskFile } from "./fs.ts";
import { OffsetIndex } from "./offset-index.ts";
import { TimeIndex } from "./time-index.ts";

/** Kafka's names: 20 digits of the base offset, and what is in the file. */
export function segmentFile(directory: string, baseOffset: number, suffix: SegmentSuffix): string {
  return `${directory}/${String(baseOffset).padStart(20, "0")}${suffix}`;
}

export type SegmentSuffix = ".log" | ".index" | ".timeindex" | ".snapshot" | ".txnindex";

export interface SegmentStorage {
  readonly disk: Disk;
  readonly files: FilePool;
}

interface Indexes {
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
}

/**
 * One file of batches with its two indexes. Knows what has been given to it, which a log that is
 * behind with its writes may not have written yet.
 *
 * The indexes of a segment that is appended to are in memory, and on the disk from the next flush,
 * roll or close on; after a crash they are made anew from the batches. Those of older segments are
 * read when they are needed.
 */
export class Segment {
  readonly baseOffset: number;
  readonly #storage: SegmentStorage;
  readonly #directory: string;
  readonly createdMs: number;
  #size = 0;
  #indexes: Indexes | undefined;
  /** The indexes in memory are ahead of their files. */
  #indexesChanged = false;
  #bytesSinceEntry = 0;
  #maxTimestamp = -1;
  #offsetOfMaxTimestamp: number;
  #firstTimestamp: number | undefined;

  constructor(
    storage: SegmentStorage,
    place: { readonly directory: string; readonly baseOffset: number; readonly createdMs: number },
  ) {
    this.#storage = storage;
    this.#directory = place.directory;
    this.baseOffset = place.baseOffset;
    this.createdMs = place.createdMs;
    this.#offsetOfMaxTimestamp = place.baseOffset;
  }

  /** Bytes of batches, those that are not written yet among them. */
  get size(): number {
    return this.#size;
  }

  /** The largest timestamp of any record; -1 if there is none. */
  get maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  /** Last offset of the batch that has the largest timestamp. */
  get offsetOfMaxTimestamp(): number {
    return this.#offsetOfMaxTimestamp;
  }

  /** Of the first batch: what rolling by time counts from. */
  get firstTimestamp(): number | undefined {
    return this.#firstTimestamp;
  }

  get indexBytes(): number {
    const { offsets, times } = this.#loaded();
    return Math.max(offsets.sizeInBytes, times.sizeInBytes);
  }

  get path(): string {
    return this.#file(".log");
  }

  /** The file of batches, for work that is done before the caller returns. */
  file(): DiskFile {
    return this.#storage.files.use(this.path);
  }

  during<T>(work: (file: DiskFile) => Promise<T>): Promise<T> {
    return this.#storage.files.during(this.path, work);
  }

  /** A batch comes at the end. Its bytes are the log's to write. */
  add(header: BatchHeader, indexIntervalBytes: number): void {
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    if (header.maxTimestamp > this.#maxTimestamp) {
      this.#maxTimestamp = header.maxTimestamp;
      this.#offsetOfMaxTimestamp = lastOffset;
    }
    this.#firstTimestamp ??= header.maxTimestamp;
    this.#indexes ??= {
      offsets: new OffsetIndex(this.baseOffset),
      times: new TimeIndex(this.baseOffset),
    };
    if (this.#bytesSinceEntry > indexIntervalBytes) {
      this.#indexes.offsets.append(lastOffset, this.#size);
      this.#indexes.times.append(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
      this.#indexesChanged = true;
      this.#bytesSinceEntry = 0;
    }
    this.#size += header.sizeInBytes;
    this.#bytesSinceEntry += header.sizeInBytes;
  }

  /** A position at or before the batch that holds `offset`, near it. */
  positionBefore(offset: number): number {
    return this.#loaded().offsets.positionBefore(offset);
  }

  /** An offset from which on to look for a record of that time or later. */
  offsetBeforeTime(timestamp: number): number {
    return this.#loaded().times.offsetBefore(timestamp);
  }

  /**
   * Takes over what a clean shutdown left, without looking at the batches.
   * False if the indexes cannot be those of the batches: then the segment must be recovered.
   */
  async load(): Promise<boolean> {
    this.#size = this.file().size;
    const [offsetBytes, timeBytes] = await Promise.all([
      this.#storage.disk.readFile(this.#file(".index")),
      this.#storage.disk.readFile(this.#file(".timeindex")),
    ]);
    if (offsetBytes === undefined || timeBytes === undefined) return this.#size === 0;
    const offsets = OffsetIndex.read(this.baseOffset, offsetBytes);
    const times = TimeIndex.read(this.baseOffset, timeBytes);
    if (!offsets.isSane(this.#size) || times.lastOffset < this.baseOffset) return false;
    this.#indexes = { offsets, times };
    this.#maxTimestamp = times.lastTimestamp;
    this.#offsetOfMaxTimestamp = times.lastOffset;
    return true;
  }

  /** Forgets everything, to be told of the batches again one by one. */
  reset(): void {
    this.#size = 0;
    this.#bytesSinceEntry = 0;
    this.#maxTimestamp = -1;
    this.#offsetOfMaxTimestamp = this.baseOffset;
    this.#firstTimestamp = undefined;
    this.#indexes = {
      offsets: new OffsetIndex(this.baseOffset),
      times: new TimeIndex(this.baseOffset),
    };
    this.#indexesChanged = true;
  }

  /** The last batch of a segment that is closed for good, or for now, goes into the time index. */
  closeTimeIndex(): void {
    if (this.#size === 0) return;
    const { times } = this.#loaded();
    const before = times.sizeInBytes;
    times.append(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
    if (times.sizeInBytes !== before) this.#indexesChanged = true;
  }

  /** Writes the indexes if they have changed. */
  async writeIndexes(): Promise<void> {
    const indexes = this.#indexes;
    if (indexes === undefined || !this.#indexesChanged) return;
    this.#indexesChanged = false;
    await this.#overwrite(".index", indexes.offsets.toBytes());
    await this.#overwrite(".timeindex", indexes.times.toBytes());
  }

  /** Makes the files of a segment that nothing has been written to. */
  createFiles(): void {
    this.file();
    for (const suffix of [".index", ".timeindex"] as const) {
      this.#storage.disk.openSync(this.#file(suffix)).closeSync();
    }
  }

  /** The memory of the indexes is given back; they are read again when they are needed. */
  unloadIndexes(): void {
    if (!this.#indexesChanged) this.#indexes = undefined;
  }

  /** Makes the batches durable, then the indexes. */
  async sync(): Promise<void> {
    await this.during((file) => file.sync());
    await this.writeIndexes();
  }

  async delete(): Promise<void> {
    await this.#storage.files.close(this.path);
    for (const suffix of [".log", ".index", ".timeindex", ".txnindex"] as const) {
      await this.#storage.disk.remove(this.#file(suffix));
    }
  }

  #loaded(): Indexes {
    this.#indexes ??= {
      offsets: OffsetIndex.read(this.baseOffset, this.#readSync(".index")),
      times: TimeIndex.read(this.baseOffset, this.#readSync(".timeindex")),
    };
    return this.#indexes;
  }

  #readSync(suffix: SegmentSuffix): Buffer {
    const file = this.#storage.disk.openSync(this.#file(suffix));
    try {
      const bytes = Buffer.allocUnsafe(file.size);
      return bytes.subarray(0, file.readSync(bytes, 0));
    } finally {
      file.closeSync();
    }
  }

  async #overwrite(suffix: SegmentSuffix, bytes: Buffer): Promise<void> {
    const file = await this.#storage.disk.open(this.#file(suffix));
    try {
      await file.truncate(0);
      if (bytes.length > 0) await file.append(bytes);
    } finally {
      await file.close();
    }
  }

  #file(suffix: SegmentSuffix): string {
    return segmentFile(this.#directory, this.baseOffset, suffix);
  }
}
