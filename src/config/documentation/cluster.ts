/** The broker among others. */
export const clusterDocumentation: Readonly<Record<string, string>> = {
  "alter.log.dirs.replication.quota.window.num":
    "How many samples the quota for moves between directories remembers.",
  "alter.log.dirs.replication.quota.window.size.seconds":
    "How long a sample of the quota for moves between directories is.",
  "auto.leader.rebalance.enable":
    "Whether leadership goes back to the preferred replicas by itself.",
  "broker.heartbeat.interval.ms": "How often a broker tells the controller that it lives.",
  "broker.id": "The id of this broker; the same as node.id.",
  "broker.rack":
    "Where the broker stands, for placing replicas and for readers that prefer what is near.",
  "broker.session.timeout.ms": "After how long without a sign of life a broker counts as gone.",
  "client.quota.callback.class": "The Java class that decides clients' quotas.",
  "config.providers": "Names of providers that resolve placeholders in settings.",
  "controlled.shutdown.enable": "Whether a broker gives its leaderships away before it stops.",
  "controller.listener.names":
    "Listeners of the controller; this broker has none and does not open them.",
  "controller.performance.always.log.threshold.ms":
    "From which duration on the controller logs every event.",
  "controller.performance.sample.period.ms": "How often the controller logs its durations.",
  "controller.quorum.append.linger.ms":
    "How long the controller gathers records before it writes them.",
  "controller.quorum.auto.join.enable": "Whether a new controller joins the quorum by itself.",
  "controller.quorum.bootstrap.servers": "Where the controllers may be asked for.",
  "controller.quorum.election.backoff.max.ms":
    "How long a controller waits at most before another election.",
  "controller.quorum.election.timeout.ms":
    "After how long without a leader a controller calls an election.",
  "controller.quorum.fetch.max.bytes": "How many bytes of metadata a fetch has at most.",
  "controller.quorum.fetch.snapshot.max.bytes":
    "How many bytes of a metadata snapshot a fetch has at most.",
  "controller.quorum.fetch.timeout.ms":
    "After how long without a fetch from the quorum its leader resigns.",
  "controller.quorum.request.timeout.ms": "How long a controller waits for an answer.",
  "controller.quorum.retry.backoff.ms": "How long a controller waits before it asks again.",
  "controller.quorum.voters": "The controllers, as id@host:port.",
  "controller.quota.window.num": "How many samples the quota for changes of topics remembers.",
  "controller.quota.window.size.seconds":
    "How long a sample of the quota for changes of topics is.",
  "controller.socket.timeout.ms": "How long a broker waits for the controller.",
  "cordoned.log.dirs": "Directories that get no new replicas.",
  "delete.records.purgatory.purge.interval.requests":
    "After how many requests Kafka sweeps its list of waiting DeleteRecords.",
  "follower.fetch.last.tiered.offset.enable":
    "Whether a new follower begins where tiered storage ends.",
  "initial.broker.registration.timeout.ms":
    "How long a broker tries to register with the controller at its start.",
  "kafka.metrics.polling.interval.secs": "How often Kafka's own metrics reporters are asked.",
  "kafka.metrics.reporters": "Java classes that report Kafka's own metrics.",
  "leader.imbalance.check.interval.seconds":
    "How often it is seen whether leadership should go back to preferred replicas.",
  "metadata.log.dir": "The directory of the controller's log.",
  "metadata.log.max.record.bytes.between.snapshots":
    "After how many bytes of metadata a snapshot is made.",
  "metadata.log.max.snapshot.interval.ms": "After how long a snapshot of the metadata is made.",
  "metadata.log.segment.bytes": "At which size a segment of the metadata log is closed.",
  "metadata.log.segment.ms": "At which age a segment of the metadata log is closed.",
  "metadata.max.idle.interval.ms":
    "How often an idle controller writes something, to show that it lives.",
  "metadata.max.retention.bytes":
    "How large metadata log and snapshots become before old ones are deleted.",
  "metadata.max.retention.ms": "How old metadata log and snapshots become before they are deleted.",
  "metric.reporters": "Java classes that report metrics.",
  "metrics.num.samples": "How many samples a metric remembers.",
  "metrics.recording.level": "How detailed metrics are.",
  "metrics.sample.window.ms": "How long a sample of a metric is.",
  "node.id": "The id of this broker, and of the controller in the same process.",
  "num.replica.alter.log.dirs.threads": "How many threads move replicas between directories.",
  "num.replica.fetchers": "How many connections copy from each other broker.",
  "process.roles": "What the process is in KRaft: broker, controller, or both.",
  "quota.window.num": "How many samples clients' quotas remember.",
  "quota.window.size.seconds": "How long a sample of clients' quotas is.",
  "replica.fetch.backoff.ms": "How long a follower waits after an error.",
  "replica.fetch.max.bytes": "How many bytes of one partition a follower asks for.",
  "replica.fetch.min.bytes": "How many bytes a follower waits for.",
  "replica.fetch.response.max.bytes": "How many bytes an answer to a follower has at most.",
  "replica.fetch.wait.max.ms": "How long a follower waits for bytes.",
  "replica.high.watermark.checkpoint.interval.ms":
    "How often high watermarks are noted on the disk.",
  "replica.lag.time.max.ms": "After how long behind the leader a follower is out of sync.",
  "replica.selector.class": "The Java class that chooses the replica a consumer reads from.",
  "replica.socket.receive.buffer.bytes": "The receive buffer of a follower's socket.",
  "replica.socket.timeout.ms": "How long a follower waits for its socket.",
  "replication.quota.window.num": "How many samples the quota for replication remembers.",
  "replication.quota.window.size.seconds": "How long a sample of the quota for replication is.",
  "server.max.startup.time.ms": "How long a broker may take to start.",
  "unclean.leader.election.interval.ms":
    "How often it is seen whether partitions without a leader may take an unclean one.",
  "unstable.api.versions.enable": "Whether versions of the protocol that are not final are spoken.",
  "unstable.feature.versions.enable":
    "Whether versions of features that are not final may be used.",
};
