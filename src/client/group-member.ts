import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { heartbeat } from "../protocol/generated/heartbeat.ts";
import { type JoinGroupResponse, joinGroup } from "../protocol/generated/join-group.ts";
import { leaveGroup } from "../protocol/generated/leave-group.ts";
import { syncGroup } from "../protocol/generated/sync-group.ts";
import type { Timer } from "../time/clock.ts";
import type { ClusterClient } from "./cluster-client.ts";
import { decodeOwned, decodeTopics, encodeOwned, encodeTopics } from "./consumer-protocol.ts";
import { commitOffsets } from "./offsets.ts";
import { keyOf, type TopicPartition } from "./partitions.ts";
import { assignRanges } from "./range-assignor.ts";
import { refuseErrors } from "./retries.ts";

export interface MemberOptions {
  readonly groupId: string;
  /** To begin with: see `follow`. */
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

const PROTOCOL_TYPE = "consumer";
const PROTOCOL = "range";
const NO_GENERATION = -1;

/** After these a member joins again; after the second kind as somebody new. */
const rejoining: ReadonlySet<number> = new Set([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.MEMBER_ID_REQUIRED,
  ErrorCode.FENCED_INSTANCE_ID,
]);

/** After these nothing can be committed for what the last join gave. */
const generationOver: ReadonlySet<number> = new Set([
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
]);

/** One member of a group of the classic protocol, that assigns by ranges when it leads. */
export class GroupMember {
  readonly #client: ClusterClient;
  readonly #options: MemberOptions;
  #topics: readonly string[];
  #memberId = "";
  /** Of the last join; {@link NO_GENERATION} once the group went on without us. */
  #generationId = NO_GENERATION;
  #isInGroup = false;
  /** How many partitions of each topic we shared out, if we lead. */
  #shared: ReadonlyMap<string, number> | undefined;
  #heartbeat: Timer | undefined;

  constructor(client: ClusterClient, options: MemberOptions) {
    this.#client = client;
    this.#options = options;
    this.#topics = options.topics;
  }

  /** Whether the assignment of the last join still holds. */
  get isStable(): boolean {
    return this.#isInGroup;
  }

  /**
   * Wants these topics from now on. The assignment holds no longer if they are others than before, or
   * if the partitions that were shared out by this member are not all there are.
   */
  async follow(topics: readonly string[]): Promise<void> {
    const before = new Set(this.#topics);
    const isOther = topics.length !== before.size || topics.some((topic) => !before.has(topic));
    this.#topics = topics;
    if (isOther) this.#isInGroup = false;
    if (!this.#isInGroup || this.#shared === undefined) return;
    const shared = this.#shared;
    const counts = await this.#countsOf([...shared.keys()]);
    if ([...counts].some(([topic, count]) => shared.get(topic) !== count)) this.#isInGroup = false;
  }

  /** Joins, again if others come meanwhile, until it knows its partitions. */
  async join(): Promise<TopicPartition[]> {
    this.#heartbeat?.cancel();
    for (;;) {
      try {
        const assigned = await this.#client.retry(() => this.#joinOnce());
        this.#isInGroup = true;
        this.#scheduleHeartbeat();
        return assigned;
      } catch (error) {
        if (!this.#isToRejoin(error)) throw error;
      }
    }
  }

  /**
   * Commits as a member, also while the group rebalances. Let go are commits that come too late for
   * their generation, and those of topics that are deleted.
   *
   * @returns by `keyOf`, the partitions that were committed
   */
  async commit(
    offsets: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<ReadonlySet<string>> {
    if (offsets.length === 0 || this.#generationId === NO_GENERATION) return new Set();
    const committer = {
      groupId: this.#options.groupId,
      memberId: this.#memberId,
      generationId: this.#generationId,
    };
    return this.#client.retry(async () => {
      const refused = await commitOffsets(this.#client, committer, offsets);
      for (const error of refused.values()) {
        const isGone = error.code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        if (!isGone && !this.#isToRejoin(error)) throw error;
      }
      return new Set(offsets.map(keyOf).filter((key) => !refused.has(key)));
    });
  }

  async leave(): Promise<void> {
    this.#heartbeat?.cancel();
    if (this.#memberId === "") return;
    const { groupId } = this.#options;
    const [memberId, members] = [this.#memberId, [{ memberId: this.#memberId }]];
    this.#forget();
    this.#memberId = "";
    await this.#client.coordinator(groupId, leaveGroup, [{ groupId, memberId, members }]);
  }

  async #joinOnce(): Promise<TopicPartition[]> {
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const answer = await this.#ask(joinGroup, {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      protocolType: PROTOCOL_TYPE,
      protocols: [{ name: PROTOCOL, metadata: encodeTopics(this.#topics) }],
    });
    this.#memberId = answer.memberId || this.#memberId;
    refuseErrors(answer, `joining group ${groupId}`);
    this.#generationId = answer.generationId;
    this.#shared = undefined;
    const isLeader = answer.leader === answer.memberId;
    const synced = await this.#ask(syncGroup, {
      groupId,
      generationId: this.#generationId,
      memberId: this.#memberId,
      protocolType: PROTOCOL_TYPE,
      protocolName: PROTOCOL,
      assignments: isLeader ? await this.#assignments(answer) : [],
    });
    refuseErrors(synced, `joining group ${groupId}`);
    return decodeOwned(synced.assignment);
  }

  async #assignments({ members }: JoinGroupResponse) {
    const subscribers = members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decodeTopics(metadata),
    }));
    const names = [...new Set(subscribers.flatMap(({ topics }) => topics))].sort();
    const counts = await this.#countsOf(names);
    this.#shared = counts;
    return [...assignRanges(subscribers, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeOwned(partitions),
    }));
  }

  /** How many partitions topics have; none if they are not there. */
  async #countsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { topics } = await this.#client.metadata(names);
    return new Map(topics.map(({ name, partitions }) => [name ?? "", partitions.length]));
  }

  #ask: ClusterClient["any"] = (api, request) => {
    const { groupId, rebalanceTimeoutMs } = this.#options;
    const options = { waitMs: rebalanceTimeoutMs };
    return this.#client.coordinator(groupId, api, [request, options]);
  };

  #scheduleHeartbeat(): void {
    this.#heartbeat?.cancel();
    const { heartbeatIntervalMs } = this.#options;
    this.#heartbeat = this.#client.clock.schedule(heartbeatIntervalMs, () => void this.#beat());
  }

  /** A heart that cannot beat is noticed at the next join: no error may go unheard here. */
  async #beat(): Promise<void> {
    const [memberId, generationId] = [this.#memberId, this.#generationId];
    const { groupId } = this.#options;
    try {
      const question = [{ groupId, memberId, generationId }] as const;
      refuseErrors(await this.#client.coordinator(groupId, heartbeat, question));
    } catch (error) {
      if (memberId === this.#memberId && generationId === this.#generationId) {
        if (!this.#isToRejoin(error)) this.#isInGroup = false;
      }
      return;
    }
    if (this.#isInGroup) this.#scheduleHeartbeat();
  }

  #isToRejoin(error: unknown): boolean {
    if (!(error instanceof KafkaError) || !rejoining.has(error.code)) return false;
    if (generationOver.has(error.code)) this.#forget();
    if (error.code === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = "";
    this.#isInGroup = false;
    return true;
  }

  /** The group has gone on without us. */
  #forget(): void {
    this.#isInGroup = false;
    this.#generationId = NO_GENERATION;
    this.#shared = undefined;
  }
}
