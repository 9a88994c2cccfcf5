import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { type BatchHeader, readBatchHeader, stampOffsets } from "../records/batch.ts";
import { batchesIn } from "../records/records.ts";
import { validateForAppend } from "../records/validator.ts";
import { ClosedContent } from "./closed-content.ts";
import { SegmentSwap } from "./compaction/segment-swap.ts";
import { KnownEpochs } from "./known-epochs.ts";
import {
  type Appended,
  type AppendOptions,
  type LogContent,
  type LogContext,
  type LogParts,
  type LogPlace,
  type RepeatedBatch,
  repeated,
} from "./log-content.ts";
import type { LogFiles } from "./log-files.ts";
import { LogProgress } from "./log-progress.ts";
import {
  EMPTY_SLICE,
  LogReader,
  type LogSlice,
  type ReadOptions,
  type TimestampedOffset,
} from "./log-reader.ts";
import { LogSegments, type SegmentSizes } from "./log-segments.ts";
import { type LogSettings, rulesFor } from "./log-settings.ts";
import { LogSyncer } from "./log-syncer.ts";
import { LogWriter } from "./log-writer.ts";
import { ProducerStates } from "./producer-states.ts";
import { loadProducers } from "./recovery.ts";
import { countExpired } from "./retention.ts";
import type { Segment } from "./segment.ts";
import { SegmentRoll } from "./segment-roll.ts";
import { storageError } from "./storage-error.ts";
import type { LogTail } from "./tail-cache.ts";
import { TimeLookup } from "./time-lookup.ts";
import { cutSegments, truncateContent } from "./truncation.ts";

export type { Appended, LogContent, LogParts, LogPlace } from "./log-content.ts";
export type { LogSlice, TimestampedOffset } from "./log-reader.ts";

const DONE = Promise.resolve();

/**
 * The batches of one partition, in offset order, in segment files of Kafka's format.
 *
 * `append` assigns offsets at once and in call order; its promise is only about the disk. Nothing is
 * read that is not written. A log without records has no files.
 *
 * Invariant: startOffset <= writtenOffset <= endOffset.
 */
export class Log {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  /** For the cleaner: puts segments in the place of others. */
  readonly #files: LogFiles;
  readonly #parts: LogParts;
  readonly #writer: LogWriter;
  readonly #syncer: LogSyncer;
  readonly #reader: LogReader;
  readonly #tail: LogTail;
  readonly #segments: LogSegments;
  readonly #roll: SegmentRoll;
  readonly #progress: LogProgress;
  readonly #epochs: KnownEpochs;
  #producers: ProducerStates | undefined;
  #startOffset: number;
  #endOffset: number;
  /** Segments that were appended to since the start: their pages are likely to be in memory. */
  #hotFrom: number;
  /** Made for the cleaner, which most logs never see. */
  #swap: SegmentSwap | undefined;
  /** Nothing but what was acknowledged is there, after a failure that may pass. */
  #isRewound = false;
  /** The files are not as a start without recovery needs them. */
  #isDirty: boolean;

  constructor(place: LogPlace, content: LogContent, context: LogContext) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.topicId = place.topicId;
    this.#files = context.files;
    this.#parts = context.parts;
    this.#segments = new LogSegments(content);
    this.#epochs = new KnownEpochs(content, context.files);
    this.#startOffset = content.startOffset;
    this.#endOffset = content.endOffset;
    this.#hotFrom = content.endOffset;
    this.#isDirty = content.recoveryPoint < content.endOffset || context.isRecovered;
    this.#tail = context.parts.tails.newTail();
    this.#reader = new LogReader(context.parts.buffers, this.#tail);
    const { files, parts, settings } = context;
    const { clock } = parts;
    const start = { settings, writtenOffset: content.endOffset };
    this.#progress = new LogProgress(this, start, context);
    this.#syncer = new LogSyncer(files, clock, content.recoveryPoint, this.#progress);
    this.#progress.syncer = this.#syncer;
    this.#writer = new LogWriter(parts.writes, clock, this.#progress);
    this.#roll = new SegmentRoll(this.#segments, this, { files, syncer: this.#syncer, clock });
    // Those that were looked through have their indexes in memory alone.
    if (!(content instanceof ClosedContent)) this.#roll.sealFull();
  }

  /** How the cleaner puts segments in the place of others. */
  get swap(): SegmentSwap {
    this.#swap ??= new SegmentSwap(this.#files, this.#segments, {
      tail: this.#tail,
      deleteDelayMs: () => this.settings.fileDeleteDelayMs,
      settle: () => this.#settleSegments(),
    });
    return this.#swap;
  }

  get settings(): LogSettings {
    return this.#progress.settings;
  }

  get startOffset(): number {
    return this.#startOffset;
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** Everything below is as safe as the settings ask. */
  get writtenOffset(): number {
    return this.#progress.writtenOffset;
  }

  /** Everything below is on the disk: a crash has only to look at what is behind. */
  get recoveryPoint(): number {
    return this.#syncer.recoveryPoint;
  }

  get sizeInBytes(): number {
    return this.#segments.sizeInBytes;
  }

  /** Why nothing can be appended any more; undefined: it can. */
  get failure(): KafkaError | undefined {
    return (
      this.#parts.directory.failure ??
      this.#writer.failure ??
      this.#syncer.failure ??
      this.#swap?.failure
    );
  }

  get hasFiles(): boolean {
    return !this.#segments.isEmpty;
  }

  /** Of the segments, once it is closed. */
  get sizes(): SegmentSizes {
    return this.#segments.sizes;
  }

  /** The oldest first; the last one is appended to. */
  get segments(): readonly Segment[] {
    return this.#segments.all;
  }

  /** Read from the disk when they are first asked for. */
  get producers(): ProducerStates {
    if (this.#producers === undefined) {
      const { disk, clock } = this.#parts;
      const places = { disk, files: this.#files };
      this.#producers = this.hasFiles
        ? loadProducers(places, this.#segments.all, this.#endOffset)
        : new ProducerStates();
      this.#producers.expire(clock.now() - this.#progress.settings.producerIdExpirationMs);
    }
    return this.#producers;
  }

  /** Epoch of the latest leader; -1 if there has been none. */
  get latestEpoch(): number {
    return this.#epochs.latest;
  }

  /** The settings are others from now on. */
  updateSettings(settings: LogSettings): void {
    this.#progress.settings = settings;
  }

  /**
   * Takes one batch: validates it, looks whether its producer may send it now, gives it its offsets.
   *
   * @throws RecordsRefused, and KafkaError INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER,
   *   KAFKA_STORAGE_ERROR.
   */
  append(records: Buffer, options: AppendOptions): Appended {
    if (this.failure !== undefined) throw this.failure;
    const { bytes, header, logAppendTime } = validateForAppend(
      records,
      rulesFor(this, this.#progress.settings, this.#parts.clock.now(), options.origin),
      options.prepared,
    );
    if (bytes.length > this.#progress.settings.segmentBytes) {
      throw new KafkaError(
        ErrorCode.RECORD_LIST_TOO_LARGE,
        `a batch of ${bytes.length} bytes, a segment takes ${this.#progress.settings.segmentBytes}`,
      );
    }
    if (header.producerId >= 0 && options.origin === "client") {
      const earlier = this.producers.check(header);
      if (earlier !== undefined) return this.#repeat(earlier);
    }
    const baseOffset = this.#endOffset;
    const lastOffset = baseOffset + header.lastOffsetDelta;
    stampOffsets(bytes, 0, baseOffset, options.leaderEpoch);
    const placed = { ...header, baseOffset, partitionLeaderEpoch: options.leaderEpoch };
    const written = this.#add(placed, bytes);
    const logStartOffset = this.#startOffset;
    return { baseOffset, lastOffset, logAppendTime, logStartOffset, duplicate: false, written };
  }

  /**
   * Takes whole batches of another log of this partition, with the offsets and epochs they have.
   *
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  async appendCopies(batches: Buffer): Promise<void> {
    let written = DONE;
    for (const at of batchesIn(batches)) {
      if (this.failure !== undefined) throw this.failure;
      const header = readBatchHeader(batches, at);
      if (header.baseOffset < this.#endOffset) {
        throw new Error(`a copy of ${header.baseOffset}, the end is ${this.#endOffset}`);
      }
      written = this.#add(header, batches.subarray(at, at + header.sizeInBytes));
    }
    await written;
  }

  /** Even without records, a log that does not begin at 0 has to be found again. */
  ensureFiles(): void {
    if (this.hasFiles) return;
    this.#files.create();
    this.#roll.start();
    this.#files.saveEpochs(this.#epochs.all);
  }

  /**
   * Batches from the one that holds `offset` on, up to `upTo` and to what is written.
   *
   * @throws KafkaError OFFSET_OUT_OF_RANGE before the start and beyond the end.
   */
  read(offset: number, options: ReadOptions): LogSlice | Promise<LogSlice> {
    if (offset < this.#startOffset || offset > this.#endOffset) {
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `offset ${offset} is not in [${this.#startOffset}, ${this.#endOffset}]`,
      );
    }
    const upTo = Math.min(options.upTo, this.#progress.writtenOffset);
    if (offset >= upTo || (options.maxBytes <= 0 && !options.minOne)) return EMPTY_SLICE;
    const limits = { ...options, upTo };
    const cached = this.#reader.readTail(offset, limits);
    if (cached !== undefined) return cached;
    const segments = this.#segments.all;
    for (let i = this.#segments.indexOf(offset); i < segments.length; i++) {
      const segment = segments[i] as Segment;
      const isHot = segment.baseOffset >= this.#hotFrom || offset >= this.#hotFrom;
      const end = segments[i + 1]?.baseOffset ?? this.#endOffset;
      const slice = this.#reader.readSegment(segment, offset, { ...limits, isHot, end });
      if (slice !== undefined) return slice;
    }
    return EMPTY_SLICE;
  }

  /** About how many bytes lie between two offsets, more than 0 if any: arithmetic in memory. */
  bytesBetween(offset: number, upTo: number): number {
    return this.#segments.bytesBetween(offset, upTo, this.#tail, this.#endOffset);
  }

  /** The first record before `upTo` that is of that time or later. */
  offsetForTimestamp(timestamp: number, upTo: number): Promise<TimestampedOffset | undefined> {
    return new TimeLookup(this.#segments, this.#reader).firstAt(timestamp, this.#rangeTo(upTo));
  }

  /** The first record that has the largest timestamp of all. */
  maxTimestamp(upTo: number): Promise<TimestampedOffset | undefined> {
    return new TimeLookup(this.#segments, this.#reader).latest(this.#rangeTo(upTo));
  }

  /** A new leader begins here, even if it never writes anything. */
  assignEpoch(epoch: number): void {
    // It is written with the next batch, or at the end: the metadata knows it as well.
    if (epoch > this.latestEpoch) this.#epochs.all.begin(epoch, this.#endOffset);
  }

  endOffsetForEpoch(epoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    return this.#epochs.all.endOf(epoch, this.#endOffset);
  }

  /** Epoch in which the record at an offset was written; -1 if it is not known. */
  epochForOffset(offset: number): number {
    return this.#epochs.all.epochFor(offset);
  }

  /** Drops what the settings say is too old or too much: full segments, or all if all are old. */
  async deleteOldSegments(): Promise<void> {
    await this.#files.deleteRest(this.settings.fileDeleteDelayMs);
    if (!this.#progress.settings.deleted || (this.failure !== undefined && !this.#isRewound))
      return;
    const count = countExpired(this.#segments.all, this.#progress.settings, {
      nowMs: this.#parts.clock.now(),
      endOffset: this.#endOffset,
      writtenOffset: this.#progress.writtenOffset,
    });
    if (count === 0) return;
    const begin = this.#segments.all[count]?.baseOffset;
    if (begin === undefined) {
      this.#files.saveSnapshot(this.#endOffset, this.producers, false);
      this.#roll.start();
    }
    await this.deleteRecordsBefore(begin ?? this.#endOffset);
  }

  /** Moves the start. Segments that lie before it as a whole are dropped. */
  async deleteRecordsBefore(offset: number): Promise<void> {
    if (offset <= this.#startOffset) return;
    this.#startOffset = Math.min(offset, this.#endOffset);
    this.#epochs.all.truncateFromStart(this.#startOffset);
    if (this.hasFiles) this.#epochs.keep();
    await this.#swap?.settled();
    await this.#files.syncBeforeDeletion();
    const dropped = this.#segments.takeBefore(this.#startOffset);
    await this.#files.deleteSegments(dropped, this.settings.fileDeleteDelayMs);
  }

  /** What was deleted stays deleted, whatever happens next: not only what went with its segment. */
  async keepStart(): Promise<void> {
    try {
      await this.#parts.directory.checkpointStarts();
    } catch (error) {
      // Whoever deletes may do so because the disk is full; it is written down later.
      this.#parts.logger.warn("where logs begin is not written down yet", { error });
    }
  }

  /**
   * Forgets what lies at or behind `offset`, for a leader knows better. A batch that holds it goes as
   * a whole. Nothing may be appended meanwhile.
   */
  async truncateTo(offset: number): Promise<void> {
    await this.settled();
    if (offset >= this.#endOffset) return;
    await this.#swap?.settled();
    this.#reader.forget(this.#segments.all);
    this.#isDirty = true;
    const { clock, disk, logger } = this.#parts;
    this.#producers = undefined;
    const content = truncateContent(
      {
        segments: this.#segments.all,
        startOffset: this.#startOffset,
        endOffset: this.#endOffset,
        recoveryPoint: this.recoveryPoint,
        epochs: this.#epochs.all,
      },
      offset,
      { disk, logger, files: this.#files, nowMs: clock.now(), settings: this.#progress.settings },
    );
    this.#segments.reset(content.segments);
    this.#startOffset = content.startOffset;
    this.#endOffset = content.endOffset;
    this.#progress.writtenOffset = this.#endOffset;
    this.#syncer.moveBack(this.#endOffset);
  }

  /** The first offset that belongs to a transaction that is not decided, else the written end. */
  get lastStableOffset(): number {
    let offset = this.#progress.writtenOffset;
    for (const { transactionFirstOffset } of this.producers.all()) {
      if (transactionFirstOffset >= 0) offset = Math.min(offset, transactionFirstOffset);
    }
    return offset;
  }

  /** Forgets producers that have been silent for `producer.id.expiration.ms`. */
  expireProducers(): void {
    this.#producers?.expire(
      this.#parts.clock.now() - this.#progress.settings.producerIdExpirationMs,
    );
  }

  /**
   * Makes everything durable that is written now.
   *
   * @throws KafkaError KAFKA_STORAGE_ERROR; the log takes no more then, for nobody knows what the disk
   *   has kept.
   */
  async flush(): Promise<void> {
    await this.settled();
    if (this.failure !== undefined) throw this.failure;
    const endOffset = this.#progress.writtenOffset;
    if (endOffset <= this.recoveryPoint) return;
    const { active } = this.#segments;
    if (active !== undefined) await this.#syncer.flush(active, endOffset);
  }

  /** Leaves the files as a start without recovery needs them. @throws as {@link flush}. */
  async close(): Promise<void> {
    this.#syncer.stopTimer();
    await this.settled();
    await this.#swap?.settled();
    const active = this.#isDirty ? this.#segments.active : undefined;
    if (this.failure === undefined && active !== undefined) {
      this.#epochs.keep();
      // Nobody has written yet (ProducerStateManager.takeSnapshot).
      if (this.#endOffset > 0) this.#files.saveSnapshot(this.#endOffset, this.producers, true);
      await this.#syncer.seal(active, this.#endOffset);
      this.#isDirty = false;
    }
    await this.abandon();
    if (this.failure !== undefined) throw this.failure;
  }

  /** The folder gets another name at once; what is still to be written goes there. */
  moveTo(directory: string): void {
    if (!this.hasFiles) return;
    for (const segment of this.#segments.loaded) segment.close();
    this.#files.moveTo(directory);
  }

  /** Lets go of the files as they are. */
  async abandon(): Promise<void> {
    this.#syncer.stopTimer();
    this.#swap?.stop();
    await this.settled();
    await this.#swap?.settled();
    this.#reader.forget(this.#segments.loaded);
    for (const segment of this.#segments.loaded) segment.close();
  }

  /** Settles when nothing waits to be written, whether or not that went well. */
  written(): Promise<void> {
    return this.#writer.settled();
  }

  /** Settles when nothing that was appended is under way, whether or not that went well. */
  async settled(): Promise<void> {
    await this.#writer.settled();
    await this.#syncer.settled();
  }

  /**
   * After a write that failed: forgets what was not acknowledged, in memory and in the files. What can
   * be read, and what producers and epochs are known, is then as if it had never been appended.
   */
  async rewind(): Promise<void> {
    await this.#writer.idle();
    await this.#syncer.settled();
    await this.#swap?.settled();
    const offset = this.#progress.writtenOffset;
    if (this.#isRewound || this.#parts.directory.failure !== undefined) return;
    const epoch = this.latestEpoch;
    this.#reader.forget(this.#segments.all);
    this.#producers = undefined;
    cutSegments(this.#segments, offset, { files: this.#files, settings: this.#progress.settings });
    this.#epochs.all.truncateFromEnd(offset);
    this.#endOffset = offset;
    this.#syncer.moveBack(offset);
    this.assignEpoch(epoch);
    this.#isRewound = true;
  }

  /** What failed may go well now, after {@link rewind}. */
  resume(): void {
    this.#isRewound = false;
    this.#writer.goOn();
    this.#syncer.goOn();
    this.#roll.sealFull();
  }

  /** Everything of full segments is written, durable, and not about to be written again. */
  async #settleSegments(): Promise<void> {
    await this.#writer.settled();
    // Indexes that were found to be wrong were made anew in memory.
    this.#roll.sealFull();
    await this.#syncer.settled();
  }

  /** Puts a batch that has its offsets at the end. Settles as {@link Appended.written}. */
  #add(placed: BatchHeader, bytes: Buffer): Promise<void> {
    const { baseOffset } = placed;
    const lastOffset = baseOffset + placed.lastOffsetDelta;
    const segment = this.#segmentFor(placed);
    if (placed.producerId >= 0) this.producers.note(placed, bytes, 0);
    const place = { segmentBase: segment.baseOffset, position: segment.size };
    segment.add(placed, this.#progress.settings.indexIntervalBytes);
    this.#endOffset = lastOffset + 1;
    const kept = this.#tail.add({ baseOffset, lastOffset, ...place, bytes });
    const end = { offset: this.#endOffset, records: placed.recordCount };
    const written = this.#writer.add(segment, kept, end);
    this.#isDirty = true;
    const { flushMs } = this.#progress.settings;
    if (flushMs !== undefined) this.#syncer.flushWithin(flushMs, () => this.flush());
    return written;
  }

  /** The answer to a batch that is in the log already, once that one is written. */
  #repeat(batch: RepeatedBatch): Appended {
    const isWritten = batch.lastOffset < this.#progress.writtenOffset;
    return repeated(batch, this.#startOffset, isWritten ? DONE : this.#writer.newest);
  }

  /** The segment that takes the next batch, which the epochs know of. */
  #segmentFor(next: BatchHeader): Segment {
    try {
      const active = this.#roll.activeFor(next);
      this.#epochs.begin(next.partitionLeaderEpoch, next.baseOffset);
      return active;
    } catch (cause) {
      throw storageError(cause);
    }
  }

  #rangeTo(upTo: number) {
    return { from: this.#startOffset, upTo: Math.min(upTo, this.#progress.writtenOffset) };
  }
}
