/** Topics and their logs; what a topic may say itself is in topic.ts. */
export const logDocumentation: Readonly<Record<string, string>> = {
  "alter.config.policy.class.name": "The Java class that may refuse changes of settings.",
  "auto.create.topics.enable":
    "Whether a topic that a client asks for is made if it does not exist.",
  "create.topic.policy.class.name": "The Java class that may refuse new topics.",
  "default.replication.factor":
    "How many replicas topics get that do not say; never more than there are brokers.",
  "delete.topic.enable": "Whether topics may be deleted.",
  "log.cleaner.backoff.ms": "How long compaction rests when there is nothing to do.",
  "log.cleaner.dedupe.buffer.size":
    "How much memory compaction has for the keys of all its threads.",
  "log.cleaner.enable": "Whether logs are compacted.",
  "log.cleaner.io.buffer.load.factor": "How full compaction's table of keys becomes.",
  "log.cleaner.io.buffer.size": "How much memory compaction has to read and write.",
  "log.cleaner.io.max.bytes.per.second": "How fast compaction reads and writes at most.",
  "log.cleaner.threads": "How many threads compact.",
  "log.dir": "The data directory, where log.dirs is not given.",
  "log.dir.failure.timeout.ms": "After how long with a failed directory unreported a broker stops.",
  "log.dirs": "The data directory.",
  "log.flush.offset.checkpoint.interval.ms":
    "How often the point is noted from which a start after a crash checks the logs.",
  "log.flush.scheduler.interval.ms":
    "How often it is seen whether a log must be forced to the disk.",
  "log.flush.start.offset.checkpoint.interval.ms":
    "How often the first offsets of the logs are noted.",
  "log.initial.task.delay.ms": "How long after the start the periodic work on logs begins.",
  "log.retention.check.interval.ms": "How often it is seen which segments may be deleted.",
  "log.retention.hours":
    "How long records are kept, in hours, where neither log.retention.ms nor log.retention.minutes is given.",
  "log.retention.minutes":
    "How long records are kept, in minutes, where log.retention.ms is not given.",
  "log.roll.hours": "At which age a segment is closed, in hours, where log.roll.ms is not given.",
  "log.roll.jitter.hours":
    "By how much at most a segment closes earlier, in hours, where log.roll.jitter.ms is not given.",
  "num.partitions": "How many partitions topics get that do not say.",
  "num.recovery.threads.per.data.dir":
    "How many threads check the logs of a directory at the start.",
};
