import type { JoinGroupResponseInput } from "../../../protocol/generated/join-group.ts";
import type { SyncGroupResponseInput } from "../../../protocol/generated/sync-group.ts";
import type { PersistedMember } from "../group-record.ts";

/** A way in which a member can share the work, with what it tells the leader about itself. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export type AnswerJoin = (response: JoinGroupResponseInput) => void;
export type AnswerSync = (response: SyncGroupResponseInput) => void;

export interface MemberIdentity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
}

export interface MemberTerms {
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly MemberProtocol[];
}

export const NO_ASSIGNMENT: Buffer = Buffer.alloc(0);

/** A member of a classic group. Its group alone changes it. */
export class ClassicMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  protocols: readonly MemberProtocol[];
  assignment: Buffer = NO_ASSIGNMENT;
  /** It has not got its first JoinGroup answer yet, so it cannot know that it should heartbeat. */
  isNew = false;
  /** Monotonic time at which the session ends; Infinity while nothing is expected of the member. */
  deadlineMs = Number.POSITIVE_INFINITY;
  answerJoin: AnswerJoin | undefined;
  answerSync: AnswerSync | undefined;

  constructor(identity: MemberIdentity, terms: MemberTerms) {
    this.memberId = identity.memberId;
    this.groupInstanceId = identity.groupInstanceId;
    this.clientId = identity.clientId;
    this.clientHost = identity.clientHost;
    this.rebalanceTimeoutMs = terms.rebalanceTimeoutMs;
    this.sessionTimeoutMs = terms.sessionTimeoutMs;
    this.protocols = terms.protocols;
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null;
  }

  /** A parked request proves life as well as a heartbeat does, once the member knows its id. */
  get hasSatisfiedHeartbeat(): boolean {
    if (this.isNew) return false;
    return this.answerJoin !== undefined || this.answerSync !== undefined;
  }

  metadataFor(protocolName: string): Buffer {
    return this.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_ASSIGNMENT;
  }

  /** Same protocols in the same order with the same metadata: the join changes nothing. */
  matches(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every((protocol, i) => {
        const own = this.protocols[i];
        return own?.name === protocol.name && own.metadata.equals(protocol.metadata);
      })
    );
  }

  persisted(protocolName: string, assignment: Buffer): PersistedMember {
    return {
      memberId: this.memberId,
      groupInstanceId: this.groupInstanceId,
      clientId: this.clientId,
      clientHost: this.clientHost,
      rebalanceTimeoutMs: this.rebalanceTimeoutMs,
      sessionTimeoutMs: this.sessionTimeoutMs,
      subscription: this.metadataFor(protocolName),
      assignment,
    };
  }
}
