/** The settings of the recorded broker; its ports and directories were the machine's. */
export const recordedSettings: Readonly<Record<string, string>> = {
  "offsets.topic.replication.factor": "1",
  "offsets.topic.num.partitions": "2",
  "transaction.state.log.replication.factor": "1",
  "transaction.state.log.min.isr": "1",
  "transaction.state.log.num.partitions": "2",
  "share.coordinator.state.topic.replication.factor": "1",
  "share.coordinator.state.topic.min.isr": "1",
  "share.coordinator.state.topic.num.partitions": "2",
  "group.initial.rebalance.delay.ms": "0",
  "log.index.size.max.bytes": "65536",
};
