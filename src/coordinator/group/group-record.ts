import type { ErrorCode } from "../../protocol/errors.ts";
import type { ConsumerGroupRecord } from "./consumer/consumer-record.ts";

/** A committed offset, as clients gave it and `__consumer_offsets` keeps it. */
export interface CommittedOffset {
  readonly offset: number;
  /** -1 where the client does not know it. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** Set by clients of OffsetCommit v2-v4 only, else -1: the group's retention rules. */
  readonly expireTimestampMs: number;
  /** The topic the offset belongs to; ZERO_UUID in records older than topic ids. */
  readonly topicId: string;
}

/** A member of a classic group, as it is persisted. */
export interface PersistedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** The member's metadata for the protocol that the group chose. */
  readonly subscription: Buffer;
  readonly assignment: Buffer;
}

/** A classic group at the end of a rebalance, as it is persisted. */
export interface PersistedGroup {
  /** "" for a group that nobody has joined yet. */
  readonly protocolType: string;
  readonly generation: number;
  readonly protocolName: string | null;
  readonly leader: string | null;
  /** When the group entered its state; -1 in old records. */
  readonly stateTimestampMs: number;
  readonly members: readonly PersistedMember[];
}

/**
 * One fact in `__consumer_offsets`. A null value is a tombstone. Facts of group types that this
 * broker does not run are left in the log and skipped when it is replayed.
 */
export type GroupRecord =
  | {
      readonly type: "offset";
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: CommittedOffset | null;
    }
  | {
      readonly type: "classic-group";
      readonly groupId: string;
      readonly value: PersistedGroup | null;
    }
  | ConsumerGroupRecord;

/** What a decision makes true: facts to be made durable, and what to do once they are. */
export interface Outcome {
  readonly records: readonly GroupRecord[];
  /** Runs as soon as the records are true, before they are durable. Not if they do not fit into a batch. */
  readonly whenReplayed?: () => void;
  /** Runs after the records are committed, if the shard is still loaded. */
  readonly whenCommitted?: () => void;
  /**
   * Runs instead of it when they are not: too large for one batch, or not committed in time. If the
   * append failed the shard is dropped with everybody who waits, and nothing runs.
   */
  readonly whenNotCommitted?: (errorCode: ErrorCode) => void;
}

/** Nothing to persist: what changed is not durable state. */
export const NOTHING: Outcome = { records: [] };
