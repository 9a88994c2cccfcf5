import { expect } from "vitest";
import { ErrorCode } from "../../../../src/protocol/errors.ts";
import { batchesIn, buildBatch } from "../../../../src/records/records.ts";
import type { LogCleaner } from "../../../../src/storage/compaction/log-cleaner.ts";
import type { DataDirectory } from "../../../../src/storage/data-directory.ts";
import type { Log } from "../../../../src/storage/log.ts";
import type { LogSettings } from "../../../../src/storage/log-settings.ts";
import { ManualClock } from "../../../../src/time/manual-clock.ts";
import { openCleaner } from "../compaction.ts";
import { allWritten, type Fate, FaultyDisk } from "../faulty-disk.ts";
import { defaultSettings, fromClient, openDirectory, openLog, START_MS } from "../logs.ts";
import { expectProducers, expectWhole, recordsIn, storedRecords } from "./checks.ts";
import { LogModel, type ModelBatch } from "./log-model.ts";

export const FIRST_SETTINGS: LogSettings = {
  ...defaultSettings,
  segmentBytes: 1000,
  indexIntervalBytes: 150,
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: 1000,
  producerIdExpirationMs: Number.MAX_SAFE_INTEGER,
};

export interface NewRecord {
  readonly key: string | null;
  /** Of the value; null: a tombstone. */
  readonly bytes: number | null;
  /** Beside the clock. */
  readonly ageMs: number;
}

export interface NewBatch {
  readonly records: readonly NewRecord[];
  readonly codec: number;
}

/** What an idempotent producer may do with its next sequence number. */
export type ProducerTurn = "next" | "repeat" | "gap" | "newEpoch" | "oldEpoch";

export interface LifeOptions {
  readonly tailCacheBytes: number;
  readonly dedupeBufferBytes: number;
  readonly settings?: Partial<LogSettings>;
}

/** One log on a disk in memory through restarts and crashes, with its model beside it. */
export class LogLife {
  readonly model = new LogModel();
  readonly clock = new ManualClock(START_MS);
  settings: LogSettings;
  readonly #options: LifeOptions;
  #disk = new FaultyDisk();
  #directory: DataDirectory | undefined;
  #log: Log | undefined;
  #cleaner: LogCleaner | undefined;
  #appends = 0;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.settings = { ...FIRST_SETTINGS, ...options.settings };
  }

  get log(): Log {
    if (this.#log === undefined) throw new Error("the log is not open");
    return this.#log;
  }

  async open(): Promise<void> {
    const disk = this.#disk;
    const { tailCacheBytes, dedupeBufferBytes } = this.#options;
    const { clock, settings } = this;
    this.#directory = await openDirectory({ disk, clock, tailCacheBytes, maxOpenFiles: 2 });
    const log = await openLog(this.#directory, { settings });
    this.#log = log;
    const bounds = { dedupeBufferBytes };
    this.#cleaner = await openCleaner({ logs: () => [log], disk, clock, settings: bounds });
  }

  /** As a producer without idempotence does. */
  async append(batch: NewBatch): Promise<void> {
    await this.#append(batch, undefined);
  }

  async produce(producerId: number, turn: ProducerTurn, batch: NewBatch): Promise<void> {
    const known = this.model.batchesOf(producerId);
    const last = known.at(-1);
    const epoch = last?.epoch ?? 0;
    const next = last === undefined ? 0 : last.baseSequence + last.records.length;
    switch (turn) {
      case "next":
        await this.#append(batch, { producerId, epoch, baseSequence: next });
        break;
      case "newEpoch":
        await this.#append(batch, { producerId, epoch: epoch + 1, baseSequence: 0 });
        break;
      case "repeat":
        if (last !== undefined) await this.#repeat(producerId, last);
        break;
      case "gap":
        if (last === undefined) break;
        this.#expectRefused(
          batch,
          { producerId, epoch, baseSequence: next + 1 },
          ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        );
        break;
      case "oldEpoch":
        if (epoch === 0) break;
        this.#expectRefused(
          batch,
          { producerId, epoch: epoch - 1, baseSequence: next },
          ErrorCode.INVALID_PRODUCER_EPOCH,
        );
    }
  }

  /** The process dies while these are under way: they are there, or not, but in their order. */
  async dieWhileAppending(batches: readonly NewBatch[], fate: Fate): Promise<void> {
    const sent = batches.map((batch) => this.#encoded(batch, undefined));
    const takesKeyless = !this.settings.compacted;
    for (const { bytes, records } of sent) {
      if (bytes.length > this.settings.segmentBytes) continue;
      if (!takesKeyless && records.some(({ key }) => key === null)) continue;
      const before = this.log.endOffset;
      try {
        this.log.append(bytes, fromClient);
      } catch {
        continue;
      }
      expect(this.log.endOffset).toBe(before + records.length);
      this.#underWay.push(records);
    }
    if (sent.length > 1) await new Promise((resolve) => setImmediate(resolve));
    await this.crash(fate);
  }

  #underWay: Omit<ModelBatch["records"][number], never>[][] = [];

  async crash(fate: Fate = allWritten): Promise<void> {
    this.#disk = await this.#disk.afterPowerCut(fate);
    await this.open();
    const { model, log } = this;
    expect(log.startOffset).toBeGreaterThanOrEqual(
      Math.min(model.checkpointedStart, model.startOffset),
    );
    if (model.records.length === 0 && this.#underWay.length === 0) {
      // A log that ends before its checkpointed start begins there.
      expect(log.endOffset).toBeLessThanOrEqual(Math.max(model.endOffset, model.checkpointedStart));
      expect(log.endOffset).toBeGreaterThanOrEqual(model.endOffset);
      if (log.endOffset > model.endOffset) this.#jump(log.endOffset);
    }
    for (const records of this.#underWay) {
      if (log.endOffset >= model.endOffset + records.length) model.append(records);
    }
    this.#underWay = [];
    // What was deleted since the last checkpoint may be there again.
    if (log.startOffset < model.startOffset) await log.deleteRecordsBefore(model.startOffset);
  }

  async restart(): Promise<void> {
    await this.#directory?.close();
    await this.open();
    this.model.checkpointedStart = this.model.startOffset;
    expect(this.#directory?.wasCleanShutdown).toBe(true);
  }

  async checkpoint(): Promise<void> {
    await this.#directory?.checkpoint();
    await this.#directory?.checkpointStarts();
    this.model.checkpointedStart = this.model.startOffset;
  }

  change(settings: Partial<LogSettings>): void {
    this.settings = { ...this.settings, ...settings };
    this.log.updateSettings(this.settings);
  }

  /** The next batch begins a segment: the one before is too old. */
  async roll(batch: NewBatch): Promise<void> {
    const { segmentMs } = this.settings;
    this.change({ segmentMs: 0 });
    await this.clock.advance(1);
    await this.append(batch);
    this.change({ segmentMs });
  }

  /** A log ends between batches: what shared one with the offset goes as well. */
  async truncate(offset: number): Promise<void> {
    const { model, log } = this;
    await log.truncateTo(offset);
    const wasExact = !model.hasGaps && model.startOffset === 0;
    const end = Math.max(...model.edges.filter((edge) => edge <= offset));
    if (wasExact) expect(log.endOffset).toBe(end);
    expect(log.endOffset).toBeLessThanOrEqual(offset);
    const cut = log.endOffset;
    for (const { offset: kept } of model.records) {
      if (kept < end) expect(kept).toBeLessThan(Math.max(cut, model.startOffset));
    }
    model.truncate(cut);
    // Where a log begins must not lie behind its end: whoever truncates it says so.
    if (cut < model.checkpointedStart) await this.checkpoint();
    if (wasExact) return;
    // What told of a producer may have been cleaned away, or deleted, before its last batch was cut.
    const known = new Map([...log.producers.all()].map((state) => [state.producerId, state]));
    for (const id of [...model.producerIds]) model.adoptProducer(id, known.get(id));
  }

  async deleteBefore(offset: number): Promise<void> {
    this.model.moveStart(offset);
    await this.log.deleteRecordsBefore(offset);
  }

  async retain(): Promise<void> {
    const { log, model, settings, clock } = this;
    const old = log.segments.map(({ baseOffset, size }, i) => {
      const end = log.segments[i + 1]?.baseOffset ?? log.endOffset;
      const times = model.records
        .filter(({ offset }) => offset >= baseOffset && offset < end)
        .map(({ timestamp }) => timestamp);
      return { baseOffset, end, size, maxTimestamp: Math.max(-1, ...times) };
    });
    await log.deleteOldSegments();
    const gone = old.filter(({ end }) => end <= log.startOffset);
    if (!settings.deleted) expect(log.startOffset).toBe(model.startOffset);
    let left = old.reduce((sum, { size }) => sum + size, 0);
    for (const { size, maxTimestamp, end } of gone) {
      if (end <= model.startOffset) continue;
      left -= size;
      const isTooMuch = settings.retentionBytes >= 0 && left >= settings.retentionBytes;
      const isTooOld =
        settings.retentionMs >= 0 && clock.now() - maxTimestamp > settings.retentionMs;
      expect(isTooMuch || isTooOld).toBe(true);
    }
    this.#expectAllGone(old.slice(gone.length));
    model.moveStart(Math.max(model.startOffset, log.startOffset));
  }

  /** The first that stays is not too old. Where records were cleaned away their batch may tell. */
  #expectAllGone(stay: readonly { readonly size: number; readonly maxTimestamp: number }[]): void {
    const [first] = stay;
    const { deleted, retentionMs, retentionBytes } = this.settings;
    if (first === undefined || !deleted || this.model.hasGaps || first.maxTimestamp < 0) return;
    const bytes = stay.reduce((sum, { size }) => sum + size, 0);
    if (retentionMs >= 0) {
      expect(this.clock.now() - first.maxTimestamp).toBeLessThanOrEqual(retentionMs);
    }
    if (retentionBytes >= 0) expect(bytes - first.size).toBeLessThan(retentionBytes);
  }

  async clean(): Promise<void> {
    const { log, model, clock, settings } = this;
    const before = model.records;
    await this.#cleaner?.run();
    const after = (await storedRecords(log)).filter(({ offset }) => offset >= model.startOffset);
    if (!settings.compacted) {
      expect(after).toEqual(before);
      return;
    }
    const active = log.segments.at(-1)?.baseOffset ?? 0;
    const kept = new Set(after.map(({ offset }) => offset));
    const last = new Map(before.map(({ key, offset }) => [key, offset]));
    for (const { offset, key, value } of before) {
      if (kept.has(offset)) continue;
      expect(offset).toBeLessThan(active);
      const isSuperseded = key === null || (last.get(key) ?? 0) > offset;
      const seenMs = model.seenTombstones.get(offset) ?? Number.POSITIVE_INFINITY;
      const isForgotten = value === null && clock.now() - seenMs >= settings.deleteRetentionMs;
      expect(isSuperseded || isForgotten, `why ${offset} went`).toBe(true);
    }
    const known = new Map(before.map((record) => [record.offset, record]));
    expect(after).toEqual(after.map(({ offset }) => known.get(offset)));
    for (const { offset, value } of after) {
      if (value !== null || offset >= active || model.seenTombstones.has(offset)) continue;
      model.seenTombstones.set(offset, clock.now());
    }
    model.hasGaps = true;
    model.records = after;
    this.#expectClean(active);
  }

  /** Below the active segment there is one record of each key; nobody is in the way of that. */
  #expectClean(active: number): void {
    const { model, settings } = this;
    if (settings.minCompactionLagMs > 0 || model.wasTruncated) return;
    const keys = model.records.filter(({ offset }) => offset < active).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  }

  async read(
    offset: number,
    limits: { readonly maxBytes: number; readonly upTo: number; readonly minOne: boolean },
  ): Promise<void> {
    const { records } = this.model;
    const slice = await this.log.read(offset, limits);
    const bytes = Buffer.concat(slice.chunks);
    slice.release();
    expect(bytes.length).toBe(slice.bytes);
    const whole = [...batchesIn(bytes)];
    const { found, next } = recordsIn(bytes);
    const got = found.filter((record) => record.offset >= offset);
    expect(got).toEqual(records.filter((one) => one.offset >= offset && one.offset < next));
    if (bytes.length > limits.maxBytes) {
      expect(limits.minOne).toBe(true);
      expect(whole).toEqual([0]);
      expect(bytes.readInt32BE(8) + 12).toBe(bytes.length);
    }
    for (const at of whole) expect(Number(bytes.readBigInt64BE(at))).toBeLessThan(limits.upTo);
    const isThere = records.some((one) => one.offset >= offset && one.offset < limits.upTo);
    if (isThere && limits.minOne) expect(whole.length).toBeGreaterThan(0);
    expect(this.log.bytesBetween(offset, limits.upTo) > 0 || !isThere).toBe(true);
  }

  async lookUp(timestamp: number, upTo: number): Promise<void> {
    const { log, model } = this;
    const found = await log.offsetForTimestamp(timestamp, upTo);
    const first = model.firstAt(timestamp, upTo);
    expect(found && { timestamp: found.timestamp, offset: found.offset }).toEqual(
      first && { timestamp: first.timestamp, offset: first.offset },
    );
    const latest = await log.maxTimestamp(log.endOffset);
    const expected = model.latest();
    // What lies before the start in the same segment counts, as in Kafka.
    if (latest !== undefined && latest.offset < model.startOffset) return;
    // And so does a batch without records, which the cleaner has left for its producer.
    if (latest === undefined && model.hasGaps) return;
    expect(latest && { timestamp: latest.timestamp, offset: latest.offset }).toEqual(
      expected && { timestamp: expected.timestamp, offset: expected.offset },
    );
  }

  async flush(): Promise<void> {
    await this.log.flush();
    expect(this.log.recoveryPoint).toBe(this.model.endOffset);
  }

  /** Everything that must hold at any moment. */
  async check(): Promise<void> {
    const { log, model } = this;
    expect([log.startOffset, log.endOffset]).toEqual([model.startOffset, model.endOffset]);
    expect(log.writtenOffset).toBe(model.endOffset);
    expect(await storedRecords(log)).toEqual(model.records);
    expectProducers(log, model);
    expectWhole(log);
  }

  #jump(offset: number): void {
    this.model.truncate(0);
    this.model.endOffset = offset;
    this.model.startOffset = offset;
    this.model.edges = [offset];
  }

  #encoded(batch: NewBatch, producer: Sequence | undefined) {
    this.#appends += 1;
    const { settings, clock } = this;
    const records = batch.records.map(({ key, bytes, ageMs }, i) => ({
      key,
      value: bytes === null ? null : `${this.#appends}/${i}:`.padEnd(bytes, "abcdefg"),
      timestamp: settings.timestampType === "LogAppendTime" ? clock.now() : clock.now() - ageMs,
    }));
    return { records, bytes: encode(records, batch.codec, producer) };
  }

  async #append(batch: NewBatch, producer: Sequence | undefined): Promise<void> {
    const { log, model, settings } = this;
    const { records, bytes } = this.#encoded(batch, producer);
    if (settings.compacted && records.some(({ key }) => key === null)) {
      expect(() => log.append(bytes, fromClient)).toThrow(
        expect.objectContaining({ code: ErrorCode.INVALID_RECORD }),
      );
      return;
    }
    const isAsItCame = settings.compressionType === "producer";
    if (isAsItCame && bytes.length > settings.segmentBytes) {
      expect(() => log.append(bytes, fromClient)).toThrow(
        expect.objectContaining({ code: ErrorCode.RECORD_LIST_TOO_LARGE }),
      );
      return;
    }
    const baseOffset = model.endOffset;
    try {
      const appended = log.append(bytes, fromClient);
      expect(appended).toMatchObject({ baseOffset, duplicate: false });
      expect(appended.lastOffset).toBe(baseOffset + records.length - 1);
      await appended.written;
    } catch (error) {
      // Made anew it has another size than it came with.
      if (isAsItCame) throw error;
      expect(error).toMatchObject({ code: ErrorCode.RECORD_LIST_TOO_LARGE });
      return;
    }
    model.append(records);
    if (producer === undefined) return;
    const { producerId, epoch, baseSequence } = producer;
    model.produced(producerId, { epoch, baseSequence, records, baseOffset });
  }

  async #repeat(producerId: number, last: ModelBatch): Promise<void> {
    const { epoch, baseSequence, records, baseOffset } = last;
    if (this.settings.compacted && records.some(({ key }) => key === null)) return;
    const bytes = encode(records, 0, { producerId, epoch, baseSequence });
    if (bytes.length > this.settings.segmentBytes) return;
    const appended = this.log.append(bytes, fromClient);
    expect(appended).toMatchObject({ duplicate: true, baseOffset });
    await appended.written;
  }

  #expectRefused(batch: NewBatch, producer: Sequence, code: ErrorCode): void {
    const keyed = batch.records.map((record) => ({ ...record, key: record.key ?? "k", bytes: 10 }));
    const { bytes } = this.#encoded({ ...batch, records: keyed }, producer);
    expect(() => this.log.append(bytes, fromClient)).toThrow(expect.objectContaining({ code }));
  }
}

interface Sequence {
  readonly producerId: number;
  readonly epoch: number;
  readonly baseSequence: number;
}

function encode(
  records: ModelBatch["records"],
  compression: number,
  producer: Sequence | undefined,
): Buffer {
  const { producerId, epoch, baseSequence } = producer ?? {};
  return buildBatch({
    timestamp: START_MS,
    compression,
    ...(producer === undefined ? {} : { producerId, producerEpoch: epoch, baseSequence }),
    records: records.map(({ key, value, timestamp }) => ({
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestamp,
    })),
  });
}
