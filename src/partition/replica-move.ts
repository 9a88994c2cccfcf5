import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { baseOffsetAt, isIntact } from "../records/batch.ts";
import { batchesIn, wholeBatches } from "../records/records.ts";
import type { DataDirectory } from "../storage/data-directory.ts";
import type { Log } from "../storage/log.ts";
import type { LogDirs } from "../storage/log-dirs.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { Partition } from "./partition.ts";

const COPY_BYTES = 1024 * 1024;
/** What is left to be copied while producers wait. */
const NEAR_BYTES = 64 * 1024;
/** Before a copy that found no room, or a log that was busy, is tried again. */
const RETRY_MS = 1000;

interface Context {
  readonly logDirs: LogDirs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * One partition on its way into another directory. A copy, `<topic>-<p>.<uuid>-future`, follows the
 * log. Once it is near its end producers are told to try again while the last records are copied and
 * synced, and the two change names: the time of a few syncs.
 *
 * Whatever the step at which the process dies or the power goes, a start finds a log that has
 * everything: each rename is durable before the next begins, both names tell which partition a log is
 * of, and of two logs the one with the plain name counts, or where there is none the one that is
 * further. The copy is as far as the log before any name is changed.
 */
export class ReplicaMove {
  readonly target: DataDirectory;
  readonly #partition: Partition;
  readonly #context: Context;
  readonly #source: DataDirectory;
  #future: Log | undefined;
  /** Whose place the copy has taken. */
  #left: Log | undefined;
  #cancelled: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;
  #wake: () => void = () => undefined;
  #timer: Timer | undefined;

  constructor(partition: Partition, target: DataDirectory, context: Context) {
    this.target = target;
    this.#partition = partition;
    this.#context = context;
    this.#source = context.logDirs.directoryOf(partition.log);
  }

  touches(directory: DataDirectory): boolean {
    return directory === this.target || directory === this.#source;
  }

  /** Settles when it is over, one way or the other. */
  run(): Promise<void> {
    this.#running = this.#run();
    return this.#running;
  }

  /** What has been copied stays, for the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#wake();
    await this.#running;
  }

  /** Stops it, if it is not over by now, and deletes what is not the partition's log. */
  cancel(): Promise<void> {
    this.#cancelled ??= this.#cancel();
    return this.#cancelled;
  }

  async #cancel(): Promise<void> {
    await this.stop();
    const future = this.#future;
    if (future !== undefined && future !== this.#partition.log) await this.target.deleteLog(future);
    await this.#deleteLeft();
  }

  async #run(): Promise<void> {
    const { logger } = this.#context;
    const { topic, index } = this.#partition;
    let isTold = false;
    while (!this.#isStopped) {
      try {
        if (await this.#attempt()) {
          logger.info(`${topic}-${index} was moved to ${this.target.path}`);
          return;
        }
      } catch (error) {
        if (this.#isStopped) return;
        if (!isTold) {
          const how = this.#left === undefined ? "is not yet in" : "has left something behind for";
          logger.error(`${topic}-${index} ${how} ${this.target.path}, trying again`, { error });
        }
        isTold = true;
      }
      await this.#sleep(RETRY_MS);
    }
  }

  /** @returns whether the partition has been moved, and nothing is left to be done. */
  async #attempt(): Promise<boolean> {
    if (this.#left === undefined && !(await this.#copy())) return false;
    await this.#leave();
    return true;
  }

  /** @returns whether the copy is the partition's log now. */
  async #copy(): Promise<boolean> {
    const future = this.#future ?? (await this.#open());
    if (future === undefined) return false;
    this.#future = future;
    await this.#catchUp(future, NEAR_BYTES);
    if (this.#isStopped) return false;
    await future.flush();
    await this.#catchUp(future, NEAR_BYTES);
    return !this.#isStopped && (await this.#swap(future));
  }

  /** What lies there of an earlier attempt, if it is a part of the log; else an empty one. */
  async #open(): Promise<Log | undefined> {
    const { log, topic, index } = this.#partition;
    const first = await readBatches(log, log.startOffset);
    const begin = first.length > 0 ? baseOffsetAt(first, 0) : log.endOffset;
    const options = {
      topic,
      partition: index,
      topicId: log.topicId,
      settings: log.settings,
      onWritten: (endOffset: number) => {
        if (this.#partition.log === this.#future) this.#partition.advanceTo(endOffset);
      },
    };
    const future = this.target.openFuture(options, begin);
    let isPart = false;
    try {
      isPart = await this.#isPart(log, future);
    } finally {
      if (!isPart) await this.target.deleteLog(future);
    }
    return isPart ? future : undefined;
  }

  /** Whether what there is of the copy can be gone on with. */
  async #isPart(log: Log, future: Log): Promise<boolean> {
    const cleanedTo = this.#source.cleanedTo(log);
    if (!future.hasFiles) {
      // What the cleaner does from now on, in a pass that is under way, may miss the copy.
      if (cleanedTo !== undefined) await this.target.noteCleaned(future, cleanedTo);
      return true;
    }
    // What was compacted since, the tombstones with it, would be back.
    if (this.target.cleanedTo(future) !== cleanedTo) return false;
    if (future.endOffset > log.writtenOffset) await future.truncateTo(log.writtenOffset);
    return (
      future.endOffset >= log.startOffset &&
      future.startOffset <= log.endOffset &&
      future.latestEpoch <= log.latestEpoch
    );
  }

  /** Copies until it is at the end, or as near to it as a log that is written to lets it come. */
  async #catchUp(future: Log, nearBytes = 0): Promise<void> {
    while (!this.#isStopped) {
      const { log } = this.#partition;
      if (log.startOffset > future.endOffset) throw await this.#overtaken(future);
      await future.deleteRecordsBefore(Math.min(log.startOffset, future.endOffset));
      if (future.endOffset >= log.writtenOffset) return;
      const bytes = await readBatches(log, future.endOffset);
      if (bytes.length === 0) throw damaged(future.endOffset);
      for (const at of batchesIn(bytes)) {
        if (!isIntact(bytes, at)) throw damaged(baseOffsetAt(bytes, at));
      }
      await future.appendCopies(bytes);
      if (bytes.length < nearBytes) return;
    }
  }

  /** Retention was faster: what has been copied is of no use. */
  async #overtaken(future: Log): Promise<Error> {
    this.#future = undefined;
    await this.target.deleteLog(future);
    return new Error("the log begins behind what was copied");
  }

  async #swap(future: Log): Promise<boolean> {
    const partition = this.#partition;
    const { log } = partition;
    partition.hold();
    try {
      await log.settled();
      await this.#catchUp(future);
      if (log.failure !== undefined || future.endOffset !== log.endOffset) return false;
      if (log.hasFiles) future.ensureFiles();
      await future.flush();
      await this.#noteWhatIsGone(log, future);
      await this.#source.demote(log);
      await this.target.promote(future);
      partition.moveTo(future);
      this.#left = log;
    } catch (error) {
      await this.#undo(log, future);
      throw error;
    } finally {
      partition.release();
    }
    return true;
  }

  /** The partition has moved: whatever fails from now on, its log is the one that was the copy. */
  async #leave(): Promise<void> {
    const log = this.#left;
    if (log === undefined) return;
    // At once: a start that found it would take it for a copy under way, back to where it was.
    await this.#deleteLeft();
    // Retention that was under way may have ended in between.
    await this.#partition.log.deleteRecordsBefore(log.startOffset);
    await this.target.checkpoint();
  }

  async #deleteLeft(): Promise<void> {
    const log = this.#left;
    if (log !== undefined && this.#source.holds(log)) await this.#source.deleteLog(log);
  }

  /** Where the copy begins, and that it may have gaps, has to be known before it is the log. */
  async #noteWhatIsGone(log: Log, future: Log): Promise<void> {
    await this.target.checkpointStarts();
    const isNoted = this.target.cleanedTo(future) !== undefined;
    // Its first pass was under way when the copy began.
    const isNew = !isNoted && this.#source.cleanedTo(log) !== undefined;
    if (isNew) await this.target.noteCleaned(future, 0);
  }

  /** The names are as they were. */
  async #undo(log: Log, future: Log): Promise<void> {
    if (this.target.failure === undefined && this.target.logOf(future) === future) {
      await this.target.demote(future);
    }
    const isDemoted = this.#source.logOf(log) !== log;
    if (isDemoted && this.#source.failure === undefined) await this.#source.promote(log);
  }

  #sleep(ms: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = this.#context.clock.schedule(ms, resolve);
    });
  }
}

/** Whole batches from the one that holds `offset` on; none if there is nothing yet. */
async function readBatches(log: Log, offset: number): Promise<Buffer> {
  const limits = { maxBytes: COPY_BYTES, upTo: log.writtenOffset, minOne: true };
  const slice = await log.read(offset, limits);
  const bytes = Buffer.concat(slice.chunks);
  slice.release();
  return wholeBatches(bytes);
}

function damaged(offset: number): KafkaError {
  return new KafkaError(ErrorCode.CORRUPT_MESSAGE, `the batch at ${offset} is damaged`);
}
