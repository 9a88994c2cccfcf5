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
 * of, and of two logs the one that is further counts. The copy is as far as the log before any name is
 * changed.
 */
export class ReplicaMove {
  readonly target: DataDirectory;
  readonly #partition: Partition;
  readonly #context: Context;
  readonly #source: DataDirectory;
  #future: Log | undefined;
  /** How far the cleaner had come when the copy began: what it does meanwhile may miss the copy. */
  #cleanedTo = 0;
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

  /** Stops it, if it is not over by now, and deletes what has been copied. */
  cancel(): Promise<void> {
    this.#cancelled ??= this.#cancel();
    return this.#cancelled;
  }

  async #cancel(): Promise<void> {
    await this.stop();
    const future = this.#future;
    if (future !== undefined && future !== this.#partition.log) await this.target.deleteLog(future);
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
          logger.error(`${topic}-${index} is not yet in ${this.target.path}, trying again`, {
            error,
          });
        }
        isTold = true;
      }
      await this.#sleep(RETRY_MS);
    }
  }

  /** @returns whether the partition has been moved. */
  async #attempt(): Promise<boolean> {
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
    this.#cleanedTo = this.#source.cleanedTo(log) ?? 0;
    const future = this.target.openFuture(options, begin);
    if (future.endOffset > log.writtenOffset) await future.truncateTo(log.writtenOffset);
    const isPart =
      future.endOffset >= log.startOffset &&
      future.startOffset <= log.endOffset &&
      future.latestEpoch <= log.latestEpoch;
    if (isPart) return future;
    await this.target.deleteLog(future);
    return undefined;
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
      // Retention that was under way may have ended in between.
      await future.deleteRecordsBefore(log.startOffset);
    } catch (error) {
      await this.#undo(log, future);
      throw error;
    } finally {
      partition.release();
    }
    await this.#source.deleteLog(log);
    await this.target.checkpoint();
    return true;
  }

  /** Where the copy begins, and that it may have gaps, has to be known before it is the log. */
  async #noteWhatIsGone(log: Log, future: Log): Promise<void> {
    await this.target.checkpointStarts();
    if (this.#source.cleanedTo(log) === undefined) return;
    await this.target.noteCleaned(future, this.#cleanedTo);
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
