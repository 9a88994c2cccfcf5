import type { ClusterClient } from "../../../client/cluster-client.ts";
import type { FetchedRecord } from "../../../client/fetched-records.ts";
import { Fetcher } from "../../../client/fetcher.ts";
import { GroupMember } from "../../../client/group-member.ts";
import { committedOffsets } from "../../../client/offsets.ts";
import { keyOf, partitionOfKeyText, type TopicPartition } from "../../../client/partitions.ts";
import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import { integerIn } from "../settings.ts";
import type { Plan } from "./plan.ts";
import type { Reading } from "./reading.ts";
import { startsAt } from "./starts.ts";
import { TopicWatch } from "./topic-watch.ts";
import type { FoundTopics } from "./topics.ts";

/** Reads what the group gives it, and commits what was read. */
export class GroupedReading implements Reading {
  readonly #client: ClusterClient;
  readonly #plan: Plan;
  readonly #groupId: string;
  readonly #fetcher: Fetcher;
  readonly #watch: TopicWatch;
  readonly #member: GroupMember;
  #commitAtMs = Number.POSITIVE_INFINITY;
  /** By `keyOf`, what is committed already. */
  #committed = new Map<string, number>();

  constructor(client: ClusterClient, plan: Plan, groupId: string) {
    this.#client = client;
    this.#plan = plan;
    this.#groupId = groupId;
    this.#fetcher = new Fetcher(client, plan);
    this.#watch = new TopicWatch(client, plan);
    this.#member = new GroupMember(client, {
      groupId,
      topics: [],
      sessionTimeoutMs: integerIn(plan.settings, "session.timeout.ms", 45_000),
      rebalanceTimeoutMs: integerIn(plan.settings, "max.poll.interval.ms", 300_000),
      heartbeatIntervalMs: integerIn(plan.settings, "heartbeat.interval.ms", 3000),
    });
  }

  /** Whoever polls has seen the records of the poll before. */
  async poll(waitMs: number): Promise<readonly FetchedRecord[]> {
    const { clock } = this.#client;
    if (clock.monotonicMs() >= this.#commitAtMs) await this.#commit(this.#fetcher.positions);
    const found = await this.#watch.look(this.#fetcher.areMissing);
    if (found !== undefined) await this.#member.follow(this.#wanted(found));
    if (!this.#member.isStable) await this.#join();
    return this.#fetcher.poll(this.#watch.waitMs(waitMs, this.#fetcher.areMissing));
  }

  async close(unread: readonly FetchedRecord[]): Promise<void> {
    const positions = new Map(this.#fetcher.positions);
    for (const at of unread.toReversed()) {
      if (positions.has(keyOf(at))) positions.set(keyOf(at), at.offset);
    }
    await this.#commit(positions);
    await this.#member.leave();
  }

  /** What was read is committed before: whoever is given the partitions next goes on behind it. */
  async #join(): Promise<void> {
    await this.#commit(this.#fetcher.positions);
    const assigned = await this.#member.join();
    this.#fetcher.assign(await this.#starts(assigned));
    this.#scheduleCommit();
  }

  /** A topic by name is wanted even while it is not there. */
  #wanted({ partitions }: FoundTopics): readonly string[] {
    const { topics } = this.#plan;
    if ("name" in topics) return [topics.name];
    return [...new Set(partitions.map(({ topic }) => topic))];
  }

  /** Where to begin: what was committed, or what is to be done without. */
  async #starts(partitions: readonly TopicPartition[]): Promise<Map<string, number>> {
    if (partitions.length === 0) return new Map();
    const committed = await committedOffsets(this.#client, this.#groupId, partitions);
    this.#committed = new Map(committed.map((at) => [keyOf(at), at.offset]));
    const missing = partitions.filter((at) => !this.#committed.has(keyOf(at)));
    const { resetTo } = this.#plan;
    if (missing.length > 0 && resetTo === undefined) throw noOffset(missing);
    const others = await startsAt(this.#client, missing, resetTo ?? 0);
    if (others.size < missing.length) this.#watch.hurry();
    return new Map([...this.#committed, ...others]);
  }

  #scheduleCommit(): void {
    const { commits, commitIntervalMs } = this.#plan;
    if (commits) this.#commitAtMs = this.#client.clock.monotonicMs() + commitIntervalMs;
  }

  async #commit(positions: ReadonlyMap<string, number>): Promise<void> {
    if (!this.#plan.commits) return;
    const news = [...positions].filter(([key, offset]) => this.#committed.get(key) !== offset);
    const offsets = news.map(([key, offset]) => ({ ...partitionOfKeyText(key), offset }));
    const committed = await this.#member.commit(offsets);
    for (const [key, offset] of news) if (committed.has(key)) this.#committed.set(key, offset);
    this.#scheduleCommit();
  }
}

function noOffset(partitions: readonly TopicPartition[]): KafkaError {
  const names = partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(", ");
  const sentence = `Undefined offset with no reset policy for partitions: [${names}]`;
  return new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, sentence);
}
