import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Segment } from "./segment.ts";
import type { WriteQueue } from "./write-queue.ts";

/** A write that takes longer says that the disk makes us wait: the next ones must not block. */
const STALL_MS = 20;

export interface DurabilityRules {
  /** After how many records the bytes must be on the disk before an append is acknowledged. */
  readonly flushMessages: number;
}

/** Appends that are acknowledged together. */
interface Group {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  endOffset: number;
  records: number;
}

interface Pending {
  readonly segment: Segment;
  readonly chunks: Buffer[];
}

/**
 * Brings the appends of one log to its files, in the order in which their offsets were given.
 *
 * Those of one tick leave together in one synchronous write, which is what costs least while the page
 * cache takes it at once. When a write stalls, the following ones are asynchronous, one after the
 * other, until none is left waiting. Where records must be on the disk first, one flush serves all
 * that was written before it began (group commit).
 *
 * A write that fails ends the log: better to stop than to leave a hole.
 */
export class LogWriter {
  readonly #queue: WriteQueue;
  readonly #rules: () => DurabilityRules;
  /** Everything below is safe now; told before any of it is acknowledged. */
  readonly #onWritten: (endOffset: number) => void;
  #pending: Pending[] = [];
  #open: Group | undefined;
  /** Written, waiting for a flush. */
  #unflushed: { readonly group: Group; readonly segments: ReadonlySet<Segment> }[] = [];
  #recordsSinceFlush = 0;
  #flushing = false;
  #asyncWrite: Promise<void> | undefined;
  #isStalling = false;
  #failure: KafkaError | undefined;

  constructor(
    queue: WriteQueue,
    rules: () => DurabilityRules,
    onWritten: (endOffset: number) => void,
  ) {
    this.#queue = queue;
    this.#rules = rules;
    this.#onWritten = onWritten;
  }

  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  /** Queues one batch. The promise settles once it is as safe as the rules ask. */
  add(segment: Segment, bytes: Buffer, end: { offset: number; records: number }): Promise<void> {
    const last = this.#pending.at(-1);
    if (last !== undefined && last.segment === segment) last.chunks.push(bytes);
    else this.#pending.push({ segment, chunks: [bytes] });
    this.#open ??= newGroup();
    this.#open.endOffset = end.offset;
    this.#open.records += end.records;
    if (this.#asyncWrite === undefined) this.#queue.add(this);
    return this.#open.promise;
  }

  /** Settles when all that was added until now is with the operating system. */
  async settled(): Promise<void> {
    const open = this.#open;
    if (open !== undefined) await open.promise.catch(() => undefined);
    while (this.#asyncWrite !== undefined) await this.#asyncWrite;
    await this.#unflushed.at(-1)?.group.promise.catch(() => undefined);
  }

  /** The tick ends: {@link WriteQueue} calls this. */
  write(): void {
    const group = this.#open;
    if (group === undefined || this.#asyncWrite !== undefined) return;
    const pending = this.#pending;
    this.#open = undefined;
    this.#pending = [];
    if (this.#isStalling) {
      this.#asyncWrite = this.#writeLater(pending, group);
      return;
    }
    const startMs = performance.now();
    try {
      for (const { segment, chunks } of pending) segment.file().appendAllSync(chunks);
    } catch (error) {
      this.#fail(error, group);
      return;
    }
    this.#isStalling = performance.now() - startMs > STALL_MS;
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
    this.#recordsSinceFlush += group.records;
    if (this.#recordsSinceFlush < this.#rules().flushMessages && this.#unflushed.length === 0) {
      this.#acknowledge(group);
      return;
    }
    const segments = new Set(pending.map(({ segment }) => segment));
    this.#unflushed.push({ group, segments });
    if (!this.#flushing) void this.#flush();
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    while (this.#unflushed.length > 0 && this.#failure === undefined) {
      const batch = this.#unflushed;
      this.#unflushed = [];
      this.#recordsSinceFlush = 0;
      const segments = new Set(batch.flatMap((one) => [...one.segments]));
      try {
        for (const segment of segments) await segment.during((file) => file.sync());
        for (const { group } of batch) this.#acknowledge(group);
      } catch (error) {
        for (const { group } of batch) this.#fail(error, group);
      }
    }
    this.#flushing = false;
  }

  #acknowledge(group: Group): void {
    this.#onWritten(group.endOffset);
    group.resolve();
  }

  #fail(cause: unknown, group: Group): void {
    this.#failure ??= new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, "the log cannot be written", {
      cause,
    });
    group.reject(this.#failure);
    this.#open?.reject(this.#failure);
    for (const { group: waiting } of this.#unflushed) waiting.reject(this.#failure);
    this.#unflushed = [];
    this.#open = undefined;
    this.#pending = [];
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
