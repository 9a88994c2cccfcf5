import { lastOffsetAt } from "../../../src/records/batch.ts";
import { batchesIn, buildBatch, type NewBatch, recordsOf } from "../../../src/records/records.ts";
import { DataDirectory } from "../../../src/storage/data-directory.ts";
import type { Disk } from "../../../src/storage/fs.ts";
import type { Log } from "../../../src/storage/log.ts";
import { LogDirs } from "../../../src/storage/log-dirs.ts";
import type { LogSettings } from "../../../src/storage/log-settings.ts";
import { type Logger, silentLogger } from "../../../src/telemetry/logger.ts";
import type { Clock } from "../../../src/time/clock.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";

export const START_MS = 1_700_000_000_000;

/** Kafka's defaults, but for indexes that are not preallocated anyway. */
export const defaultSettings: LogSettings = {
  segmentBytes: 1024 ** 3,
  segmentMs: 7 * 24 * 3600 * 1000,
  segmentJitterMs: 0,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10 * 1024 * 1024,
  flushMessages: Number.MAX_SAFE_INTEGER,
  maxMessageBytes: 1_048_588,
  timestampType: "CreateTime",
  timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  timestampAfterMaxMs: 3600 * 1000,
  deleted: true,
  retentionMs: -1,
  retentionBytes: -1,
  compacted: false,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: 24 * 3600 * 1000,
  compressionType: "producer",
  fileDeleteDelayMs: 60_000,
  producerIdExpirationMs: 24 * 3600 * 1000,
};

let madeIds = 0;

/** A different id each time, in Kafka's text form. */
export function someUuid(): string {
  madeIds += 1;
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(madeIds, 0);
  bytes.writeUInt32BE(0x4000, 4);
  return bytes.toString("base64url");
}

export interface DirectoryOptions {
  readonly disk: Disk;
  readonly path?: string;
  readonly clock?: Clock;
  readonly nodeId?: number;
  readonly maxOpenFiles?: number;
  readonly tailCacheBytes?: number;
}

export function openDirectory(options: DirectoryOptions): Promise<DataDirectory> {
  return DataDirectory.open({
    path: "/data",
    clock: new ManualClock(START_MS),
    logger: silentLogger,
    nodeId: 1,
    newUuid: someUuid,
    maxOpenFiles: 400,
    tailCacheBytes: 1024 * 1024,
    readBufferBytes: 1024 * 1024,
    ...options,
  });
}

export function openLogDirs(
  options: Omit<DirectoryOptions, "path"> & {
    readonly paths?: readonly string[];
    readonly metadataPath?: string;
    readonly isCordoned?: (path: string) => boolean;
    readonly logger?: Logger;
  },
): Promise<LogDirs> {
  return LogDirs.open({
    paths: ["/data"],
    clock: new ManualClock(START_MS),
    logger: silentLogger,
    nodeId: 1,
    newUuid: someUuid,
    maxOpenFiles: 400,
    tailCacheBytes: 1024 * 1024,
    readBufferBytes: 1024 * 1024,
    ...options,
  });
}

export interface LogOptions {
  readonly topic?: string;
  readonly partition?: number;
  readonly topicId?: string;
  readonly settings?: Partial<LogSettings>;
  readonly onWritten?: (endOffset: number) => void;
}

export const TOPIC_ID = "AAAAAQAAQACAAAAAAAAAAQ";

export async function openLog(directory: DataDirectory, options: LogOptions = {}): Promise<Log> {
  return directory.openLog({
    topic: options.topic ?? "orders",
    partition: options.partition ?? 0,
    topicId: options.topicId ?? TOPIC_ID,
    settings: { ...defaultSettings, ...options.settings },
    onWritten: options.onWritten ?? (() => {}),
  });
}

/** A batch as a producer sends it: one record per value. */
export function batchOf(values: readonly string[], rest: Partial<NewBatch> = {}): Buffer {
  return buildBatch({
    timestamp: START_MS,
    ...rest,
    records: values.map((value) => ({ key: null, value: Buffer.from(value) })),
  });
}

export const fromClient = { leaderEpoch: 0, origin: "client" } as const;

/** Appends one batch and waits for it. */
export async function append(
  log: Log,
  values: readonly string[],
  rest: Partial<NewBatch> = {},
): Promise<number> {
  const appended = log.append(batchOf(values, rest), fromClient);
  await appended.written;
  return appended.baseOffset;
}

/** One read, as bytes of its own. */
export async function readBytes(
  log: Log,
  offset: number,
  options: { readonly maxBytes?: number; readonly upTo?: number; readonly minOne?: boolean } = {},
): Promise<Buffer> {
  const slice = await log.read(offset, {
    maxBytes: options.maxBytes ?? 1024 * 1024,
    upTo: options.upTo ?? log.writtenOffset,
    minOne: options.minOne ?? true,
  });
  const bytes = Buffer.concat(slice.chunks);
  slice.release();
  return bytes;
}

export interface Stored {
  readonly offset: number;
  readonly value: string;
}

/** Every record from the start on, as a consumer would get it: read after read. */
export async function readAll(log: Log, maxBytes = 1024 * 1024): Promise<readonly Stored[]> {
  const stored: Stored[] = [];
  let offset = log.startOffset;
  while (offset < log.endOffset) {
    const bytes = await readBytes(log, offset, { maxBytes });
    let next = offset;
    for (const at of batchesIn(bytes)) {
      // The cleaner may have left nothing of a batch but its offsets.
      next = lastOffsetAt(bytes, at) + 1;
      for (const record of recordsOf(bytes, at)) {
        if (record.offset >= offset) {
          stored.push({ offset: record.offset, value: record.value?.toString() ?? "" });
        }
      }
    }
    if (next === offset) throw new Error(`no progress at offset ${offset} of ${log.endOffset}`);
    offset = next;
  }
  return stored;
}

export function valuesOf(stored: readonly Stored[]): readonly string[] {
  return stored.map(({ value }) => value);
}
