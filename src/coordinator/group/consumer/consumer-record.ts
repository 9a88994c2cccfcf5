import type { Assignment } from "./assignment.ts";
import type { CurrentAssignment, MemberMetadata } from "./consumer-member.ts";

/** The topics that a regular expression stands for. */
export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>;
  /** Revision of the metadata by which it was resolved. */
  readonly version: number;
  readonly timestampMs: number;
}

export interface GroupEpoch {
  readonly epoch: number;
  /** Of the subscribed topics: what changes it makes the group rebalance. */
  readonly metadataHash: bigint;
}

export interface TargetEpoch {
  readonly assignmentEpoch: number;
  /** When it was computed; 0 where that does not hold the next one up. */
  readonly timestampMs: number;
}

/** One fact about a consumer group in `__consumer_offsets`. A null value is a tombstone. */
export type ConsumerGroupRecord =
  | {
      readonly type: "consumer-epoch";
      readonly groupId: string;
      readonly value: GroupEpoch | null;
    }
  | {
      /** Of Kafka before 4.1. Nothing is read from it; where it is, it is taken away. */
      readonly type: "consumer-partition-metadata";
      readonly groupId: string;
      readonly value: "present" | null;
    }
  | {
      readonly type: "consumer-member";
      readonly groupId: string;
      readonly memberId: string;
      readonly value: MemberMetadata | null;
    }
  | {
      readonly type: "consumer-target-epoch";
      readonly groupId: string;
      readonly value: TargetEpoch | null;
    }
  | {
      readonly type: "consumer-target";
      readonly groupId: string;
      readonly memberId: string;
      readonly value: Assignment | null;
    }
  | {
      readonly type: "consumer-current";
      readonly groupId: string;
      readonly memberId: string;
      readonly value: CurrentAssignment | null;
    }
  | {
      readonly type: "consumer-regex";
      readonly groupId: string;
      readonly regex: string;
      readonly value: ResolvedRegex | null;
    };
