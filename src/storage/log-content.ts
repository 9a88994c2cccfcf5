import type { KafkaError } from "../protocol/errors.ts";
import type { PreparedBatch } from "../records/prepared-batch.ts";
import type { Origin } from "../records/validator.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";
import type { Disk } from "./fs.ts";
import type { LeaderEpochs } from "./leader-epochs.ts";
import type { LogFiles } from "./log-files.ts";
import type { LogSettings } from "./log-settings.ts";
import type { ReadBuffers } from "./read-buffers.ts";
import type { Segment } from "./segment.ts";
import type { StoppedLog } from "./stopped-logs.ts";
import type { TailCache } from "./tail-cache.ts";
import type { WriteQueue } from "./write-queue.ts";

export interface AppendOptions {
  readonly leaderEpoch: number;
  readonly origin: Origin;
  /** What was done of it before, on other threads. */
  readonly prepared?: PreparedBatch | undefined;
}

/** What came of an append, decided before anything is written. */
export interface Appended {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** -1: the records keep their producer's times. */
  readonly logAppendTime: number;
  readonly logStartOffset: number;
  /** The producer sent it before: nothing was appended, and these are the offsets it got then. */
  readonly duplicate: boolean;
  /**
   * Settles when the bytes are with the operating system, or on the disk where the settings ask for
   * that. The appends of one tick share it. Rejects with KafkaError KAFKA_STORAGE_ERROR.
   */
  readonly written: Promise<void>;
}

/** A batch that was appended before, as its producer's state has it. */
export interface RepeatedBatch {
  readonly lastOffset: number;
  readonly offsetDelta: number;
  readonly timestamp: number;
}

export function repeated(
  { lastOffset, offsetDelta, timestamp }: RepeatedBatch,
  logStartOffset: number,
  written: Promise<void>,
): Appended {
  return {
    baseOffset: lastOffset - offsetDelta,
    lastOffset,
    // Kafka tells the largest time of the batch here, whatever the topic's kind of time.
    logAppendTime: timestamp,
    logStartOffset,
    duplicate: true,
    written,
  };
}

/** What the logs of one data directory share. */
export interface LogParts {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly logger: Logger;
  readonly writes: WriteQueue;
  readonly buffers: ReadBuffers;
  readonly tails: TailCache;
  readonly directory: {
    /** Once its disk has failed, no log of it can be relied on. */
    readonly failure: KafkaError | undefined;
    /** Where each log begins is written down. */
    checkpointStarts(): Promise<void>;
  };
  /** Where a log goes that could not write: it is told when it may go on. */
  readonly stopped: { add(log: StoppedLog, cause: unknown): void };
}

/** What was found on the disk, or nothing. */
export interface LogContent {
  readonly segments: readonly Segment[];
  readonly startOffset: number;
  readonly endOffset: number;
  readonly recoveryPoint: number;
  readonly epochs: LeaderEpochs;
}

/** What a log is given beside its content. */
export interface LogContext {
  readonly files: LogFiles;
  readonly parts: LogParts;
  readonly settings: LogSettings;
  readonly onWritten: (endOffset: number) => void;
  /** What was found had not been closed in order. */
  readonly isRecovered: boolean;
}

export interface LogPlace {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
}
