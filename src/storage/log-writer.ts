import type { KafkaError } from "../protocol/errors.ts";
import type { Clock } from "../time/clock.ts";
import type { Segment } from "./segment.ts";
import { storageError } from "./storage-error.ts";
import type { WriteQueue } from "./write-queue.ts";

/** A write that takes longer says that the disk makes us wait: the next ones must not block. */
const STALL_MS = 20;

/** What a writer asks of its log. */
export interface WriterHost {
  /** After how many records the bytes must be on the disk before an append is acknowledged. */
  flushMessages(): number;
  /** Makes what was written to these segments durable. */
  sync(segments: ReadonlySet<Segment>): Promise<void>;
  /** Everything below is safe now; told before any of it is acknowledged. */
  written(endOffset: number): void;
  /** Nothing more is taken, until {@link LogWriter.goOn}. */
  failed(error: KafkaError): void;
}

const DONE = Promise.resolve();

/** Appends that are acknowledged together. */
interface Group {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  endOffset: number;
  records: number;
}

/** Written, waiting for a flush. */
interface Unflushed {
  readonly group: Group;
  readonly segments: ReadonlySet<Segment>;
}

/** Shared by all logs that have nothing to write. */
const NOTHING: readonly never[] = [];

/** What goes into one file. */
class Pending {
  readonly segment: Segment;
  readonly chunks: Buffer[] = [];
  /** The chunk to come: batches that lie side by side in memory become one. */
  #buffer: ArrayBufferLike;
  #start: number;
  #end: number;

  constructor(segment: Segment, bytes: Buffer) {
    this.segment = segment;
    this.#buffer = bytes.buffer;
    this.#start = bytes.byteOffset;
    this.#end = bytes.byteOffset + bytes.length;
  }

  add(bytes: Buffer): void {
    if (bytes.buffer !== this.#buffer || bytes.byteOffset !== this.#end) {
      this.finish();
      this.#buffer = bytes.buffer;
      this.#start = bytes.byteOffset;
    }
    this.#end = bytes.byteOffset + bytes.length;
  }

  finish(): void {
    this.chunks.push(Buffer.from(this.#buffer, this.#start, this.#end - this.#start));
  }
}

/**
 * Brings the appends of one log to its files, in the order in which their offsets were given.
 *
 * Those of one tick leave together in one synchronous write, which is what costs least while the page
 * cache takes it at once. When a write stalls, the following ones are asynchronous, one after the
 * other, until none is left waiting. Where records must be on the disk first, one flush serves all
 * that was written before it began (group commit).
 *
 * A write that fails stops the log: better to stop than to leave a hole. Everything that was not
 * acknowledged by then is refused, what waits for a flush too, and has to be taken out of the log
 * before it may go on.
 */
export class LogWriter {
  readonly #queue: WriteQueue;
  readonly #clock: Clock;
  readonly #host: WriterHost;
  #pending: readonly Pending[] = NOTHING;
  #open: Group | undefined;
  /** The last of those that are not acknowledged. */
  #newest: Group | undefined;
  /** Written, waiting for a flush. */
  #unflushed: readonly Unflushed[] = NOTHING;
  #recordsSinceFlush = 0;
  #flushing: Promise<void> | undefined;
  #asyncWrite: Promise<void> | undefined;
  #isStalling = false;
  #isQueued = false;
  #failure: KafkaError | undefined;

  constructor(queue: WriteQueue, clock: Clock, host: WriterHost) {
    this.#queue = queue;
    this.#clock = clock;
    this.#host = host;
  }

  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  /** Queues one batch. The promise settles once it is as safe as the rules ask. */
  add(segment: Segment, bytes: Buffer, end: { offset: number; records: number }): Promise<void> {
    const last = this.#pending.at(-1);
    if (last !== undefined && last.segment === segment) last.add(bytes);
    else this.#pending = [...this.#pending, new Pending(segment, bytes)];
    const group = this.#open ?? newGroup();
    this.#open = group;
    this.#newest = group;
    group.endOffset = end.offset;
    group.records += end.records;
    if (this.#asyncWrite === undefined && !this.#isQueued) {
      this.#isQueued = true;
      this.#queue.add(this);
    }
    return group.promise;
  }

  /** Settles as the last append that is not acknowledged yet does; rejects if that fails. */
  get newest(): Promise<void> {
    return this.#newest?.promise ?? DONE;
  }

  /** Settles when nothing waits to be acknowledged, whether or not that went well. */
  async settled(): Promise<void> {
    while (this.#newest !== undefined) await this.#newest.promise.catch(ignore);
    while (this.#asyncWrite !== undefined) await this.#asyncWrite;
  }

  /**
   * Settles when nothing is under way on the disk, or about to be: appends of this tick are written
   * even where it was a seal in the background that failed. Nothing new comes to a log that failed.
   */
  async idle(): Promise<void> {
    await this.settled();
    while (this.#flushing !== undefined) await this.#flushing;
  }

  /** What failed has been taken out of the log: it takes appends again. */
  goOn(): void {
    this.#failure = undefined;
    this.#recordsSinceFlush = 0;
    this.#isStalling = false;
  }

  /** The tick ends: {@link WriteQueue} calls this. */
  write(): void {
    this.#isQueued = false;
    const group = this.#open;
    if (group === undefined || this.#asyncWrite !== undefined) return;
    const pending = this.#pending;
    this.#open = undefined;
    this.#pending = NOTHING;
    for (const one of pending) one.finish();
    if (this.#isStalling) {
      this.#asyncWrite = this.#writeLater(pending, group);
      return;
    }
    const startMs = this.#clock.monotonicMs();
    try {
      for (const { segment, chunks } of pending) segment.file().appendAllSync(chunks);
    } catch (error) {
      this.#fail(error, group);
      return;
    }
    this.#isStalling = this.#clock.monotonicMs() - startMs > STALL_MS;
    this.#done(pending, group);
  }

  async #writeLater(pending: readonly Pending[], group: Group): Promise<void> {
    try {
      for (const { segment, chunks } of pending) {
        await segment.during((file) => file.appendAll(chunks));
      }
      this.#done(pending, group);
    } catch (error) {
      this.#fail(error, group);
    }
    this.#asyncWrite = undefined;
    this.#isStalling = this.#open !== undefined;
    this.write();
  }

  #done(pending: readonly Pending[], group: Group): void {
    if (this.#failure !== undefined) {
      group.reject(this.#failure);
      return;
    }
    this.#recordsSinceFlush += group.records;
    const mustWait =
      this.#flushing !== undefined || this.#recordsSinceFlush >= this.#host.flushMessages();
    if (!mustWait) {
      this.#acknowledge(group);
      return;
    }
    const segments = new Set(pending.map(({ segment }) => segment));
    this.#unflushed = [...this.#unflushed, { group, segments }];
    this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    while (this.#unflushed.length > 0 && this.#failure === undefined) {
      const batch = this.#unflushed;
      this.#unflushed = NOTHING;
      this.#recordsSinceFlush = 0;
      const segments = new Set(batch.flatMap((one) => [...one.segments]));
      try {
        await this.#host.sync(segments);
        for (const { group } of batch) this.#acknowledge(group);
      } catch (error) {
        for (const { group } of batch) this.#fail(error, group);
      }
    }
    this.#flushing = undefined;
  }

  #acknowledge(group: Group): void {
    if (this.#newest === group) this.#newest = undefined;
    this.#host.written(group.endOffset);
    group.resolve();
  }

  #fail(cause: unknown, group: Group): void {
    const isFirst = this.#failure === undefined;
    this.#failure ??= storageError(cause);
    group.reject(this.#failure);
    this.#open?.reject(this.#failure);
    for (const { group: waiting } of this.#unflushed) waiting.reject(this.#failure);
    this.#unflushed = NOTHING;
    this.#open = undefined;
    this.#newest = undefined;
    this.#pending = NOTHING;
    if (isFirst) this.#host.failed(this.#failure);
  }
}

function newGroup(): Group {
  let resolve: () => void = ignore;
  let reject: (error: Error) => void = ignore;
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  // Whoever waits is told; an append that nobody waits for must not end the process.
  promise.catch(ignore);
  return { promise, resolve, reject, endOffset: 0, records: 0 };
}

function ignore(): void {}
