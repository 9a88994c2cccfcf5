/** Coordinators; what a group may say itself is in group.ts. */
export const coordinatorDocumentation: Readonly<Record<string, string>> = {
  "add.partitions.to.txn.retry.backoff.max.ms":
    "How long the wait becomes at most when the broker adds partitions to a transaction.",
  "add.partitions.to.txn.retry.backoff.ms":
    "How long the broker waits before it tries again to add partitions to a transaction.",
  "errors.deadletterqueue.auto.create.topics.enable":
    "Whether the topic of a dead letter queue is made if it does not exist.",
  "errors.deadletterqueue.topic.name.prefix":
    "What the name of a dead letter queue's topic must begin with.",
  "group.consumer.assignors": "The assignors that consumer groups may use, the default first.",
  "group.consumer.migration.policy":
    "Whether groups may change between the classic and the consumer protocol, and which way.",
  "group.consumer.regex.refresh.interval.ms":
    "How often subscriptions by regular expression are matched anew.",
  "group.coordinator.append.linger.ms":
    "How long the group coordinator gathers records before it writes them; -1 as it sees fit.",
  "group.coordinator.background.threads":
    "How many threads do the group coordinator's background work.",
  "group.coordinator.cached.buffer.max.bytes":
    "How large a write buffer may be that the group coordinator keeps.",
  "group.coordinator.rebalance.protocols": "Which kinds of groups there may be.",
  "group.coordinator.threads": "How many threads coordinate groups.",
  "group.initial.rebalance.delay.ms":
    "How long a new group waits for more members before its first rebalance.",
  "group.max.session.timeout.ms": "The longest session timeout that a member may ask for.",
  "group.max.size": "How many members a group has at most.",
  "group.min.session.timeout.ms": "The shortest session timeout that a member may ask for.",
  "group.share.assignors": "The assignors that share groups may use.",
  "group.share.dlq.manager.class.name": "The Java class that writes to dead letter queues.",
  "group.share.initialize.retry.interval.ms":
    "How long the coordinator waits before it tries again to initialise a share group.",
  "group.share.max.share.sessions": "How many share sessions are remembered at most.",
  "group.share.persister.class.name": "The Java class that keeps the state of share groups.",
  "group.streams.assignors": "The assignors that streams groups may use, the default first.",
  "group.streams.topology.description.plugin.class":
    "The Java class that keeps descriptions of streams topologies.",
  "offset.metadata.max.bytes": "How long the text may be that a member commits with an offset.",
  "offsets.commit.timeout.ms": "How long a commit may wait for its replicas before it fails.",
  "offsets.load.buffer.size": "How many bytes are read at once when offsets and groups are loaded.",
  "offsets.retention.check.interval.ms":
    "How often committed offsets that are too old are removed.",
  "offsets.retention.minutes":
    "How long offsets are kept after their group became empty, or were committed without one.",
  "offsets.topic.compression.codec": "The codec of committed offsets: 0 for none.",
  "offsets.topic.num.partitions":
    "How many partitions __consumer_offsets has; not to be changed afterwards.",
  "offsets.topic.replication.factor":
    "How many replicas __consumer_offsets has; never more than there are brokers.",
  "offsets.topic.segment.bytes": "At which size a segment of __consumer_offsets is closed.",
  "producer.id.expiration.check.interval.ms":
    "How often producers that are too long silent are forgotten.",
  "producer.id.expiration.ms":
    "How long a partition remembers a silent producer, to know its repeats.",
  "producer.purgatory.purge.interval.requests":
    "After how many requests Kafka sweeps its list of waiting produces.",
  "share.coordinator.append.linger.ms":
    "How long the share coordinator gathers records before it writes them; -1 as it sees fit.",
  "share.coordinator.cached.buffer.max.bytes":
    "How large a write buffer may be that the share coordinator keeps.",
  "share.coordinator.cold.partition.snapshot.interval.ms":
    "How often quiet partitions of share groups get a snapshot.",
  "share.coordinator.load.buffer.size":
    "How many bytes are read at once when the state of share groups is loaded.",
  "share.coordinator.snapshot.update.records.per.snapshot":
    "After how many updates the state of a share partition is written as a whole.",
  "share.coordinator.state.topic.compression.codec":
    "The codec of the state of share groups: 0 for none.",
  "share.coordinator.state.topic.min.isr": "The min.insync.replicas of __share_group_state.",
  "share.coordinator.state.topic.num.partitions": "How many partitions __share_group_state has.",
  "share.coordinator.state.topic.prune.interval.ms":
    "How often state of share groups that is no longer needed is deleted.",
  "share.coordinator.state.topic.replication.factor":
    "How many replicas __share_group_state has; never more than there are brokers.",
  "share.coordinator.state.topic.segment.bytes":
    "At which size a segment of __share_group_state is closed.",
  "share.coordinator.threads": "How many threads coordinate the state of share groups.",
  "share.coordinator.write.timeout.ms": "How long a write of the share coordinator may take.",
  "share.fetch.purgatory.purge.interval.requests":
    "After how many requests Kafka sweeps its list of waiting share fetches.",
  "transaction.abort.timed.out.transaction.cleanup.interval.ms":
    "How often transactions that took too long are aborted.",
  "transaction.max.timeout.ms": "The longest timeout that a transactional producer may ask for.",
  "transaction.partition.verification.enable":
    "Whether a partition asks the coordinator before it takes records of a transaction.",
  "transaction.remove.expired.transaction.cleanup.interval.ms":
    "How often transactional ids that are too long silent are removed.",
  "transaction.state.log.load.buffer.size":
    "How many bytes are read at once when transactions are loaded.",
  "transaction.state.log.min.isr": "The min.insync.replicas of __transaction_state.",
  "transaction.state.log.num.partitions":
    "How many partitions __transaction_state has; not to be changed afterwards.",
  "transaction.state.log.replication.factor":
    "How many replicas __transaction_state has; never more than there are brokers.",
  "transaction.state.log.segment.bytes":
    "At which size a segment of __transaction_state is closed.",
  "transaction.two.phase.commit.enable": "Whether producers may take part in two-phase commits.",
  "transactional.id.expiration.ms": "How long a silent transactional id is remembered.",
};
