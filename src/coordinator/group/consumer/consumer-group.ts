import { type Assignment, NO_PARTITIONS, NOTHING_OWNED } from "./assignment.ts";
import {
  type ConsumerMember,
  type CurrentAssignment,
  isReconciledTo,
  type MemberMetadata,
  newMember,
  withCurrent,
  withMetadata,
} from "./consumer-member.ts";
import type { GroupEpoch, ResolvedRegex, TargetEpoch } from "./consumer-record.ts";
import { Counts } from "./counts.ts";
import { MemberDeadlines } from "./member-deadlines.ts";
import { PartitionOwnership } from "./partition-ownership.ts";
import { Subscriptions } from "./subscriptions.ts";

export type ConsumerGroupState = "Empty" | "Assigning" | "Reconciling" | "Stable";

const CONSUMER_PROTOCOL_TYPE = "consumer";

/** What a new group is at before anything is persisted. */
const INITIAL_EPOCH = 1;

/**
 * A consumer group (KIP-848): its members, what they own, and what they should own. Only replayed
 * records change it, apart from deadlines and from knowing that topics have changed.
 *
 * The group epoch counts changes of members and topics. The target assignment was computed at the
 * assignment epoch and follows it. Each member is led to the target by its own heartbeats and has
 * reached the member epoch that its heartbeats name. A partition is given to its next owner only when
 * the last one has said that it let it go.
 */
export class ConsumerGroup {
  readonly type = "consumer";
  readonly protocolType: string = CONSUMER_PROTOCOL_TYPE;
  readonly groupId: string;
  readonly deadlines = new MemberDeadlines();
  readonly #members = new Map<string, ConsumerMember>();
  readonly #memberIdByInstance = new Map<string, string>();
  readonly #subscriptions = new Subscriptions();
  readonly #assignors = new Counts();
  /** Classic protocols by name, of the members that speak the classic protocol. */
  readonly #classicProtocols = new Counts();
  #classicCount = 0;
  #epoch = INITIAL_EPOCH;
  #metadataHash = 0n;
  #target: TargetEpoch = { assignmentEpoch: INITIAL_EPOCH, timestampMs: 0 };
  readonly #targets = new Map<string, Assignment>();
  readonly #ownership = new PartitionOwnership();
  /** Topics may have changed since the hash was computed. */
  isMetadataStale = true;
  /** A record of Kafka before 4.1 is in the log, and is to be taken away. */
  hasPartitionMetadata = false;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  get epoch(): number {
    return this.#epoch;
  }
  get metadataHash(): bigint {
    return this.#metadataHash;
  }
  get assignmentEpoch(): number {
    return this.#target.assignmentEpoch;
  }
  get assignmentTimestampMs(): number {
    return this.#target.timestampMs;
  }
  get subscriptions(): Subscriptions {
    return this.#subscriptions;
  }
  get memberCount(): number {
    return this.#members.size;
  }
  get isEmpty(): boolean {
    return this.#members.size === 0;
  }
  /** Members that speak the classic protocol. */
  get classicCount(): number {
    return this.#classicCount;
  }
  get wakeAtMs(): number {
    return this.deadlines.wakeAtMs;
  }

  /** Looks at every member: for administrators, not for heartbeats. */
  get state(): ConsumerGroupState {
    if (this.isEmpty) return "Empty";
    if (this.#epoch > this.assignmentEpoch) return "Assigning";
    for (const member of this.#members.values()) {
      if (!isReconciledTo(member, this.assignmentEpoch)) return "Reconciling";
    }
    return "Stable";
  }

  members(): MapIterator<ConsumerMember> {
    return this.#members.values();
  }
  member(memberId: string): ConsumerMember | undefined {
    return this.#members.get(memberId);
  }
  staticMember(instanceId: string | null): ConsumerMember | undefined {
    if (instanceId === null) return undefined;
    const memberId = this.#memberIdByInstance.get(instanceId);
    return memberId === undefined ? undefined : this.#members.get(memberId);
  }
  isSubscribedTo(topic: string): boolean {
    return this.#subscriptions.isSubscribedTo(topic);
  }

  /** What a member should own. A static member that is back under a new id has what it had. */
  targetOf(memberId: string, instanceId: string | null = null): Assignment {
    const holder = instanceId === null ? memberId : this.#memberIdByInstance.get(instanceId);
    return this.#targets.get(holder ?? memberId) ?? NO_PARTITIONS;
  }

  /** The member epoch at which a partition is owned, -1 if it is free. */
  ownedAt(topicId: string, partition: number): number {
    return this.#ownership.epochOf(topicId, partition);
  }

  /** The assignor most members want, once `before` has become `after`; undefined if nobody cares. */
  preferredAssignor(before?: ConsumerMember, after?: ConsumerMember): string | undefined {
    const counts = this.#assignors.copy();
    if (before?.serverAssignor != null) counts.add(before.serverAssignor, -1);
    if (after?.serverAssignor != null) counts.add(after.serverAssignor, 1);
    let best: { readonly name: string; readonly count: number } | undefined;
    for (const [name, count] of counts.entries()) {
      if (best === undefined || count >= best.count) best = { name, count };
    }
    return best?.name;
  }

  /** Whether a member that speaks the classic protocol shares one of these with all others who do. */
  supportsClassicProtocols(protocolType: string, names: readonly string[]): boolean {
    if (protocolType !== CONSUMER_PROTOCOL_TYPE) return false;
    if (this.isEmpty) return names.length > 0;
    return names.some((name) => this.#classicProtocols.of(name) === this.#classicCount);
  }

  /** Whether everybody but these speaks the classic protocol. */
  isClassicWithout(members: readonly ConsumerMember[]): boolean {
    const classicAmong = members.filter(({ classic }) => classic !== undefined).length;
    return this.#classicCount - classicAmong === this.memberCount - members.length;
  }

  // --- replay

  setEpoch({ epoch, metadataHash }: GroupEpoch): void {
    this.#epoch = epoch;
    this.#metadataHash = metadataHash;
  }

  setTargetEpoch(target: TargetEpoch): void {
    this.#target = target;
  }

  setTarget(memberId: string, assignment: Assignment | undefined): void {
    if (assignment === undefined) this.#targets.delete(memberId);
    else this.#targets.set(memberId, assignment);
  }

  setRegex(regex: string, resolved: ResolvedRegex | undefined): void {
    this.#subscriptions.resolve(regex, resolved);
  }

  setMetadata(memberId: string, metadata: MemberMetadata): void {
    const before = this.#members.get(memberId);
    this.#replace(before, withMetadata(before ?? newMember(memberId), metadata));
  }

  setCurrent(memberId: string, current: CurrentAssignment): void {
    const before = this.#members.get(memberId);
    this.#replace(before, withCurrent(before ?? newMember(memberId), current));
  }

  /** The member owns nothing any more, and is about to be removed. */
  clearCurrent(memberId: string): void {
    const before = this.#members.get(memberId);
    if (before === undefined) return;
    const nothing = { assigned: NOTHING_OWNED, pendingRevocation: NOTHING_OWNED };
    this.#replace(before, { ...before, ...nothing, memberEpoch: -1, previousMemberEpoch: -1 });
  }

  removeMember(memberId: string): void {
    const member = this.#members.get(memberId);
    this.deadlines.forget(memberId);
    if (member === undefined) return;
    this.#ownership.release(member);
    this.#members.delete(memberId);
    this.#forgetInstance(member);
    this.#count(member, undefined);
  }

  #replace(before: ConsumerMember | undefined, after: ConsumerMember): void {
    if (before !== undefined) {
      this.#ownership.release(before);
      if (before.instanceId !== after.instanceId) this.#forgetInstance(before);
    }
    this.#members.set(after.memberId, after);
    if (after.instanceId !== null) this.#memberIdByInstance.set(after.instanceId, after.memberId);
    this.#ownership.take(after);
    this.#count(before, after);
  }

  #forgetInstance({ memberId, instanceId }: ConsumerMember): void {
    // Another member may have taken the instance over.
    if (instanceId !== null && this.#memberIdByInstance.get(instanceId) === memberId) {
      this.#memberIdByInstance.delete(instanceId);
    }
  }

  #count(before: ConsumerMember | undefined, after: ConsumerMember | undefined): void {
    this.#subscriptions.update(before, after);
    if (before?.serverAssignor !== after?.serverAssignor) {
      if (before?.serverAssignor != null) this.#assignors.add(before.serverAssignor, -1);
      if (after?.serverAssignor != null) this.#assignors.add(after.serverAssignor, 1);
    }
    if (before?.classic === after?.classic) return;
    this.#countClassic(before, -1);
    this.#countClassic(after, 1);
  }

  #countClassic(member: ConsumerMember | undefined, change: number): void {
    if (member?.classic === undefined) return;
    this.#classicCount += change;
    for (const { name } of member.classic.protocols) this.#classicProtocols.add(name, change);
  }
}
