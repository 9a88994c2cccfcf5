import { ErrorCode, KafkaError } from "../../protocol/errors.ts";
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from "../../protocol/generated/consumer-group-heartbeat.ts";
import type { HeartbeatRequest } from "../../protocol/generated/heartbeat.ts";
import type { JoinGroupRequest } from "../../protocol/generated/join-group.ts";
import type { OffsetCommitRequest } from "../../protocol/generated/offset-commit.ts";
import type { SyncGroupRequest } from "../../protocol/generated/sync-group.ts";
import type { Timer } from "../../time/clock.ts";
import type { Machine } from "../shard.ts";
import { ClassicGroup } from "./classic/classic-group.ts";
import { type AnswerJoin, type AnswerSync, ClassicMember } from "./classic/classic-member.ts";
import { expireDue } from "./classic/deadlines.ts";
import { heartbeat } from "./classic/heartbeat.ts";
import { join } from "./classic/join.ts";
import { termsOf } from "./classic/joining.ts";
import { type LeaveResult, type LeavingMember, leave } from "./classic/leave.ts";
import { joinRefusal, prepareRebalance } from "./classic/rebalance.ts";
import { sync, syncRefusal } from "./classic/sync.ts";
import { heartbeatAsClassic } from "./consumer/classic-requests.ts";
import { ConsumerGroups } from "./consumer/consumer-groups.ts";
import { checkConsumerCommitter, checkConsumerReader } from "./consumer/offsets.ts";
import type { RegexEngine } from "./consumer/regular-expressions.ts";
import type { ConsumerSurroundings } from "./consumer/surroundings.ts";
import type { Group } from "./group.ts";
import type { GroupRecord, Outcome, PersistedGroup, PersistedMember } from "./group-record.ts";
import { groupTombstones } from "./group-tombstones.ts";
import { type CheckPartition, checkCommitter } from "./offset-commit.ts";
import { expireGroup } from "./offset-expiry.ts";
import { OffsetStore, type OffsetsByTopic } from "./offset-store.ts";
import type { GroupRequestContext } from "./settings.ts";

export interface GroupMachineOptions {
  readonly world: ConsumerSurroundings;
  /** Makes member ids unique. */
  readonly uuid: () => string;
  /** A whole member id, as consumer groups have them. */
  readonly consumerMemberId: () => string;
  /** Takes what a timer decided; requests hand their outcomes back to whoever asked. */
  readonly carryOut: (outcome: Outcome) => void;
}

/**
 * The groups and committed offsets of one partition of `__consumer_offsets`. Offsets change by
 * replay alone, and consumer groups do. A classic group changes as its members come, wait and go, most of which is not
 * durable (as in Kafka): what it persists it already is, so its records are replayed at load only.
 */
export class GroupMachine implements Machine<GroupRecord> {
  readonly #options: GroupMachineOptions;
  readonly #groups = new Map<string, Group>();
  readonly #offsets = new OffsetStore();
  readonly #consumers: ConsumerGroups;
  readonly #wakeUps = new Map<Group, { readonly atMs: number; readonly timer: Timer }>();
  #isLive = false;

  constructor(options: GroupMachineOptions) {
    this.#options = options;
    this.#consumers = new ConsumerGroups({
      world: options.world,
      groups: this.#groups,
      carryOut: options.carryOut,
      arm: (group) => this.#arm(group),
    });
  }

  group(groupId: string): Group | undefined {
    return this.#groups.get(groupId);
  }
  groups(): IterableIterator<Group> {
    return this.#groups.values();
  }
  offsetsOf(groupId: string): OffsetsByTopic | undefined {
    return this.#offsets.ofGroup(groupId);
  }

  // --- replay

  replay(record: GroupRecord): void {
    if (record.type === "offset") this.#replayOffset(record);
    else if (record.type === "classic-group")
      this.#replayClassicGroup(record.groupId, record.value);
    else this.#consumers.replay(record);
  }

  #replayOffset(record: GroupRecord & { type: "offset" }): void {
    const { groupId, topic, partition, value } = record;
    if (value === null) {
      this.#offsets.delete(groupId, topic, partition);
      return;
    }
    // A simple consumer commits without ever joining: its group is there because its offsets are.
    if (!this.#groups.has(groupId)) this.#createGroup(groupId);
    this.#offsets.set(groupId, topic, partition, value);
  }

  #replayClassicGroup(groupId: string, value: PersistedGroup | null): void {
    const group = this.#groups.get(groupId);
    if (value === null) {
      // A consumer group may have taken its place.
      if (group?.type !== "classic") return;
      this.#groups.delete(groupId);
      this.#stopWaking(group);
    } else if (!this.#isLive || group === undefined) {
      const members = value.members.map((member) => memberOf(member, value.protocolName ?? ""));
      this.#groups.set(groupId, ClassicGroup.loaded(groupId, value, members));
    }
  }

  onLoaded(): void {
    this.#isLive = true;
    const { world } = this.#options;
    const now = world.clock.monotonicMs();
    for (const group of this.#groups.values()) {
      if (group.type === "consumer") this.#consumers.onLoaded(group);
      else this.#onClassicLoaded(group, now);
      this.#arm(group);
    }
  }

  #onClassicLoaded(group: ClassicGroup, nowMs: number): void {
    const { world, carryOut } = this.#options;
    // Nobody could heartbeat while nobody listened.
    for (const member of group.members()) group.renewSession(member, nowMs);
    if (group.memberCount > world.settings.groupMaxSize) {
      carryOut(prepareRebalance(group, "above group.max.size after load", world));
    }
  }

  onUnloaded(): void {
    this.#isLive = false;
    this.#consumers.onUnloaded();
    for (const { timer } of this.#wakeUps.values()) timer.cancel();
    this.#wakeUps.clear();
    for (const group of this.#groups.values()) {
      if (group.type === "consumer") continue;
      for (const member of group.members()) {
        group.answerJoin(member, joinRefusal(ErrorCode.NOT_COORDINATOR, member.memberId));
        group.answerSync(member, syncRefusal(ErrorCode.NOT_COORDINATOR));
      }
    }
  }

  // --- decisions

  join(request: JoinGroupRequest, context: GroupRequestContext, answer: AnswerJoin): Outcome {
    const { world, uuid } = this.#options;
    const { groupId } = request;
    const present = this.#groups.get(groupId);
    if (present?.type === "consumer" && !present.isEmpty) {
      const newMemberId = this.#options.consumerMemberId;
      return this.#consumers.joinAsClassic(present, { request, context, answer, newMemberId });
    }
    // An empty consumer group becomes a classic one, whatever the migration policy.
    const known = present?.type === "classic" ? present : undefined;
    if (known === undefined && request.memberId !== "") {
      answer(joinRefusal(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId));
      return { records: [] };
    }
    const tombstones = present?.type === "consumer" ? groupTombstones(present) : [];
    // Kafka persists a new group before anybody is in it. It then tells nothing that is not true of
    // a group nobody knows, so ours waits for its first generation, or for its first offset.
    const group = known ?? this.#createGroup(groupId);
    const terms = termsOf(request);
    const outcome = join({ group, request, context, terms, answer, uuid, world });
    this.#arm(group);
    return tombstones.length === 0
      ? outcome
      : { ...outcome, records: [...tombstones, ...outcome.records] };
  }

  sync(request: SyncGroupRequest, answer: AnswerSync): Outcome {
    const group = this.#groups.get(request.groupId);
    if (group === undefined || group.isEmpty) {
      answer(syncRefusal(ErrorCode.UNKNOWN_MEMBER_ID));
      return { records: [] };
    }
    const { world } = this.#options;
    if (group.type === "consumer") {
      const outcome = this.#consumers.syncAsClassic(group, request, answer);
      this.#arm(group);
      return outcome;
    }
    const outcome = sync(group, request, answer, world);
    this.#arm(group);
    return outcome;
  }

  /** @throws KafkaError as classic/heartbeat.ts says */
  heartbeat(request: HeartbeatRequest): ErrorCode {
    const group = this.#groups.get(request.groupId);
    if (group === undefined)
      throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, "the group does not know this member");
    const { world } = this.#options;
    const errorCode =
      group.type === "consumer"
        ? heartbeatAsClassic(group, request, world)
        : heartbeat(group, request, world.clock.monotonicMs());
    this.#arm(group);
    return errorCode;
  }

  /** @throws KafkaError UNKNOWN_MEMBER_ID if there is no such group */
  leave(
    groupId: string,
    members: readonly LeavingMember[],
  ): { readonly results: readonly LeaveResult[]; readonly outcome: Outcome } {
    const group = this.#groups.get(groupId);
    if (group === undefined)
      throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, "the group does not know this member");
    if (group.type === "consumer") return this.#consumers.leaveAsClassic(group, members);
    const left = leave(group, members, this.#options.world);
    this.#arm(group);
    return left;
  }

  /** @throws KafkaError as consumer/heartbeat.ts says */
  consumerHeartbeat(
    request: ConsumerGroupHeartbeatRequest,
    context: GroupRequestContext,
    engine: RegexEngine | undefined,
  ): { readonly response: ConsumerGroupHeartbeatResponseInput; readonly outcome: Outcome } {
    return this.#consumers.heartbeat(request, context, engine);
  }

  onTopicsChanged(topics: readonly string[], areSomeNew: boolean): void {
    this.#consumers.onTopicsChanged(topics, areSomeNew);
  }

  /**
   * Checks who commits; a commit of a classic member is a sign of life. Errors as checkCommitter and
   * checkConsumerCommitter say. What it gives back, if anything, is asked of each partition.
   */
  admitCommit(request: OffsetCommitRequest, version: number): CheckPartition | undefined {
    const group = this.#groups.get(request.groupId);
    if (group?.type === "consumer") return checkConsumerCommitter(group, request, version);
    this.#admitClassic(group, request, version);
    return undefined;
  }

  #admitClassic(
    group: ClassicGroup | undefined,
    request: OffsetCommitRequest,
    version: number,
  ): void {
    checkCommitter(group, request, version);
    if (group?.state !== "Stable" && group?.state !== "PreparingRebalance") return;
    const member = group.member(request.memberId);
    if (member === undefined) return;
    group.renewSession(member, this.#options.world.clock.monotonicMs());
    this.#arm(group);
  }

  /** Who reads offsets need not be a member, unless it says so. Errors as checkConsumerReader says. */
  admitFetch(groupId: string, memberId: string | null, memberEpoch: number): void {
    const group = this.#groups.get(groupId);
    if (group?.type === "consumer") checkConsumerReader(group, memberId, memberEpoch);
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND, or NON_EMPTY_GROUP while it has members */
  deleteGroup(groupId: string): GroupRecord[] {
    const group = this.#groups.get(groupId);
    if (group === undefined)
      throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, "there is no such group");
    if (!group.isEmpty) throw new KafkaError(ErrorCode.NON_EMPTY_GROUP, "the group has members");
    const records = this.#tombstones(groupId, () => true);
    for (const record of groupTombstones(group)) records.push(record);
    return records;
  }

  /**
   * The group, if offsets may be taken from it.
   * @throws KafkaError GROUP_ID_NOT_FOUND, or NON_EMPTY_GROUP where what members read is unknown
   */
  groupToDeleteFrom(groupId: string): Group {
    const group = this.#groups.get(groupId);
    if (group === undefined)
      throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, "there is no such group");
    if (group.type === "classic" && !group.isEmpty && !group.usesConsumerProtocol) {
      throw new KafkaError(ErrorCode.NON_EMPTY_GROUP, "the group has members");
    }
    return group;
  }

  /** Tombstones for the offsets that groups hold for a topic that was deleted. */
  forgetTopic(topic: string): GroupRecord[] {
    const records: GroupRecord[] = [];
    for (const [groupId] of this.#offsets.groups()) {
      // One by one: a group may hold more offsets than a call takes arguments.
      for (const record of this.#tombstones(groupId, (name) => name === topic)) {
        records.push(record);
      }
    }
    return records;
  }

  /** Tombstones for everything that KIP-211 says is old enough. */
  expire(): GroupRecord[] {
    const { clock, settings } = this.#options.world;
    const terms = {
      nowMs: clock.now(),
      retentionMs: settings.offsetsRetentionMinutes * 60_000,
    };
    const records: GroupRecord[] = [];
    for (const group of this.#groups.values()) {
      for (const record of expireGroup(group, this.#offsets.ofGroup(group.groupId), terms)) {
        records.push(record);
      }
    }
    return records;
  }

  #createGroup(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, this.#options.world.clock.now());
    this.#groups.set(groupId, group);
    return group;
  }

  #tombstones(groupId: string, isMeant: (topic: string) => boolean): GroupRecord[] {
    const records: GroupRecord[] = [];
    for (const [topic, partitions] of this.#offsets.ofGroup(groupId) ?? []) {
      if (!isMeant(topic)) continue;
      for (const partition of partitions.keys()) {
        records.push({ type: "offset", groupId, topic, partition, value: null });
      }
    }
    return records;
  }

  // --- time: one timer per group that waits for something, moved only to an earlier time

  #arm(group: Group): void {
    const { wakeAtMs } = group;
    const armed = this.#wakeUps.get(group);
    if (wakeAtMs >= (armed?.atMs ?? Number.POSITIVE_INFINITY)) return;
    armed?.timer.cancel();
    const { clock } = this.#options.world;
    const timer = clock.schedule(wakeAtMs - clock.monotonicMs(), () => this.#wake(group));
    this.#wakeUps.set(group, { atMs: wakeAtMs, timer });
  }

  #wake(group: Group): void {
    this.#wakeUps.delete(group);
    const { world, carryOut } = this.#options;
    if (group.type === "consumer") carryOut(this.#consumers.expireDue(group));
    else for (const outcome of expireDue(group, world)) carryOut(outcome);
    if (this.#isLive && this.#groups.get(group.groupId) === group) this.#arm(group);
  }

  #stopWaking(group: Group): void {
    this.#wakeUps.get(group)?.timer.cancel();
    this.#wakeUps.delete(group);
  }
}

function memberOf(value: PersistedMember, protocolName: string): ClassicMember {
  const { subscription, sessionTimeoutMs, rebalanceTimeoutMs } = value;
  const member = new ClassicMember(value, {
    sessionTimeoutMs,
    // Records before version 1 have no rebalance timeout.
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? sessionTimeoutMs : rebalanceTimeoutMs,
    protocols: [{ name: protocolName, metadata: subscription }],
  });
  member.assignment = value.assignment;
  return member;
}
