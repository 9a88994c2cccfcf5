import { NOTHING_OWNED, type OwnedPartitions, sameOwned } from "./assignment.ts";

/**
 * Where a member stands on its way to the target assignment, as Kafka persists it: it has arrived; it
 * has to give partitions up first; it waits for partitions that others have not given up yet; or a
 * newer broker left it in a state that we do not know.
 */
export const MemberState = {
  STABLE: 0,
  UNREVOKED_PARTITIONS: 1,
  UNRELEASED_PARTITIONS: 2,
  UNKNOWN: 127,
} as const;
export type MemberState = (typeof MemberState)[keyof typeof MemberState];

const STATES: readonly MemberState[] = Object.values(MemberState);

export function memberStateOf(code: number): MemberState {
  return STATES.find((state) => state === code) ?? MemberState.UNKNOWN;
}

/** Member epochs that say something else than an epoch. */
export const JOINING_EPOCH = 0;
export const LEAVING_EPOCH = -1;
/** A static member leaves and will be back. */
export const LEAVING_STATIC_EPOCH = -2;

/** What a classic protocol's member said of itself when it joined a consumer group. */
export interface ClassicTerms {
  readonly sessionTimeoutMs: number;
  /** In order of preference; the metadata are subscriptions of the consumer protocol. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[];
}

/** What a member says of itself. */
export interface MemberMetadata {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  /** In Kafka's form: "/127.0.0.1". */
  readonly clientHost: string;
  /** Sorted, each once. */
  readonly subscribedTopicNames: readonly string[];
  /** "" for none. */
  readonly subscribedTopicRegex: string;
  /** -1 where a member of old did not say it. */
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** Undefined for members that speak the consumer protocol. */
  readonly classic: ClassicTerms | undefined;
}

/** What a member owns. */
export interface CurrentAssignment {
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  readonly assigned: OwnedPartitions;
  readonly pendingRevocation: OwnedPartitions;
}

/** A member of a consumer group. Immutable: the next one replaces it when its record is replayed. */
export interface ConsumerMember extends MemberMetadata, CurrentAssignment {
  readonly memberId: string;
}

/** A member of which nothing is known yet. */
export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: "",
    clientHost: "",
    subscribedTopicNames: [],
    subscribedTopicRegex: "",
    rebalanceTimeoutMs: -1,
    serverAssignor: null,
    classic: undefined,
    memberEpoch: JOINING_EPOCH,
    previousMemberEpoch: -1,
    state: MemberState.STABLE,
    assigned: NOTHING_OWNED,
    pendingRevocation: NOTHING_OWNED,
  };
}

export function withMetadata(member: ConsumerMember, metadata: MemberMetadata): ConsumerMember {
  return {
    ...member,
    instanceId: metadata.instanceId,
    rackId: metadata.rackId,
    clientId: metadata.clientId,
    clientHost: metadata.clientHost,
    subscribedTopicNames: metadata.subscribedTopicNames,
    subscribedTopicRegex: metadata.subscribedTopicRegex,
    rebalanceTimeoutMs: metadata.rebalanceTimeoutMs,
    serverAssignor: metadata.serverAssignor,
    classic: metadata.classic,
  };
}

export function withCurrent(member: ConsumerMember, current: CurrentAssignment): ConsumerMember {
  return {
    ...member,
    memberEpoch: current.memberEpoch,
    previousMemberEpoch: current.previousMemberEpoch,
    state: current.state,
    assigned: current.assigned,
    pendingRevocation: current.pendingRevocation,
  };
}

/** The member has all that the target assignment of `epoch` gives it. */
export function isReconciledTo(member: ConsumerMember, epoch: number): boolean {
  return member.state === MemberState.STABLE && member.memberEpoch === epoch;
}

export function sameMetadata(one: MemberMetadata, other: MemberMetadata): boolean {
  return (
    one.instanceId === other.instanceId &&
    one.rackId === other.rackId &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    sameNames(one.subscribedTopicNames, other.subscribedTopicNames) &&
    one.subscribedTopicRegex === other.subscribedTopicRegex &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    one.serverAssignor === other.serverAssignor &&
    sameTerms(one.classic, other.classic)
  );
}

export function sameCurrent(one: CurrentAssignment, other: CurrentAssignment): boolean {
  return (
    one.memberEpoch === other.memberEpoch &&
    one.previousMemberEpoch === other.previousMemberEpoch &&
    one.state === other.state &&
    sameOwned(one.assigned, other.assigned) &&
    sameOwned(one.pendingRevocation, other.pendingRevocation)
  );
}

export function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return (
    one === other || (one.length === other.length && one.every((name, i) => name === other[i]))
  );
}

/** Topic names in the order in which they are persisted, each once. */
export function sortedNames(names: Iterable<string>): string[] {
  return [...new Set(names)].sort();
}

function sameTerms(one: ClassicTerms | undefined, other: ClassicTerms | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.sessionTimeoutMs === other.sessionTimeoutMs &&
    one.protocols.length === other.protocols.length &&
    one.protocols.every(({ name, metadata }, i) => {
      const its = other.protocols[i];
      return its?.name === name && its.metadata.equals(metadata);
    })
  );
}
