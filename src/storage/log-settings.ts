import { asksForRecords, type StoringRules } from "../records/prepared-batch.ts";
import type { Origin, ValidationRules } from "../records/validator.ts";

/** What a topic's configuration means for its logs. Replaceable at run time. */
export interface LogSettings {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  /** After how many records the log is flushed before it acknowledges. */
  readonly flushMessages: number;
  /** After how many milliseconds what was appended is flushed; undefined: when the system likes. */
  readonly flushMs?: number | undefined;
  readonly maxMessageBytes: number;
  /** Most bytes of one record that came compressed. */
  readonly decompressedRecordBytesMax?: number;
  /** Compressed batches are looked into even where nothing else asks for it. */
  readonly validatesCompressed?: boolean;
  readonly timestampType: "CreateTime" | "LogAppendTime";
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  readonly compressionType: "producer" | "uncompressed" | "gzip" | "snappy" | "lz4" | "zstd";
  readonly compressionLevel?: number | undefined;
  readonly fileDeleteDelayMs: number;
  readonly producerIdExpirationMs: number;
  /** `cleanup.policy` has "delete": what is too old or too much goes. */
  readonly deleted: boolean;
  /** How long and how much of a log is kept where it is deleted; -1: without end. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  /** `cleanup.policy` has "compact": of each key the newest record is kept. */
  readonly compacted: boolean;
  /** Which part of a log must be dirty, 0 to 1, before it is worth cleaning. */
  readonly minCleanableDirtyRatio: number;
  /** How old the newest record of a segment must be before it is cleaned. */
  readonly minCompactionLagMs: number;
  /** How old the oldest record may be that was never cleaned. */
  readonly maxCompactionLagMs: number;
  /** How long a tombstone stays after it was cleaned first. */
  readonly deleteRetentionMs: number;
}

/** Compressed batches are stored without a look at their records. */
export function storesAsItCame(settings: LogSettings): boolean {
  return settings.compressionType === "producer" && !asksForRecords(storingRules(settings));
}

/** In which form batches of such a log are stored. */
export function storingRules(settings: LogSettings): StoringRules {
  return {
    compressionType: settings.compressionType,
    compressionLevel: settings.compressionLevel,
    validatesCompressed: settings.validatesCompressed ?? false,
    compacted: settings.compacted,
    timestampType: settings.timestampType,
    beforeMaxMs: settings.timestampBeforeMaxMs,
  };
}

/** What must hold for a batch of this log. */
export function rulesFor(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  settings: LogSettings,
  now: number,
  origin: Origin,
): ValidationRules {
  return {
    partition: `${topic}-${partition}`,
    now,
    timestampType: settings.timestampType,
    beforeMaxMs: settings.timestampBeforeMaxMs,
    afterMaxMs: settings.timestampAfterMaxMs,
    maxMessageBytes: settings.maxMessageBytes,
    recordBytesMax: settings.decompressedRecordBytesMax ?? Number.POSITIVE_INFINITY,
    validatesCompressed: settings.validatesCompressed ?? false,
    compacted: settings.compacted,
    compressionType: settings.compressionType,
    compressionLevel: settings.compressionLevel,
    origin,
  };
}
