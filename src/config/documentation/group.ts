/** What the settings of groups do. */
export const groupDocumentation: Readonly<Record<string, string>> = {
  "consumer.assignment.interval.ms": "How long assignments of a consumer group are at least apart.",
  "consumer.heartbeat.interval.ms": "How often members of a consumer group report.",
  "consumer.session.timeout.ms":
    "After how long without a report a member leaves a consumer group.",
  "errors.deadletterqueue.copy.record.enable":
    "Whether a share group's dead letter queue gets the whole record, not only where it was.",
  "errors.deadletterqueue.topic.name":
    "The topic that takes what a share group gives up on; empty for none.",
  "share.assignment.interval.ms": "How long assignments of a share group are at least apart.",
  "share.auto.offset.reset":
    "Where a share group begins in a partition it has not read: latest, earliest, or by_duration: and how far back.",
  "share.delivery.count.limit": "How often a share group delivers a record at most.",
  "share.heartbeat.interval.ms": "How often members of a share group report.",
  "share.isolation.level":
    "Whether a share group sees records of transactions that are not committed.",
  "share.partition.max.record.locks":
    "How many records of a partition a share group holds for its members at once, at most.",
  "share.record.lock.duration.ms":
    "How long a record is held for the member of a share group that got it.",
  "share.renew.acknowledge.enable":
    "Whether members of a share group may ask for more time with a record.",
  "share.session.timeout.ms": "After how long without a report a member leaves a share group.",
  "streams.assignment.interval.ms": "How long assignments of a streams group are at least apart.",
  "streams.assignor.name": "Which assignor gives tasks to the members of a streams group.",
  "streams.heartbeat.interval.ms": "How often members of a streams group report.",
  "streams.initial.rebalance.delay.ms":
    "How long a new streams group waits for more members before its first assignment.",
  "streams.num.standby.replicas": "How many standby copies each task of a streams group has.",
  "streams.rack.aware.assignment.tags":
    "The client tags by which standby copies of a streams group are spread.",
  "streams.session.timeout.ms": "After how long without a report a member leaves a streams group.",
};
