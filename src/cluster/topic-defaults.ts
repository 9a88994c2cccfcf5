import {
  GROUP_METADATA_TOPIC,
  SHARE_GROUP_STATE_TOPIC,
  TRANSACTION_STATE_TOPIC,
} from "./topic-name.ts";

/** What the broker's configuration says about topics that do not say it themselves. */
export interface TopicDefaults {
  /** num.partitions */
  readonly numPartitions: number;
  /** default.replication.factor */
  readonly defaultReplicationFactor: number;
  /** offsets.topic.* */
  readonly offsetsTopicNumPartitions: number;
  readonly offsetsTopicReplicationFactor: number;
  readonly offsetsTopicSegmentBytes: number;
  /** transaction.state.log.* */
  readonly transactionStateLogNumPartitions: number;
  readonly transactionStateLogReplicationFactor: number;
  readonly transactionStateLogSegmentBytes: number;
  readonly transactionStateLogMinIsr: number;
  /** share.coordinator.state.topic.* */
  readonly shareCoordinatorStateTopicNumPartitions: number;
  readonly shareCoordinatorStateTopicReplicationFactor: number;
  readonly shareCoordinatorStateTopicSegmentBytes: number;
  readonly shareCoordinatorStateTopicMinIsr: number;
  /** odradek.clamp.replication.factor: take a replication factor above the brokers there are. */
  readonly odradekClampReplicationFactor: boolean;
}

export interface TopicShape {
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configs: ReadonlyMap<string, string>;
}

/** What a topic is like that nobody described: it was asked for, or the broker needs it itself. */
export function shapeOf(name: string, defaults: TopicDefaults): TopicShape {
  switch (name) {
    case GROUP_METADATA_TOPIC:
      return {
        numPartitions: defaults.offsetsTopicNumPartitions,
        replicationFactor: defaults.offsetsTopicReplicationFactor,
        configs: configs({
          "cleanup.policy": "compact",
          "compression.type": "producer",
          "segment.bytes": defaults.offsetsTopicSegmentBytes,
        }),
      };
    case TRANSACTION_STATE_TOPIC:
      return {
        numPartitions: defaults.transactionStateLogNumPartitions,
        replicationFactor: defaults.transactionStateLogReplicationFactor,
        configs: configs({
          "cleanup.policy": "compact",
          "compression.type": "uncompressed",
          "min.insync.replicas": defaults.transactionStateLogMinIsr,
          "segment.bytes": defaults.transactionStateLogSegmentBytes,
          "unclean.leader.election.enable": "false",
        }),
      };
    case SHARE_GROUP_STATE_TOPIC:
      return {
        numPartitions: defaults.shareCoordinatorStateTopicNumPartitions,
        replicationFactor: defaults.shareCoordinatorStateTopicReplicationFactor,
        configs: configs({
          "cleanup.policy": "delete",
          "compression.type": "producer",
          "min.insync.replicas": defaults.shareCoordinatorStateTopicMinIsr,
          "retention.ms": -1,
          "segment.bytes": defaults.shareCoordinatorStateTopicSegmentBytes,
        }),
      };
    default:
      return {
        numPartitions: defaults.numPartitions,
        replicationFactor: defaults.defaultReplicationFactor,
        configs: new Map(),
      };
  }
}

function configs(given: Readonly<Record<string, string | number>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(given).map(([name, value]) => [name, String(value)]));
}
