/** One partition of an internal topic, as the coordinator that lives on it sees it. */
export interface InternalPartition {
  /** Offset of the oldest record. */
  readonly startOffset: number;
  /** Offset that the next record will get. */
  readonly endOffset: number;
  /** Appends one record batch. Resolves with its base offset once it is committed, else rejects. */
  append(batch: Buffer): Promise<number>;
  /** Whole batches, the first of which holds `offset`; nothing at the end of the log. */
  read(offset: number, maxBytes: number): Promise<Buffer>;
}

/** An internal topic: `__consumer_offsets`, later `__transaction_state`. */
export interface InternalTopic {
  readonly exists: boolean;
  /** How many partitions it has, or will have once it exists. */
  readonly partitionCount: number;
  /** Creates the topic if it is not there. Idempotent. */
  ensure(): Promise<void>;
  /** Undefined where this broker does not lead that partition. */
  partition(index: number): InternalPartition | undefined;
}

/** What a coordinator asks about the topics of users. */
export interface TopicLookup {
  topicName(id: string): string | undefined;
  topicId(name: string): string | undefined;
  partitionCount(topic: string): number | undefined;
}
