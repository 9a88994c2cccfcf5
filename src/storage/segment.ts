import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  baseOffsetAt,
  lastOffsetAt,
  MAGIC_V2,
  magicAt,
  maxTimestampAt,
  readBatchHeader,
  sizeInBytesAt,
} from "../records/batch.ts";
import type { FilePool } from "./file-pool.ts";
import type { Disk, DiskFile } from "./fs.ts";
import type { LoadedIndexes } from "./loaded-indexes.ts";
import { newestBatch } from "./newest-batch.ts";
import { OffsetIndex } from "./offset-index.ts";
import { TimeIndex } from "./time-index.ts";

/** Kafka's names: 20 digits of the base offset, and what is in the file. */
export function segmentName(baseOffset: number, suffix: SegmentSuffix): string {
  return `${String(baseOffset).padStart(20, "0")}${suffix}`;
}

export function segmentFile(directory: string, baseOffset: number, suffix: SegmentSuffix): string {
  return `${directory}/${segmentName(baseOffset, suffix)}`;
}

export type SegmentSuffix = ".log" | ".index" | ".timeindex" | ".snapshot" | ".txnindex";

/** What the files of a segment are called that is made by the cleaner, until it takes its place. */
export type SegmentEnding = "" | ".cleaned" | ".swap";

/** The files that belong to a segment alone, in the order in which they are renamed. */
export const SEGMENT_FILES = [".log", ".index", ".timeindex", ".txnindex"] as const;

/** Where the files of a log are; it may be renamed. */
interface Folder {
  readonly directory: string;
}

export interface SegmentStorage {
  readonly disk: Disk;
  readonly files: FilePool;
  readonly indexes: LoadedIndexes;
}

/** A batch in a segment's file. */
export interface BatchPlace {
  readonly position: number;
  readonly batchBytes: number;
}

/** What one look for a batch reads: a few index intervals. */
const SCAN_BYTES = 16 * 1024;
const scratch = Buffer.allocUnsafeSlow(SCAN_BYTES);

const SMALL_INDEX_BYTES = 12;

/** Of indexes that are made anew because those on the disk are wrong. */
const REBUILT_INTERVAL_BYTES = 4096;

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
  readonly #folder: Folder;
  /** The name of the file of batches, and the folder for which it was put together. */
  #path = "";
  #pathFolder: string | undefined;
  #isRetired = false;
  #ending: SegmentEnding;
  readonly createdMs: number;
  #size = 0;
  #indexes: Indexes | undefined;
  /** Batches came since the indexes were last written: only memory has them whole. */
  #isUnsealed = false;
  /** The file of the offset index has no entries. */
  #isWithoutOffsets = false;
  #bytesSinceEntry = 0;
  #maxTimestamp = -1;
  #offsetOfMaxTimestamp: number;
  #firstTimestamp: number | undefined;

  constructor(
    storage: SegmentStorage,
    place: {
      readonly folder: Folder;
      readonly baseOffset: number;
      readonly createdMs: number;
      readonly ending: SegmentEnding;
    },
  ) {
    this.#storage = storage;
    this.#folder = place.folder;
    this.baseOffset = place.baseOffset;
    this.createdMs = place.createdMs;
    this.#ending = place.ending;
    this.#offsetOfMaxTimestamp = place.baseOffset;
  }

  /** Bytes of batches, those that are not written yet among them. */
  get size(): number {
    return this.#size;
  }

  /** Its indexes are not on the disk as they are in memory. */
  get isUnsealed(): boolean {
    return this.#isUnsealed;
  }

  /** The largest timestamp of any record; -1 if there is none. */
  get maxTimestamp(): number {
    this.#loaded();
    return this.#maxTimestamp;
  }

  /** Last offset of the batch that has the largest timestamp. */
  get offsetOfMaxTimestamp(): number {
    this.#loaded();
    return this.#offsetOfMaxTimestamp;
  }

  /** The largest timestamp of the first batch: what rolling by time counts from. -1: none. */
  get firstTimestamp(): number {
    this.#firstTimestamp ??= this.#readFirstTimestamp();
    return this.#firstTimestamp;
  }

  get indexBytes(): number {
    const { offsets, times } = this.indexSizes();
    return Math.max(offsets, times);
  }

  /** Bytes of either index. */
  indexSizes(): { readonly offsets: number; readonly times: number } {
    // Those of a full segment need not be read for that.
    if (this.#indexes === undefined && !this.#isUnsealed) {
      return { offsets: this.#sizeOf(".index") ?? 0, times: this.#sizeOf(".timeindex") ?? 0 };
    }
    const { offsets, times } = this.#loaded();
    return { offsets: offsets.sizeInBytes, times: times.sizeInBytes };
  }

  get path(): string {
    if (this.#pathFolder !== this.#folder.directory) {
      this.#path = this.#file(".log");
      this.#pathFolder = this.#folder.directory;
    }
    return this.#path;
  }

  /**
   * The file of batches, for work that is done before the caller returns.
   *
   * @throws KafkaError OFFSET_OUT_OF_RANGE if the segment has been deleted.
   */
  file(): DiskFile {
    this.#checkThere();
    return this.#storage.files.use(this.path);
  }

  async during<T>(work: (file: DiskFile) => Promise<T>): Promise<T> {
    this.#checkThere();
    return this.#storage.files.during(this.path, work);
  }

  /** A batch comes at the end. Its bytes are the log's to write. */
  add(header: BatchHeader, indexIntervalBytes: number): void {
    if (!this.#isUnsealed) {
      this.#loaded();
      this.#storage.indexes.forget(this);
      this.#isUnsealed = true;
    }
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    if (header.maxTimestamp > this.#maxTimestamp) {
      this.#maxTimestamp = header.maxTimestamp;
      this.#offsetOfMaxTimestamp = lastOffset;
    }
    if (this.#size === 0) this.#firstTimestamp = header.maxTimestamp;
    if (this.#bytesSinceEntry > indexIntervalBytes) {
      const { offsets, times } = this.#loaded();
      offsets.append(lastOffset, this.#size);
      times.append(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
      this.#bytesSinceEntry = 0;
    }
    this.#size += header.sizeInBytes;
    this.#bytesSinceEntry += header.sizeInBytes;
  }

  /** A position at or before the batch that holds `offset`, near it. */
  positionBefore(offset: number): number {
    return this.#loaded().offsets.positionBefore(offset);
  }

  /** Where a batch begins that is at or before this position, near it. */
  batchStartUpTo(position: number): number {
    return position <= 0 ? 0 : this.#loaded().offsets.positionUpTo(position);
  }

  /**
   * Where the batch lies that holds `offset`, or else the next one; undefined if there is none.
   * Indexes that lead to no such batch are made anew.
   *
   * @param hint a position at which a batch begins, at or before the one wanted.
   * @throws KafkaError CORRUPT_MESSAGE if the batches are not what was written.
   */
  locate(offset: number, hint?: number): BatchPlace | undefined {
    const from = hint ?? this.positionBefore(offset);
    const found = this.#scan(offset, from);
    if (found !== "broken") return found;
    this.#reindex();
    const again = this.#scan(offset, this.positionBefore(offset));
    if (again === "broken") {
      throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `${this.path} is damaged`);
    }
    return again;
  }

  #scan(offset: number, from: number): BatchPlace | undefined | "broken" {
    const file = this.file();
    let position = from;
    while (position < this.#size) {
      const count = file.readSync(scratch, position);
      let at = 0;
      while (at + BATCH_HEADER_BYTES <= count) {
        const batchBytes = sizeInBytesAt(scratch, at);
        const isWrong = magicAt(scratch, at) !== MAGIC_V2 || batchBytes < BATCH_HEADER_BYTES;
        if (isWrong || (position === from && at === 0 && !this.#mayBegin(from, offset))) {
          return "broken";
        }
        if (lastOffsetAt(scratch, at) >= offset) return { position: position + at, batchBytes };
        at += batchBytes;
      }
      // What is left is not even a header: it has not been written yet.
      if (at === 0) return undefined;
      position += at;
    }
    return undefined;
  }

  /** A scan for `offset` begins with the batch in the scratch buffer, or it begins too far on. */
  #mayBegin(position: number, offset: number): boolean {
    return position === 0 || baseOffsetAt(scratch, 0) <= offset;
  }

  /** Reads the indexes off the batches. */
  #reindex(): Indexes {
    const file = this.file();
    const size = Math.min(this.#size, file.size);
    const header = Buffer.alloc(BATCH_HEADER_BYTES);
    this.reset();
    while (this.#size < size) {
      const count = file.readSync(header, this.#size);
      if (count < header.length || magicAt(header, 0) !== MAGIC_V2) break;
      this.add(readBatchHeader(header, 0), REBUILT_INTERVAL_BYTES);
    }
    return this.#loaded();
  }

  /** An offset from which on to look for a record of that time or later. */
  offsetBeforeTime(timestamp: number): number {
    return this.#loaded().times.offsetBefore(timestamp);
  }

  /**
   * Takes over what is in the file as it is: it was durable, or closed in order.
   * False if it has no indexes that could be its own: then it must be looked through.
   */
  adopt(): boolean {
    this.#size = this.#sizeOf(".log") ?? 0;
    if (this.#size === 0) return true;
    const offsets = this.#sizeOf(".index") ?? -1;
    const times = this.#sizeOf(".timeindex") ?? -1;
    this.#isWithoutOffsets = offsets === 0;
    // A segment that was sealed has at least the time of its last batch.
    return OffsetIndex.mayBeSize(offsets) && TimeIndex.mayBeSize(times) && times > 0;
  }

  /** Reads the headers from the last index entry on. The offset after the last batch. */
  readEndOffset(): number {
    let endOffset = this.baseOffset;
    // Most partitions of a broker with many are small: their indexes are not worth being read.
    let position = this.#isWithoutOffsets ? 0 : this.positionBefore(Number.MAX_SAFE_INTEGER);
    const file = this.file();
    while (position < this.#size) {
      const count = file.readSync(scratch, position);
      let at = 0;
      while (at + BATCH_HEADER_BYTES <= count && sizeInBytesAt(scratch, at) > 0) {
        endOffset = lastOffsetAt(scratch, at) + 1;
        at += sizeInBytesAt(scratch, at);
      }
      if (at === 0) break;
      position += at;
    }
    return endOffset;
  }

  /** Forgets everything, to be told of the batches again one by one. */
  reset(): void {
    this.#size = 0;
    this.#bytesSinceEntry = 0;
    this.#maxTimestamp = -1;
    this.#offsetOfMaxTimestamp = this.baseOffset;
    this.#firstTimestamp = undefined;
    this.#indexes = undefined;
    this.#storage.indexes.forget(this);
    this.#isUnsealed = true;
  }

  /**
   * Forgets the batches from `offset` on, and whatever lies of them in the file. Those before it are in
   * the file as a whole.
   */
  cut(offset: number, indexIntervalBytes: number): void {
    const { offsets, times } = this.#loaded();
    this.#storage.indexes.forget(this);
    this.#isUnsealed = true;
    offsets.truncate(offset);
    times.truncate(offset);
    this.#size = offsets.lastPosition;
    this.#bytesSinceEntry = 0;
    this.#maxTimestamp = times.lastTimestamp;
    this.#offsetOfMaxTimestamp = times.lastOffset;
    const file = this.file();
    const header = Buffer.alloc(BATCH_HEADER_BYTES);
    while (file.readSync(header, this.#size) === header.length) {
      if (baseOffsetAt(header, 0) >= offset || magicAt(header, 0) !== MAGIC_V2) break;
      this.add(readBatchHeader(header, 0), indexIntervalBytes);
    }
    if (this.#size === 0) this.#firstTimestamp = undefined;
    file.truncateSync(this.#size);
  }

  /** Makes the batches durable. */
  sync(): Promise<void> {
    return this.during((file) => file.sync());
  }

  /**
   * Makes all of it durable, with indexes that a start can trust: the last batch goes into the time
   * index. For a segment that is full, or closed for now.
   */
  async seal(): Promise<void> {
    await this.sync();
    if (this.#size > 0) {
      this.#loaded().times.append(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
    }
    const { offsets, times } = this.#loaded();
    const mustSync = !isSmall({ offsets, times });
    await this.#overwrite(".index", offsets.toBytes(), mustSync);
    await this.#overwrite(".timeindex", times.toBytes(), mustSync);
    this.#isUnsealed = false;
    this.#storage.indexes.note(this, offsets.sizeInBytes + times.sizeInBytes);
  }

  /** Makes the file of a segment that nothing has been written to; the indexes come with a flush. */
  createFile(): void {
    const file = this.file();
    if (file.size > 0) file.truncateSync(0);
    this.reset();
  }

  /** Its `.txnindex`, which is not there where no transaction was aborted. */
  readTransactions(): Buffer {
    const size = this.#sizeOf(".txnindex") ?? 0;
    const bytes = size > 0 ? this.#storage.disk.readFileSync(this.#file(".txnindex")) : undefined;
    return bytes ?? Buffer.alloc(0);
  }

  writeTransactions(bytes: Buffer): void {
    if (bytes.length > 0) this.#storage.disk.replaceFileSync(this.#file(".txnindex"), bytes);
    else this.#storage.disk.removeSync(this.#file(".txnindex"));
  }

  /** The memory of the indexes is given back; they are read again when they are needed. */
  unloadIndexes(): void {
    if (!this.#isUnsealed) this.#indexes = undefined;
  }

  /** Removes its files at once. */
  delete(): void {
    this.retire();
    for (const suffix of SEGMENT_FILES) {
      this.#storage.disk.removeSync(this.#file(suffix));
    }
  }

  /**
   * Its files get another ending, at once. Whoever works on them has opened them already.
   */
  rename(ending: SegmentEnding): void {
    this.#storage.files.close(this.path);
    const from = SEGMENT_FILES.map((suffix) => this.#file(suffix));
    this.#ending = ending;
    this.#pathFolder = undefined;
    for (const [i, suffix] of SEGMENT_FILES.entries()) {
      const path = from[i] as string;
      if (this.#storage.disk.sizeSync(path) === undefined) continue;
      this.#storage.disk.renameSync(path, this.#file(suffix));
    }
  }

  /** Its files have been taken away, or are about to be. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Its files go: whoever still holds it must not make them again. */
  retire(): void {
    this.#isRetired = true;
    this.close();
  }

  #checkThere(): void {
    if (!this.#isRetired) return;
    throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, `${this.path} has been deleted`);
  }

  /** Lets go of the file and of memory. */
  close(): void {
    this.#storage.files.close(this.path);
    this.#storage.indexes.forget(this);
  }

  #loaded(): Indexes {
    if (this.#indexes !== undefined) return this.#indexes;
    if (this.#isUnsealed) {
      this.#indexes = {
        offsets: new OffsetIndex(this.baseOffset),
        times: new TimeIndex(this.baseOffset),
      };
      return this.#indexes;
    }
    const { disk } = this.#storage;
    const offsets = disk.readFileSync(this.#file(".index")) ?? Buffer.alloc(0);
    const times = disk.readFileSync(this.#file(".timeindex")) ?? Buffer.alloc(0);
    const read = this.#take({
      offsets: OffsetIndex.read(this.baseOffset, offsets),
      times: TimeIndex.read(this.baseOffset, times),
    });
    const isSane = read.offsets.isSane(this.#size) && read.times.lastOffset >= this.baseOffset;
    return isSane && (!isSmall(read) || this.#isNewest(read.times)) ? read : this.#reindex();
  }

  /** Whether the batches say the same: a small index may be another one after a power cut. */
  #isNewest(times: TimeIndex): boolean {
    const { maxTimestamp, lastOffset } = newestBatch(this.file(), this.#size);
    return times.lastTimestamp === maxTimestamp && times.lastOffset === lastOffset;
  }

  /** Indexes that were read. */
  #take(indexes: Indexes): Indexes {
    const { offsets, times } = indexes;
    this.#indexes = indexes;
    this.#maxTimestamp = times.lastTimestamp;
    this.#offsetOfMaxTimestamp = times.lastOffset;
    this.#storage.indexes.note(this, offsets.sizeInBytes + times.sizeInBytes);
    return indexes;
  }

  #sizeOf(suffix: SegmentSuffix): number | undefined {
    return this.#storage.disk.sizeSync(this.#file(suffix));
  }

  #readFirstTimestamp(): number {
    const header = Buffer.alloc(BATCH_HEADER_BYTES);
    return this.file().readSync(header, 0) < header.length ? -1 : maxTimestampAt(header, 0);
  }

  /** Where both are small they need not be durable: they are held against the batches when read. */
  async #overwrite(suffix: SegmentSuffix, bytes: Buffer, mustSync: boolean): Promise<void> {
    if (this.#isRetired) return;
    if (!mustSync) {
      this.#storage.disk.replaceFileSync(this.#file(suffix), bytes);
      return;
    }
    const file = await this.#storage.disk.open(this.#file(suffix));
    try {
      await file.truncate(0);
      if (bytes.length > 0) await file.append(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  #file(suffix: SegmentSuffix): string {
    return segmentFile(this.#folder.directory, this.baseOffset, suffix) + this.#ending;
  }
}

/** Of a segment so small that little has to be looked through without them. */
function isSmall({ offsets, times }: Indexes): boolean {
  return Math.max(offsets.sizeInBytes, times.sizeInBytes) <= SMALL_INDEX_BYTES;
}
