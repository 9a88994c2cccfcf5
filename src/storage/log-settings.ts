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
  readonly timestampType: "CreateTime" | "LogAppendTime";
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  readonly compacted: boolean;
  readonly compressionType: "producer" | "uncompressed" | "gzip" | "snappy" | "lz4" | "zstd";
  readonly compressionLevel?: number | undefined;
  readonly fileDeleteDelayMs: number;
  readonly producerIdExpirationMs: number;
}
