import { batchesIn, buildBatch, type NewBatch, recordsOf } from "../../../src/records/records.ts";
import { parseCheckpoint } from "../../../src/storage/checkpoint.ts";
import { CleanerCheckpoint } from "../../../src/storage/compaction/cleaner-checkpoint.ts";
import { type CleanerSettings, LogCleaner } from "../../../src/storage/compaction/log-cleaner.ts";
import type { Disk } from "../../../src/storage/fs.ts";
import type { Log } from "../../../src/storage/log.ts";
import type { LogSettings } from "../../../src/storage/log-settings.ts";
import { type Logger, silentLogger } from "../../../src/telemetry/logger.ts";
import type { Clock } from "../../../src/time/clock.ts";
import { fromClient, START_MS } from "./logs.ts";

/** Small segments, and everything is worth cleaning at once. */
export const compactedSettings: Partial<LogSettings> = {
  segmentBytes: 500,
  indexIntervalBytes: 100,
  deleted: false,
  compacted: true,
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: 1000,
};

export const cleanerSettings: CleanerSettings = {
  dedupeBufferBytes: 1024 * 1024,
  loadFactor: 0.9,
  ioBufferBytes: 1024,
  ioBytesPerSecond: Number.MAX_VALUE,
};

export async function openCleaner(options: {
  readonly logs: () => Iterable<Log>;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger?: Logger;
  readonly settings?: Partial<CleanerSettings>;
}): Promise<LogCleaner> {
  const { logs, disk, clock, settings } = options;
  const text = (await disk.readFile("/data/cleaner-offset-checkpoint"))?.toString() ?? "";
  const logger = options.logger ?? silentLogger;
  const checkpoint = new CleanerCheckpoint({ disk, logger }, "/data", parseCheckpoint(text));
  return new LogCleaner({
    directories: [
      {
        path: "/data",
        failure: undefined,
        logs: () => [...logs()].map((log) => ({ log, isFuture: false })),
        cleanedTo: (log) => checkpoint.offsetOf(log),
        noteCleaned: (log, offset) => checkpoint.save(log, offset, logs()),
      },
    ],
    clock,
    logger,
    random: Math.random,
    settings: () => ({ ...cleanerSettings, ...settings }),
  });
}

/** A key and its value; null: a tombstone. */
export type Pair = readonly [key: string, value: string | null];

export function batchOfPairs(pairs: readonly Pair[], rest: Partial<NewBatch> = {}): Buffer {
  return buildBatch({
    timestamp: START_MS,
    ...rest,
    records: pairs.map(([key, value]) => ({
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    })),
  });
}

/** Appends one batch. @returns the offset of its first record. */
export async function put(
  log: Log,
  pairs: readonly Pair[],
  rest: Partial<NewBatch> = {},
): Promise<number> {
  const appended = log.append(batchOfPairs(pairs, rest), fromClient);
  await appended.written;
  return appended.baseOffset;
}

export interface StoredPair {
  readonly offset: number;
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
}

/** The files of a log as they are, batch by batch. */
export function storedBatches(log: Log): readonly Buffer[] {
  return log.segments.flatMap((segment) => {
    const bytes = Buffer.alloc(segment.size);
    segment.file().readSync(bytes, 0);
    const starts = [...batchesIn(bytes)];
    return starts.map((at, i) => bytes.subarray(at, starts[i + 1] ?? bytes.length));
  });
}

/** Every record of the files. */
export function storedPairs(log: Log): readonly StoredPair[] {
  return storedBatches(log).flatMap((batch) =>
    recordsOf(batch).map(({ offset, key, value, timestamp }) => ({
      offset,
      key: key?.toString() ?? "",
      value: value?.toString() ?? null,
      timestamp,
    })),
  );
}
