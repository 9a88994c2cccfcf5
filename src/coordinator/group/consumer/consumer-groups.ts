import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from "../../../protocol/generated/consumer-group-heartbeat.ts";
import type { SyncGroupRequest } from "../../../protocol/generated/sync-group.ts";
import type { ClassicGroup } from "../classic/classic-group.ts";
import type { AnswerSync } from "../classic/classic-member.ts";
import type { LeaveResult, LeavingMember } from "../classic/leave.ts";
import { joinRefusal } from "../classic/rebalance.ts";
import { syncRefusal } from "../classic/sync.ts";
import type { Group } from "../group.ts";
import { NOTHING, type Outcome } from "../group-record.ts";
import type { GroupRequestContext } from "../settings.ts";
import { type ClassicJoin, joinAsClassic } from "./classic-join.ts";
import { leaveAsClassic, syncAsClassic } from "./classic-requests.ts";
import { ConsumerGroup } from "./consumer-group.ts";
import {
  JOINING_EPOCH,
  LEAVING_EPOCH,
  LEAVING_STATIC_EPOCH,
  MemberState,
} from "./consumer-member.ts";
import type { ConsumerGroupRecord } from "./consumer-record.ts";
import { Deciding, type RegexRefresh } from "./deciding.ts";
import { fence } from "./fencing.ts";
import { heartbeat } from "./heartbeat.ts";
import { leave } from "./leave.ts";
import type { Due } from "./member-deadlines.ts";
import { takeResolved } from "./regex-resolution.ts";
import { type RegexEngine, resolveRegexes } from "./regular-expressions.ts";
import { applyRecord } from "./replay.ts";
import { type ConsumerSurroundings, sessionTimeoutMs } from "./surroundings.ts";
import { checkUpgrade, dismissWaiting, upgraded } from "./upgrade.ts";

export interface ConsumerGroupsOptions {
  readonly world: ConsumerSurroundings;
  /** Groups of every protocol, by id: the machine's own. */
  readonly groups: Map<string, Group>;
  /** Takes what a timer or a resolution decided. */
  readonly carryOut: (outcome: Outcome) => void;
  /** A group waits for something, perhaps sooner than before. */
  readonly arm: (group: Group) => void;
}

/** Answers a request that waits with an error. */
type Refuse = (errorCode: ErrorCode) => void;

/** The consumer groups of one partition of `__consumer_offsets`: what reaches them from outside. */
export class ConsumerGroups {
  readonly #options: ConsumerGroupsOptions;
  /** What the decision under way is taken on: the records replay into it, if they make a new group. */
  #nascent: ConsumerGroup | undefined;
  readonly #resolving = new Set<string>();
  /** JoinGroups and SyncGroups whose answer waits for a commit. */
  readonly #parked = new Set<Refuse>();
  #engine: RegexEngine | undefined;
  #newTopicsRevision: number;

  constructor(options: ConsumerGroupsOptions) {
    this.#options = options;
    this.#newTopicsRevision = options.world.topics.revision();
  }

  // --- replay

  replay(record: ConsumerGroupRecord): void {
    const { groups } = this.#options;
    const known = groups.get(record.groupId);
    if (record.value === null) {
      // A tombstone may be left of a group that has become a classic one.
      if (known?.type !== "consumer") return;
      if (record.type === "consumer-epoch") groups.delete(record.groupId);
      else applyRecord(known, record);
      return;
    }
    applyRecord(known?.type === "consumer" ? known : this.#create(record.groupId), record);
  }

  #create(groupId: string): ConsumerGroup {
    const group = this.#nascent?.groupId === groupId ? this.#nascent : new ConsumerGroup(groupId);
    this.#options.groups.set(groupId, group);
    return group;
  }

  /** Starts the deadlines of a group that was loaded: nobody could heartbeat while nobody listened. */
  onLoaded(group: ConsumerGroup): void {
    const { world } = this.#options;
    const now = world.clock.monotonicMs();
    const timeoutMs = sessionTimeoutMs(group.groupId, world);
    for (const { memberId, state, rebalanceTimeoutMs, memberEpoch } of group.members()) {
      group.deadlines.renewSession(memberId, now + timeoutMs);
      if (state === MemberState.UNREVOKED_PARTITIONS) {
        group.deadlines.expectRevocation(memberId, now + rebalanceTimeoutMs, memberEpoch);
      }
    }
  }

  /** This broker gives the state up: whoever waits is sent to look for the coordinator again. */
  onUnloaded(): void {
    for (const refuse of [...this.#parked]) refuse(ErrorCode.NOT_COORDINATOR);
  }

  // --- decisions

  /** @throws KafkaError as the checks of its parts say */
  heartbeat(
    request: ConsumerGroupHeartbeatRequest,
    context: GroupRequestContext,
    engine: RegexEngine | undefined,
  ): { readonly response: ConsumerGroupHeartbeatResponseInput; readonly outcome: Outcome } {
    this.#engine ??= engine;
    const { groupId, memberEpoch } = request;
    if (memberEpoch === LEAVING_EPOCH || memberEpoch === LEAVING_STATIC_EPOCH) {
      const deciding = this.#deciding(this.#known(groupId), context);
      const response = leave(deciding, request);
      return { response, outcome: this.#decided(deciding) };
    }
    const deciding = this.#joined(groupId, memberEpoch === JOINING_EPOCH, context);
    const response = heartbeat(deciding, request, context);
    return { response, outcome: this.#decided(deciding) };
  }

  /** A JoinGroup to a group that has members. @throws KafkaError */
  joinAsClassic(group: ConsumerGroup, join: ClassicJoin): Outcome {
    const deciding = this.#deciding(group, join.context);
    const parked = this.#park(join.answer, (code) => joinRefusal(code, ""));
    const { answer } = parked;
    try {
      return this.#armed(deciding, joinAsClassic(deciding, { ...join, answer }));
    } catch (error) {
      this.#parked.delete(parked.refuse);
      throw error;
    }
  }

  /** A SyncGroup of a member of a consumer group. What it tells of is in the log first. @throws KafkaError */
  syncAsClassic(group: ConsumerGroup, request: SyncGroupRequest, answer: AnswerSync): Outcome {
    const response = syncAsClassic(group, request, this.#options.world);
    const parked = this.#park(answer, syncRefusal);
    return {
      records: [],
      whenCommitted: () => parked.answer(response),
      whenNotCommitted: parked.refuse,
    };
  }

  /** An answer that waits for a commit; it is a refusal if the state is given up meanwhile. */
  #park<Response>(
    answer: (response: Response) => void,
    refusal: (code: ErrorCode) => Response,
  ): { readonly answer: (response: Response) => void; readonly refuse: Refuse } {
    const refuse: Refuse = (code) => answerOnce(refusal(code));
    const answerOnce = (response: Response) => {
      if (this.#parked.delete(refuse)) answer(response);
    };
    this.#parked.add(refuse);
    return { answer: answerOnce, refuse };
  }

  leaveAsClassic(
    group: ConsumerGroup,
    members: readonly LeavingMember[],
  ): { readonly results: readonly LeaveResult[]; readonly outcome: Outcome } {
    const deciding = this.#deciding(group);
    const results = leaveAsClassic(deciding, members);
    return { results, outcome: this.#decided(deciding) };
  }

  /** Takes out the members whose time is over. */
  expireDue(group: ConsumerGroup): Outcome {
    const due = group.deadlines.takeDue(this.#options.world.clock.monotonicMs());
    const members = due.flatMap((each) => memberDue(group, each) ?? []);
    if (members.length === 0) return NOTHING;
    const deciding = this.#deciding(group);
    const reasons = new Set(due.map(({ reason }) => reason));
    fence(deciding, members, `its time is over: ${[...reasons].join(", ")}`);
    return this.#decided(deciding);
  }

  /** Topics were made, changed or deleted: whoever reads them finds out at his next heartbeat. */
  onTopicsChanged(topics: readonly string[], areSomeNew: boolean): void {
    const { groups, world } = this.#options;
    if (areSomeNew) this.#newTopicsRevision = world.topics.revision();
    for (const group of groups.values()) {
      if (group.type !== "consumer" || group.isMetadataStale) continue;
      if (topics.some((topic) => group.isSubscribedTo(topic))) group.isMetadataStale = true;
    }
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND */
  #known(groupId: string): ConsumerGroup {
    const group = this.#options.groups.get(groupId);
    if (group?.type === "consumer") return group;
    throw new KafkaError(
      ErrorCode.GROUP_ID_NOT_FOUND,
      group === undefined
        ? `Group ${groupId} not found.`
        : `Group ${groupId} is not a consumer group.`,
    );
  }

  /** The group that a member comes to: known, new, or a classic one that becomes a consumer group. */
  #joined(groupId: string, mayCreate: boolean, context: GroupRequestContext): Deciding {
    const { groups, world } = this.#options;
    const known = groups.get(groupId);
    if (known?.type === "consumer") return this.#deciding(known, context);
    if (known === undefined) {
      if (mayCreate) return this.#deciding(new ConsumerGroup(groupId), context);
      throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Consumer group ${groupId} not found.`);
    }
    if (!mayCreate) return this.#deciding(this.#known(groupId), context);
    return this.#upgrade(known, context, world);
  }

  #upgrade(
    classic: ClassicGroup,
    context: GroupRequestContext,
    world: ConsumerSurroundings,
  ): Deciding {
    const { groupId } = classic;
    const tombstone = { type: "classic-group", groupId, value: null } as const;
    if (classic.isEmpty) {
      const deciding = this.#deciding(new ConsumerGroup(groupId), context);
      deciding.records.push(tombstone);
      return deciding;
    }
    checkUpgrade(classic, world);
    const { group, records } = upgraded(classic, world);
    const deciding = this.#deciding(group, context);
    deciding.records.push(tombstone, ...records);
    deciding.whenReplayed(() => {
      dismissWaiting(classic);
      const now = world.clock.monotonicMs();
      for (const { memberId, sessionTimeoutMs: timeoutMs } of classic.members()) {
        group.deadlines.renewSession(memberId, now + timeoutMs);
      }
      world.logger.info("converted a classic group to a consumer group", { groupId });
    });
    return deciding;
  }

  #deciding(group: ConsumerGroup, context?: GroupRequestContext): Deciding {
    const { world, groups } = this.#options;
    return new Deciding(group, {
      world,
      regexes: this.#refreshOf(group.groupId, context),
      install: (classic) => groups.set(classic.groupId, classic),
    });
  }

  #decided(deciding: Deciding): Outcome {
    return this.#armed(deciding, deciding.outcome());
  }

  /** The outcome, with which the group's new deadlines begin to count. */
  #armed(deciding: Deciding, outcome: Outcome): Outcome {
    const { groups, arm } = this.#options;
    const { groupId } = deciding.group;
    this.#nascent = deciding.group;
    deciding.whenReplayed(() => {
      this.#nascent = undefined;
      const group = groups.get(groupId);
      if (group !== undefined) arm(group);
    });
    return outcome;
  }

  // --- regular expressions

  #refreshOf(groupId: string, context: GroupRequestContext | undefined): RegexRefresh {
    const engine = this.#engine;
    const canRun = engine !== undefined && context !== undefined;
    return {
      engine,
      isUnderWay: !canRun || this.#resolving.has(groupId),
      newTopicsRevision: this.#newTopicsRevision,
      start: (regexes) => {
        if (canRun) void this.#resolve(groupId, regexes, { engine, context });
      },
    };
  }

  async #resolve(
    groupId: string,
    regexes: readonly string[],
    given: { readonly engine: RegexEngine; readonly context: GroupRequestContext },
  ): Promise<void> {
    const { world, groups, carryOut } = this.#options;
    this.#resolving.add(groupId);
    // The heartbeat that asked for it is answered first.
    await Promise.resolve();
    this.#resolving.delete(groupId);
    const group = groups.get(groupId);
    if (group?.type !== "consumer") return;
    const resolved = resolveRegexes(regexes, {
      engine: given.engine,
      topicNames: world.topics.topicNames(),
      version: world.topics.revision(),
      nowMs: world.clock.now(),
      mayDescribe: (topic) => given.context.may("describe", "topic", topic),
    });
    carryOut(takeResolved(group, resolved, world));
  }
}

function memberDue(group: ConsumerGroup, { memberId, reason, memberEpoch }: Due) {
  const member = group.member(memberId);
  // Whoever has given up what it had to has another epoch by now.
  return reason === "rebalance" && member?.memberEpoch !== memberEpoch ? undefined : member;
}
