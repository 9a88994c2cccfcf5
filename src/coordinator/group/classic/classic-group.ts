import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import type { JoinGroupResponseInput } from "../../../protocol/generated/join-group.ts";
import type { SyncGroupResponseInput } from "../../../protocol/generated/sync-group.ts";
import type { Outcome, PersistedGroup } from "../group-record.ts";
import {
  type AnswerJoin,
  type ClassicMember,
  type MemberTerms,
  NO_ASSIGNMENT,
} from "./classic-member.ts";
import { ProtocolVotes } from "./protocol-votes.ts";
import { topicsOfSubscription } from "./subscribed-topics.ts";

export type ClassicGroupState =
  | "Empty"
  | "PreparingRebalance"
  | "CompletingRebalance"
  | "Stable"
  | "Dead";

const CONSUMER_PROTOCOL_TYPE = "consumer";

/** What a JoinGroup answer holds when it holds no group. */
export const NO_JOIN = {
  generationId: -1,
  protocolType: null,
  protocolName: null,
  leader: "",
  skipAssignment: false,
  members: [],
} as const;

/** When the join phase of a rebalance ends whether all members are there or not. */
export interface JoinDeadline {
  readonly atMs: number;
  /** Of the first rebalance of an empty group: how much longer it may be put off. */
  readonly initial:
    | {
        readonly delayMs: number;
        readonly remainingMs: number;
        /** By `group.initial.rebalance.delay.ms`; else only for those who hold an id to join with. */
        readonly isDelayed: boolean;
      }
    | undefined;
}

/**
 * A classic group: who is in it and where its rebalance stands (Kafka's ClassicGroup). What it is
 * between two rebalances is durable, the rest lives here only: after a restart members carry on
 * with the generation that was persisted last, or join again.
 *
 * Invariants: `awaitingJoinCount` is the number of members with a parked JoinGroup; every static
 * member's instance id maps to its member id; a pending member is no member; the leader is a member
 * whenever there are members.
 */
export class ClassicGroup {
  readonly type = "classic";
  readonly groupId: string;
  readonly #members = new Map<string, ClassicMember>();
  readonly #memberIdByInstance = new Map<string, string>();
  /** Ids given out with MEMBER_ID_REQUIRED (KIP-394), and when each of them lapses. */
  readonly #pending = new Map<string, number>();
  readonly #pendingSync = new Set<string>();
  readonly #votes = new ProtocolVotes();
  #awaitingJoinCount = 0;
  #state: ClassicGroupState = "Empty";
  #previousState: ClassicGroupState = "Dead";
  #stateTimestampMs: number;
  #generation = 0;
  #protocolType: string | null = null;
  #protocolName: string | null = null;
  #leader: string | null = null;
  #subscribedTopics: ReadonlySet<string> | undefined;
  #joinDeadline: JoinDeadline | undefined;
  #syncDeadlineMs: number | undefined;
  /** Lower bound of all deadlines: nothing of this group is due before it. */
  #wakeAtMs = Number.POSITIVE_INFINITY;
  /** A member arrived during the first rebalance, so that it is put off once more. */
  newMemberAdded = false;

  constructor(groupId: string, nowMs: number) {
    this.groupId = groupId;
    this.#stateTimestampMs = nowMs;
  }

  /** The group as it was when its last generation was persisted. */
  static loaded(groupId: string, value: PersistedGroup, members: ClassicMember[]): ClassicGroup {
    const group = new ClassicGroup(groupId, value.stateTimestampMs);
    group.#generation = value.generation;
    group.#protocolType = value.protocolType === "" ? null : value.protocolType;
    group.#protocolName = value.protocolName;
    group.#leader = value.leader;
    group.#state = members.length === 0 ? "Empty" : "Stable";
    for (const member of members) group.add(member, undefined);
    group.#subscribedTopics = group.#computeSubscribedTopics();
    return group;
  }

  get state(): ClassicGroupState {
    return this.#state;
  }
  get previousState(): ClassicGroupState {
    return this.#previousState;
  }
  /** Wall-clock time of the last change of state; -1 where an old record does not say. */
  get stateTimestampMs(): number {
    return this.#stateTimestampMs;
  }
  get generation(): number {
    return this.#generation;
  }
  get protocolType(): string | null {
    return this.#protocolType;
  }
  get protocolName(): string | null {
    return this.#protocolName;
  }
  get leader(): string | null {
    return this.#leader;
  }
  get memberCount(): number {
    return this.#members.size;
  }
  get pendingCount(): number {
    return this.#pending.size;
  }
  get awaitingJoinCount(): number {
    return this.#awaitingJoinCount;
  }
  get joinDeadline(): JoinDeadline | undefined {
    return this.#joinDeadline;
  }
  get syncDeadlineMs(): number | undefined {
    return this.#syncDeadlineMs;
  }
  get wakeAtMs(): number {
    return this.#wakeAtMs;
  }
  get pendingSyncMembers(): readonly string[] {
    return [...this.#pendingSync];
  }
  get pendingMembers(): ReadonlyMap<string, number> {
    return this.#pending;
  }
  members(): IterableIterator<ClassicMember> {
    return this.#members.values();
  }
  member(memberId: string): ClassicMember | undefined {
    return this.#members.get(memberId);
  }
  isLeader(memberId: string): boolean {
    return this.#leader === memberId;
  }
  isPending(memberId: string): boolean {
    return this.#pending.has(memberId);
  }
  /** The member id behind a group instance id (KIP-345). */
  memberIdOf(groupInstanceId: string): string | undefined {
    return this.#memberIdByInstance.get(groupInstanceId);
  }
  get usesConsumerProtocol(): boolean {
    return this.#protocolType === CONSUMER_PROTOCOL_TYPE;
  }
  /** The topics all members together read; undefined where the group does not say (or not to us). */
  get subscribedTopics(): ReadonlySet<string> | undefined {
    return this.#subscribedTopics;
  }
  isSubscribedTo(topic: string): boolean {
    return this.#subscribedTopics?.has(topic) ?? this.usesConsumerProtocol;
  }
  get canRebalance(): boolean {
    return this.#state === "Stable" || this.#state === "CompletingRebalance" || this.isEmpty;
  }
  get isEmpty(): boolean {
    return this.#state === "Empty";
  }
  get hasAllMembersJoined(): boolean {
    return this.#members.size === this.#awaitingJoinCount && this.#pending.size === 0;
  }
  /** The longest time that any member may take to join again, in ms. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.#members.values()) {
      longest = Math.max(longest, member.rebalanceTimeoutMs);
    }
    return longest;
  }

  supportsProtocols(protocolType: string, names: readonly string[]): boolean {
    if (this.isEmpty) return protocolType !== "" && names.length > 0;
    return (
      this.#protocolType === protocolType &&
      names.some((name) => this.#votes.isCommonTo(this.#members.size, name))
    );
  }

  /** @throws KafkaError UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID if another holds the instance. */
  checkMember(memberId: string, groupInstanceId: string | null): ClassicMember {
    if (groupInstanceId !== null) {
      const holder = this.#memberIdByInstance.get(groupInstanceId);
      if (holder !== undefined && holder !== memberId) {
        throw new KafkaError(
          ErrorCode.FENCED_INSTANCE_ID,
          "another member has taken over this instance id",
        );
      }
      if (holder === undefined)
        throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, "the group does not know this member");
    }
    const member = this.#members.get(memberId);
    if (member === undefined)
      throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, "the group does not know this member");
    return member;
  }

  selectProtocol(): string | undefined {
    return this.#votes.winner(this.#members.values(), this.#members.size);
  }

  // --- members

  add(member: ClassicMember, answerJoin: AnswerJoin | undefined): void {
    if (member.groupInstanceId !== null) {
      this.#memberIdByInstance.set(member.groupInstanceId, member.memberId);
    }
    this.#leader ??= member.memberId;
    this.#members.set(member.memberId, member);
    this.#votes.add(member);
    this.#pending.delete(member.memberId);
    this.park(member, answerJoin);
  }

  /** The first member of an empty group decides its protocol type. */
  adoptProtocolType(protocolType: string): void {
    if (this.#members.size === 0) this.#protocolType = protocolType;
  }

  /** Forgets a member or a pending member. Its parked requests are answered by the caller before. */
  remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member !== undefined) {
      this.#members.delete(memberId);
      this.#votes.remove(member);
      if (member.answerJoin !== undefined) this.#awaitingJoinCount--;
      if (member.groupInstanceId !== null) this.#memberIdByInstance.delete(member.groupInstanceId);
    }
    if (this.#leader === memberId) this.#leader = this.#members.keys().next().value ?? null;
    this.#pending.delete(memberId);
    this.#pendingSync.delete(memberId);
  }

  addPending(memberId: string, lapsesAtMs: number): void {
    this.#pending.set(memberId, lapsesAtMs);
    this.#wakeBy(lapsesAtMs);
  }

  update(member: ClassicMember, terms: MemberTerms, answerJoin: AnswerJoin | undefined): void {
    this.#votes.remove(member);
    member.protocols = terms.protocols;
    this.#votes.add(member);
    member.rebalanceTimeoutMs = terms.rebalanceTimeoutMs;
    member.sessionTimeoutMs = terms.sessionTimeoutMs;
    this.park(member, answerJoin);
  }

  /** Puts `successor` in the place of a static member that came back under a new member id. */
  replace(old: ClassicMember, successor: ClassicMember): void {
    this.#members.delete(old.memberId);
    this.#pendingSync.delete(old.memberId);
    this.#members.set(successor.memberId, successor);
    if (successor.groupInstanceId !== null) {
      this.#memberIdByInstance.set(successor.groupInstanceId, successor.memberId);
    }
    if (this.#leader === old.memberId) this.#leader = successor.memberId;
  }

  /** True if some member who is joining leads: the present leader, else the first one there is. */
  electJoinedLeader(): boolean {
    const current = this.#leader === null ? undefined : this.#members.get(this.#leader);
    if (current === undefined) return false;
    if (current.answerJoin !== undefined) return true;
    for (const member of this.#members.values()) {
      if (member.answerJoin === undefined) continue;
      this.#leader = member.memberId;
      return true;
    }
    return false;
  }

  // --- parked requests

  park(member: ClassicMember, answerJoin: AnswerJoin | undefined): void {
    const wasParked = member.answerJoin !== undefined;
    const superseded = member.answerJoin;
    member.answerJoin = answerJoin;
    this.#awaitingJoinCount += (answerJoin === undefined ? 0 : 1) - (wasParked ? 1 : 0);
    // Kafka lets a superseded request hang; whoever still waits for it is told to join again.
    superseded?.({
      memberId: member.memberId,
      errorCode: ErrorCode.REBALANCE_IN_PROGRESS,
      ...NO_JOIN,
    });
  }

  parkSync(member: ClassicMember, answerSync: (response: SyncGroupResponseInput) => void): void {
    const superseded = member.answerSync;
    member.answerSync = answerSync;
    superseded?.({ errorCode: ErrorCode.REBALANCE_IN_PROGRESS, assignment: NO_ASSIGNMENT });
  }

  /** Answers the member's parked JoinGroup, if there is one. */
  answerJoin(member: ClassicMember, response: JoinGroupResponseInput): void {
    const answer = member.answerJoin;
    if (answer === undefined) return;
    member.answerJoin = undefined;
    this.#awaitingJoinCount--;
    answer(response);
  }

  /** Answers the member's parked SyncGroup. False if there was none. */
  answerSync(member: ClassicMember, response: SyncGroupResponseInput): boolean {
    const answer = member.answerSync;
    if (answer === undefined) return false;
    member.answerSync = undefined;
    answer(response);
    return true;
  }

  // --- states

  transitionTo(state: ClassicGroupState, nowMs: number): void {
    this.#previousState = this.#state;
    this.#state = state;
    this.#stateTimestampMs = nowMs;
  }

  /** Ends the join phase: the next generation, with a protocol if there is anybody to use it. */
  beginGeneration(nowMs: number): void {
    this.#generation++;
    const isEmpty = this.#members.size === 0;
    this.#protocolName = isEmpty ? null : (this.selectProtocol() ?? null);
    this.#subscribedTopics = this.#computeSubscribedTopics();
    this.transitionTo(isEmpty ? "Empty" : "CompletingRebalance", nowMs);
    this.#pendingSync.clear();
  }

  /** The group as it is to be persisted, with `assignments` by member id (none: as they are). */
  persisted(assignments?: ReadonlyMap<string, Buffer>): PersistedGroup {
    const protocolName = this.#protocolName;
    return {
      protocolType: this.#protocolType ?? "",
      generation: this.#generation,
      protocolName,
      leader: this.#leader,
      stateTimestampMs: this.#stateTimestampMs,
      members: [...this.#members.values()].map((member) =>
        member.persisted(
          protocolName ?? "",
          assignments === undefined
            ? member.assignment
            : (assignments.get(member.memberId) ?? NO_ASSIGNMENT),
        ),
      ),
    };
  }

  asRecord(
    assignments?: ReadonlyMap<string, Buffer>,
    then?: Pick<Outcome, "whenCommitted" | "whenNotCommitted">,
  ): Outcome {
    const value = this.persisted(assignments);
    return { records: [{ type: "classic-group", groupId: this.groupId, value }], ...then };
  }

  // --- deadlines (monotonic ms)

  /** Starts the member's session anew. The path of every heartbeat: no allocation, no timer. */
  renewSession(member: ClassicMember, nowMs: number, timeoutMs = member.sessionTimeoutMs): void {
    member.deadlineMs = nowMs + timeoutMs;
    this.#wakeBy(member.deadlineMs);
  }

  setJoinDeadline(deadline: JoinDeadline | undefined): void {
    this.#joinDeadline = deadline;
    if (deadline !== undefined) this.#wakeBy(deadline.atMs);
  }

  expectSyncFrom(member: ClassicMember): void {
    this.#pendingSync.add(member.memberId);
  }

  setSyncDeadline(atMs: number): void {
    this.#syncDeadlineMs = atMs;
    this.#wakeBy(atMs);
  }

  /** The member's SyncGroup arrived; once all have, nothing is waited for. */
  receivedSync(memberId: string): void {
    this.#pendingSync.delete(memberId);
    if (this.#pendingSync.size === 0) this.#syncDeadlineMs = undefined;
  }

  forgetPendingSyncs(): void {
    this.#pendingSync.clear();
    this.#syncDeadlineMs = undefined;
  }

  /** Looks at every deadline again. For after a wake-up; between two, the bound only sinks. */
  recomputeWake(): void {
    let earliest = Math.min(
      this.#joinDeadline?.atMs ?? Number.POSITIVE_INFINITY,
      this.#syncDeadlineMs ?? Number.POSITIVE_INFINITY,
    );
    for (const member of this.#members.values()) earliest = Math.min(earliest, member.deadlineMs);
    for (const lapsesAtMs of this.#pending.values()) earliest = Math.min(earliest, lapsesAtMs);
    this.#wakeAtMs = earliest;
  }

  #wakeBy(atMs: number): void {
    if (atMs < this.#wakeAtMs) this.#wakeAtMs = atMs;
  }

  #computeSubscribedTopics(): ReadonlySet<string> | undefined {
    if (!this.usesConsumerProtocol) return undefined;
    if (this.#members.size === 0) return new Set();
    if (this.#protocolName === null) return undefined;
    const all = new Set<string>();
    for (const member of this.#members.values()) {
      const topics = topicsOfSubscription(member.metadataFor(this.#protocolName));
      if (topics === undefined) return undefined;
      for (const topic of topics) all.add(topic);
    }
    return all;
  }
}
