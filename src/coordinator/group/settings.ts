/** The broker settings that groups and committed offsets obey. A BrokerConfig has all of them. */
export interface GroupSettings {
  /** How long the first rebalance of an empty group waits for more members. */
  readonly groupInitialRebalanceDelayMs: number;
  readonly groupMinSessionTimeoutMs: number;
  readonly groupMaxSessionTimeoutMs: number;
  /** Members at most in one group. */
  readonly groupMaxSize: number;
  /** The assignors of consumer groups, the default first. */
  readonly groupConsumerAssignors: readonly string[];
  /** The least time between two target assignments of a group, and its bounds. */
  readonly groupConsumerAssignmentIntervalMs: number;
  readonly groupConsumerMinAssignmentIntervalMs: number;
  readonly groupConsumerMaxAssignmentIntervalMs: number;
  readonly groupConsumerHeartbeatIntervalMs: number;
  readonly groupConsumerMinHeartbeatIntervalMs: number;
  readonly groupConsumerMaxHeartbeatIntervalMs: number;
  readonly groupConsumerSessionTimeoutMs: number;
  readonly groupConsumerMinSessionTimeoutMs: number;
  readonly groupConsumerMaxSessionTimeoutMs: number;
  /** Members at most in one consumer group. */
  readonly groupConsumerMaxSize: number;
  /** bidirectional, upgrade, downgrade or disabled, in any case of letters. */
  readonly groupConsumerMigrationPolicy: string;
  readonly groupConsumerRegexRefreshIntervalMs: number;
  /** Longest metadata string of a committed offset, in UTF-16 units, as Kafka counts. */
  readonly offsetMetadataMaxBytes: number;
  readonly offsetsRetentionMinutes: number;
  readonly offsetsRetentionCheckIntervalMs: number;
  /** How long an append to the internal topic may take before the client is told to try again. */
  readonly offsetsCommitTimeoutMs: number;
  /** Codec id of the records of groups and offsets, 0 for none. */
  readonly offsetsTopicCompressionCodec: number;
  /** Bytes read at once while a partition is loaded. */
  readonly offsetsLoadBufferSize: number;
  /** Largest record batch that the internal topic takes. */
  readonly messageMaxBytes: number;
}

/** Who sent a group request. A handler's RequestContext has all of it. */
export interface GroupRequestContext {
  readonly version: number;
  readonly clientId: string | null;
  /** Remote address in Kafka's form: "/127.0.0.1". */
  readonly clientHost: string;
  /** Whether the client may see a topic. */
  may(operation: "describe", resource: "topic", name: string): boolean;
}
