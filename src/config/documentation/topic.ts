/** What the settings of topics do. */
export const topicDocumentation: Readonly<Record<string, string>> = {
  "cleanup.policy":
    "What becomes of old records: delete drops them by age and size, compact keeps the last of every key; both may be given, and nothing keeps everything.",
  "compression.gzip.level":
    "How hard gzip tries, 1 to 9, where compression.type is gzip; -1 is its own default.",
  "compression.lz4.level": "How hard lz4 tries, where compression.type is lz4.",
  "compression.type": "The codec in which batches are stored; producer leaves them as they came.",
  "compression.zstd.level": "How hard zstd tries, where compression.type is zstd.",
  "delete.retention.ms":
    "How long compaction keeps the marks of deleted keys, so that a reader who starts at the beginning sees them.",
  "errors.deadletterqueue.group.enable":
    "Whether share groups may use the topic as their dead letter queue.",
  "file.delete.delay.ms":
    "How long a file that is out of use stays before it is removed from the disk.",
  "flush.messages":
    "After how many records the log is forced to the disk; 1 does so for every acknowledgement.",
  "flush.ms": "After how long the log is forced to the disk at the latest.",
  "follower.replication.throttled.replicas":
    "The replicas, as partition:broker, whose catching up is slowed down on the follower's side; * for all.",
  "index.interval.bytes":
    "After how many bytes of log the index gets an entry: fewer bytes, closer jumps, a larger index.",
  "leader.replication.throttled.replicas":
    "The replicas, as partition:broker, to which the leader sends at a limited rate; * for all.",
  "local.retention.bytes":
    "With tiered storage, how many bytes of a partition stay on the broker's disk; -2 takes retention.bytes.",
  "local.retention.ms":
    "With tiered storage, how long records stay on the broker's disk; -2 takes retention.ms.",
  "max.compaction.lag.ms": "How long a record may at most wait for compaction.",
  "max.decompressed.message.bytes":
    "How large a batch may become at most when the broker has to decompress it.",
  "max.message.bytes": "How large a batch may be, as it is stored, at most.",
  "message.timestamp.after.max.ms":
    "How far ahead of the broker's clock a timestamp given by a producer may be.",
  "message.timestamp.before.max.ms":
    "How far behind the broker's clock a timestamp given by a producer may be.",
  "message.timestamp.type":
    "Whose time a record bears: the producer's (CreateTime), or the broker's when it is appended (LogAppendTime).",
  "min.cleanable.dirty.ratio":
    "How much of a log must be new since the last compaction before it is compacted again.",
  "min.compaction.lag.ms": "How long a record is safe from compaction.",
  "min.insync.replicas": "How many replicas must be in sync for a write with acks=all to be taken.",
  preallocate: "Whether the file of a new segment gets its full size on the disk at once.",
  "remote.copy.lag.bytes":
    "With tiered storage, how many bytes may wait before they are copied; -1 leaves it to the other limits.",
  "remote.copy.lag.ms":
    "With tiered storage, how long a rolled segment may wait before it is copied.",
  "remote.log.copy.disable":
    "With tiered storage, stops copying while what was copied stays readable.",
  "remote.log.delete.on.disable":
    "Whether what was copied to tiered storage is deleted when the topic stops using it.",
  "remote.storage.enable": "Whether old segments of the topic move to tiered storage.",
  "retention.bytes":
    "How many bytes of a partition are kept before its oldest segments are deleted; -1 sets no limit.",
  "retention.ms":
    "How long records are kept before the segments that hold them are deleted; -1 sets no limit.",
  "segment.bytes":
    "At which size a segment is closed and a new one begun; retention works on whole segments.",
  "segment.index.bytes":
    "How large the index of a segment may become; a full index closes the segment.",
  "segment.jitter.ms":
    "By how much at most, chosen by chance, a segment closes earlier than segment.ms, so that many do not close at once.",
  "segment.ms": "At which age a segment is closed and a new one begun, even if it is not full.",
  "unclean.leader.election.enable":
    "Whether a replica that was not in sync may become leader when no other is left, at the price of lost records.",
};
