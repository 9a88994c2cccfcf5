import type { BrokerConfig } from "../config/broker-config.ts";
import { LONG_MAX } from "../config/setting.ts";
import { resolveTopicConfig } from "../config/topic-config.ts";
import type { LogSettings } from "../storage/log-settings.ts";

/** What a topic's own settings, and the broker's where it has none, mean for its logs. */
export function topicLogSettings(
  broker: BrokerConfig,
  overrides: ReadonlyMap<string, string>,
): LogSettings {
  const topic = resolveTopicConfig(broker, overrides);
  return {
    segmentBytes: topic.segmentBytes,
    segmentMs: topic.segmentMs,
    segmentJitterMs: topic.segmentJitterMs,
    segmentIndexBytes: topic.segmentIndexBytes,
    indexIntervalBytes: topic.indexIntervalBytes,
    flushMessages: topic.flushMessages,
    flushMs: topic.flushMs >= LONG_MAX ? undefined : topic.flushMs,
    maxMessageBytes: topic.maxMessageBytes,
    decompressedRecordBytesMax: topic.maxDecompressedMessageBytes,
    validatesCompressed: broker.odradekValidateCompressedBatches,
    timestampType: topic.messageTimestampType,
    timestampBeforeMaxMs: topic.messageTimestampBeforeMaxMs,
    timestampAfterMaxMs: topic.messageTimestampAfterMaxMs,
    compressionType: topic.compressionType,
    compressionLevel: topic.compressionLevel,
    fileDeleteDelayMs: topic.fileDeleteDelayMs,
    producerIdExpirationMs: broker.producerIdExpirationMs,
    deleted: topic.cleanupPolicy.has("delete"),
    retentionMs: topic.retentionMs,
    retentionBytes: topic.retentionBytes,
    compacted: topic.cleanupPolicy.has("compact"),
    minCleanableDirtyRatio: topic.minCleanableDirtyRatio,
    minCompactionLagMs: topic.minCompactionLagMs,
    maxCompactionLagMs: topic.maxCompactionLagMs,
    deleteRetentionMs: topic.deleteRetentionMs,
  };
}
