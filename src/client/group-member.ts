import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { heartbeat } from "../protocol/generated/heartbeat.ts";
import { type JoinGroupResponse, joinGroup } from "../protocol/generated/join-group.ts";
import { leaveGroup } from "../protocol/generated/leave-group.ts";
import { syncGroup } from "../protocol/generated/sync-group.ts";
import type { Timer } from "../time/clock.ts";
import type { ClusterClient } from "./cluster-client.ts";
import { decodeOwned, decodeTopics, encodeOwned, encodeTopics } from "./consumer-protocol.ts";
import { commitOffsets } from "./offsets.ts";
import type { TopicPartition } from "./partitions.ts";
import { assignRanges } from "./range-assignor.ts";
import { refuseErrors } from "./retries.ts";

export interface MemberOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

const PROTOCOL_TYPE = "consumer";
const PROTOCOL = "range";

/** After these a member joins again; after the second kind as somebody new. */
const rejoining: ReadonlySet<number> = new Set([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.MEMBER_ID_REQUIRED,
  ErrorCode.FENCED_INSTANCE_ID,
]);

/** One member of a group of the classic protocol, that assigns by ranges when it leads. */
export class GroupMember {
  readonly #client: ClusterClient;
  readonly #options: MemberOptions;
  #memberId = "";
  #generationId = -1;
  #isInGroup = false;
  #heartbeat: Timer | undefined;

  constructor(client: ClusterClient, options: MemberOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Whether the assignment of the last join still holds. */
  get isStable(): boolean {
    return this.#isInGroup;
  }

  /** Joins, again if others come meanwhile, until it knows its partitions. */
  async join(): Promise<TopicPartition[]> {
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

  /** Commits as a member; a commit that comes too late for its generation is let go. */
  async commit(offsets: readonly (TopicPartition & { offset: number })[]): Promise<void> {
    if (offsets.length === 0 || !this.#isInGroup) return;
    const committer = {
      groupId: this.#options.groupId,
      memberId: this.#memberId,
      generationId: this.#generationId,
    };
    await this.#client.retry(async () => {
      const refused = await commitOffsets(this.#client, committer, offsets);
      for (const error of refused.values()) if (!this.#isToRejoin(error)) throw error;
    });
  }

  async leave(): Promise<void> {
    this.#heartbeat?.cancel();
    if (this.#memberId === "") return;
    const { groupId } = this.#options;
    const [memberId, members] = [this.#memberId, [{ memberId: this.#memberId }]];
    this.#memberId = "";
    this.#isInGroup = false;
    await this.#client.coordinator(groupId, leaveGroup, [{ groupId, memberId, members }]);
  }

  async #joinOnce(): Promise<TopicPartition[]> {
    const { groupId, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const answer = await this.#ask(joinGroup, {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      protocolType: PROTOCOL_TYPE,
      protocols: [{ name: PROTOCOL, metadata: encodeTopics(topics) }],
    });
    this.#memberId = answer.memberId || this.#memberId;
    refuseErrors(answer, `joining group ${groupId}`);
    this.#generationId = answer.generationId;
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
    const { topics } = await this.#client.metadata(names);
    const counts = new Map(topics.map(({ name, partitions }) => [name ?? "", partitions.length]));
    return [...assignRanges(subscribers, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeOwned(partitions),
    }));
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
    this.#isInGroup = false;
    if (error.code === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = "";
    return true;
  }
}
