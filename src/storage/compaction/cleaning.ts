import { type BatchHeader, isControl } from "../../records/batch.ts";
import type { Log } from "../log.ts";
import type { Segment } from "../segment.ts";
import { unlessRetired } from "../unless-retired.ts";
import { BatchFilter, type FilterRules, type LastRecord } from "./batch-filter.ts";
import { BatchOutput } from "./batch-output.ts";
import { BatchReader, type StoredBatch, storedBatchAt } from "./batch-reader.ts";
import type { Cleanable } from "./cleanable.ts";
import { groupSegments } from "./grouping.ts";
import { OffsetMap } from "./offset-map.ts";
import { CleaningStopped, type Pacer } from "./pacer.ts";
import { RecordCursor } from "./record-cursor.ts";
import {
  abortedBetween,
  CleanedTransactions,
  encodeTransactions,
  type TransactionView,
} from "./transactions.ts";

/** What bounds a pass. */
export interface CleaningBounds {
  /** Bytes of the map of keys. */
  readonly dedupeBufferBytes: number;
  readonly loadFactor: number;
  /** Bytes that are read, and written, at a time. */
  readonly ioBufferBytes: number;
}

export interface CleaningContext {
  readonly bounds: CleaningBounds;
  readonly pacer: Pacer;
  readonly nowMs: number;
  readonly random: () => number;
}

export interface CleaningResult {
  /** The first offset that was not cleaned. */
  readonly endOffset: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly recordsRead: number;
  readonly recordsWritten: number;
}

/** How many bytes of batches are gone through without looking at the clock. */
const LOOK_EVERY_BYTES = 8 * 1024;

/** Looks at a batch; false once it has seen enough. */
type Visit = (batch: StoredBatch) => boolean | Promise<boolean>;

/**
 * One pass over one log (Kafka's Cleaner): first the newest offset of each key of the dirty part, then
 * every segment up to there anew, without what is superseded. Two records of one key can remain only
 * behind {@link CleaningResult.endOffset}.
 */
export class Cleaning {
  readonly #cleanable: Cleanable;
  readonly #log: Log;
  readonly #context: CleaningContext;
  readonly #reader: BatchReader;
  readonly #out: BatchOutput;
  #bytesRead = 0;
  #bytesWritten = 0;
  #recordsRead = 0;
  #recordsWritten = 0;

  constructor(cleanable: Cleanable, context: CleaningContext) {
    this.#cleanable = cleanable;
    this.#log = cleanable.log;
    this.#context = context;
    this.#reader = new BatchReader(context.bounds.ioBufferBytes);
    this.#out = new BatchOutput(context.bounds.ioBufferBytes);
  }

  /**
   * @throws CleaningStopped if the log was changed meanwhile, or the cleaner stopped: nothing happened,
   *   or only a part of the log was cleaned.
   * @throws KafkaError CORRUPT_MESSAGE for a batch that is not as it was written, and what the disk
   *   says.
   */
  async run(): Promise<CleaningResult> {
    try {
      return await this.#pass();
    } catch (error) {
      this.#checkGoesOn();
      throw error;
    }
  }

  async #pass(): Promise<CleaningResult> {
    await this.#log.swap.prepare();
    const { firstDirtyOffset } = this.#cleanable;
    const keys = await this.#mapKeys();
    const endOffset = Math.max(firstDirtyOffset, keys.latestOffset + 1);
    const segments = this.#segmentsUpTo(endOffset);
    const transactions = this.#transactions(0, endOffset);
    for (const group of groupSegments(segments, this.#log.settings, this.#cleanable.upTo)) {
      await this.#cleanGroup(group, keys, transactions);
    }
    return {
      endOffset,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
      recordsRead: this.#recordsRead,
      recordsWritten: this.#recordsWritten,
    };
  }

  /** The newest offset of each key from the first dirty offset on, as far as there is room. */
  async #mapKeys(): Promise<OffsetMap> {
    const { firstDirtyOffset, upTo } = this.#cleanable;
    const { bounds, random } = this.#context;
    const { dedupeBufferBytes: bytesMax, loadFactor } = bounds;
    const keysExpected = upTo - firstDirtyOffset;
    const keys = new OffsetMap({ bytesMax, loadFactor, keysExpected }, random);
    const transactions = this.#transactions(firstDirtyOffset, upTo);
    const cursor = new RecordCursor();
    const visit: Visit = (batch) => this.#mapBatch({ keys, transactions, cursor }, batch);
    const segments = this.#segmentsUpTo(upTo);
    for (const [i, segment] of segments.entries()) {
      const end = segments[i + 1]?.baseOffset ?? upTo;
      if (end <= firstDirtyOffset) continue;
      const isThrough = await whileThere(segment, () =>
        this.#walk(segment, segment.locate(firstDirtyOffset)?.position ?? segment.size, visit),
      );
      if (!isThrough) return keys;
      keys.seenUpTo(end - 1);
    }
    return keys;
  }

  /** False if there was not room for all of its keys. */
  #mapBatch(
    into: { keys: OffsetMap; transactions: TransactionView; cursor: RecordCursor },
    { bytes, at, header, body }: StoredBatch,
  ): boolean {
    const { keys, transactions, cursor } = into;
    const { baseOffset, lastOffsetDelta, recordCount } = header;
    const { firstDirtyOffset } = this.#cleanable;
    const isMarker = isControl(header.attributes);
    if (isMarker) transactions.isSpent(header, bytes, at);
    else if (!transactions.isAborted(header)) {
      cursor.begin(body, recordCount);
      while (cursor.next()) {
        const offset = baseOffset + cursor.offsetDelta;
        if (!cursor.hasKey || offset < firstDirtyOffset) continue;
        if (keys.isFull) return false;
        keys.put(cursor.bytes, cursor.key, offset);
      }
    }
    keys.seenUpTo(Math.max(keys.latestOffset, baseOffset + lastOffsetDelta));
    return true;
  }

  /** Makes one segment of several. */
  async #cleanGroup(
    group: readonly Segment[],
    keys: OffsetMap,
    transactions: CleanedTransactions,
  ): Promise<void> {
    const first = group[0] as Segment;
    const last = group.at(-1) as Segment;
    const cleaned = this.#log.swap.newSegment(first.baseOffset, last.createdMs);
    cleaned.createFile();
    try {
      const filter = new BatchFilter(this.#rules(keys, transactions), this.#out);
      for (const segment of group) {
        await whileThere(segment, () => this.#filterInto(cleaned, segment, filter));
      }
      cleaned.writeTransactions(encodeTransactions(transactions.takeKept()));
      await cleaned.seal();
      this.#context.pacer.check();
      if (await this.#log.swap.run(group, cleaned)) return;
      throw new CleaningStopped("segments have gone while they were cleaned");
    } catch (error) {
      // Of a log that failed, the files are left to the next start.
      if (this.#log.failure === undefined) cleaned.delete();
      throw error;
    }
  }

  #rules(keys: OffsetMap, transactions: TransactionView): FilterRules {
    const { deleteRetentionMs } = this.#log.settings;
    const { upTo } = this.#cleanable;
    const { nowMs } = this.#context;
    const lastRecords = lastRecordsOf(this.#log);
    return { keys, nowMs, deleteRetentionMs, upTo, lastRecords, transactions };
  }

  async #filterInto(cleaned: Segment, segment: Segment, filter: BatchFilter): Promise<void> {
    const { indexIntervalBytes } = this.#log.settings;
    const { ioBufferBytes } = this.#context.bounds;
    const take = (kept: BatchHeader | undefined): boolean => {
      if (kept === undefined) return true;
      this.#recordsWritten += kept.recordCount;
      cleaned.add(kept, indexIntervalBytes);
      return true;
    };
    let position = 0;
    while (position < segment.size) {
      const chunk = await this.#read(segment, position);
      await this.#eachBatch(chunk, (batch) => {
        this.#recordsRead += batch.header.recordCount;
        const kept = filter.filter(batch);
        return kept instanceof Promise ? kept.then(take) : take(kept);
      });
      position += chunk.length;
      this.#bytesRead += chunk.length;
      if (this.#out.used >= ioBufferBytes) await this.#write(cleaned);
    }
    await this.#write(cleaned);
    this.#reader.shrink();
  }

  async #read(segment: Segment, position: number): Promise<Buffer> {
    this.#checkGoesOn();
    const chunk = await this.#reader.read(segment, position);
    await this.#context.pacer.moved(chunk.length);
    return chunk;
  }

  async #write(cleaned: Segment): Promise<void> {
    const bytes = this.#out.take();
    if (bytes.length === 0) return;
    await cleaned.during((file) => file.append(bytes));
    this.#bytesWritten += bytes.length;
    await this.#context.pacer.moved(bytes.length);
  }

  /** Goes through the batches of a segment. False if a visit ended it. */
  async #walk(segment: Segment, from: number, visit: Visit): Promise<boolean> {
    let position = from;
    while (position < segment.size) {
      const chunk = await this.#read(segment, position);
      if (!(await this.#eachBatch(chunk, visit))) return false;
      position += chunk.length;
    }
    this.#reader.shrink();
    return true;
  }

  /** Between batches, others have their turn. */
  async #eachBatch(chunk: Buffer, visit: Visit): Promise<boolean> {
    const { pacer } = this.#context;
    let looked = 0;
    for (let at = 0; at < chunk.length; ) {
      const found = storedBatchAt(chunk, at);
      const batch = found instanceof Promise ? await found : found;
      const isGoingOn = visit(batch);
      if (!(isGoingOn instanceof Promise ? await isGoingOn : isGoingOn)) return false;
      at += batch.header.sizeInBytes;
      if (at - looked < LOOK_EVERY_BYTES) continue;
      looked = at;
      if (pacer.isOver) await pacer.yield();
    }
    return true;
  }

  #transactions(from: number, upTo: number): CleanedTransactions {
    return new CleanedTransactions(abortedBetween(this.#log.segments, from, upTo));
  }

  /** @throws CleaningStopped where the log has been let go of, maybe with its topic. */
  #checkGoesOn(): void {
    if (this.#log.swap.isStopped) throw new CleaningStopped("the log was closed meanwhile");
  }

  /** Those that begin before an offset. */
  #segmentsUpTo(offset: number): readonly Segment[] {
    return this.#log.segments.filter(({ baseOffset }) => baseOffset < offset);
  }
}

/** What cannot be read any more because it has been deleted is not damaged. */
async function whileThere<T>(segment: Segment, work: () => Promise<T>): Promise<T> {
  const done = await unlessRetired(segment, work);
  if (done === "retired") throw new CleaningStopped("segments were deleted while it was cleaned");
  return done;
}

/** What each producer that the log knows of sent last. */
function lastRecordsOf(log: Log): Map<number, LastRecord> {
  const records = new Map<number, LastRecord>();
  for (const { producerId, epoch, batches } of log.producers.all()) {
    const lastDataOffset = batches.at(-1)?.lastOffset ?? -1;
    records.set(producerId, { lastDataOffset, producerEpoch: epoch });
  }
  return records;
}
