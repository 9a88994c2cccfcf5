import { GROUP_METADATA_TOPIC } from "../../cluster/topic-name.ts";
import { ErrorCode, KafkaError, toErrorCode } from "../../protocol/errors.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Clock, Timer } from "../../time/clock.ts";
import type { InternalTopic } from "../internal-topic.ts";
import { internalPartitionFor } from "../java-hash.ts";
import { Shard } from "../shard.ts";
import { type TopicCatalog, TopicHashes } from "./consumer/metadata-hash.ts";
import { groupCodec } from "./group-codec.ts";
import { GroupMachine } from "./group-machine.ts";
import type { GroupRecord, Outcome } from "./group-record.ts";
import { randomKafkaUuid, randomUuidText } from "./member-id.ts";
import type { GroupSettings } from "./settings.ts";

export type GroupShard = Shard<GroupRecord, GroupMachine>;

/** Tombstones of a clean-up need not stand or fall together: so many share a batch. */
const TOMBSTONES_PER_BATCH = 1000;

export interface GroupShardsOptions {
  readonly topics: TopicCatalog;
  /** What is set for one group, by name. */
  readonly groupConfigs: (groupId: string) => ReadonlyMap<string, string>;
  readonly offsetsTopic: InternalTopic;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly config: GroupSettings;
}

/** The partitions of `__consumer_offsets` that this broker coordinates. */
export class GroupShards {
  readonly #options: GroupShardsOptions;
  readonly #shards = new Map<number, GroupShard>();
  #expiry: Timer | undefined;
  #isClosed = false;
  #knownPartitionCount: number | undefined;
  readonly #topicHashes: TopicHashes;

  constructor(options: GroupShardsOptions) {
    this.#options = options;
    this.#topicHashes = new TopicHashes(options.topics);
  }

  partitionFor(groupId: string): number {
    return internalPartitionFor(groupId, this.#partitionCount());
  }

  /** Asked of every heartbeat, so it is looked up once: the topic keeps the partitions it began with. */
  #partitionCount(): number {
    if (this.#knownPartitionCount !== undefined) return this.#knownPartitionCount;
    const { exists, partitionCount } = this.#options.offsetsTopic;
    if (exists) this.#knownPartitionCount = partitionCount;
    return partitionCount;
  }

  /** @throws KafkaError NOT_COORDINATOR where another broker has the group, or the topic is not there */
  of(groupId: string): GroupShard {
    const { offsetsTopic } = this.#options;
    const index = this.partitionFor(groupId);
    const shard = this.#shards.get(index);
    if (shard !== undefined) return shard;
    if (this.#isClosed || !offsetsTopic.exists || offsetsTopic.partition(index) === undefined) {
      throw new KafkaError(ErrorCode.NOT_COORDINATOR, "this broker does not coordinate the group");
    }
    void this.load(index);
    return this.of(groupId);
  }

  all(): IterableIterator<GroupShard> {
    return this.#shards.values();
  }

  /** Every partition that this broker leads and has not loaded yet. */
  async loadAll(): Promise<void> {
    // Asked by everybody who looks for a coordinator.
    if (this.#shards.size === this.#knownPartitionCount) return;
    const indexes = Array.from(
      { length: this.#options.offsetsTopic.partitionCount },
      (_, index) => index,
    );
    await Promise.all(indexes.map((index) => this.load(index)));
  }

  load(index: number): Promise<void> {
    const partition = this.#options.offsetsTopic.partition(index);
    if (this.#isClosed || partition === undefined || this.#shards.has(index)) {
      return Promise.resolve();
    }
    const { clock, logger, config, random, topics, groupConfigs } = this.#options;
    const topicHashes = this.#topicHashes;
    const shard: GroupShard = new Shard<GroupRecord, GroupMachine>({
      name: `${GROUP_METADATA_TOPIC}-${index}`,
      partition,
      codec: groupCodec,
      makeMachine: () =>
        new GroupMachine({
          world: { clock, logger, settings: config, topics, topicHashes, groupConfigs },
          uuid: () => randomUuidText(random),
          consumerMemberId: () => randomKafkaUuid(random),
          carryOut: (outcome) => void this.carryOut(shard, outcome),
        }),
      clock,
      logger,
      loadBufferBytes: config.offsetsLoadBufferSize,
      get maxBatchBytes() {
        return config.messageMaxBytes;
      },
      compression: config.offsetsTopicCompressionCodec,
      commitTimeoutMs: config.offsetsCommitTimeoutMs,
    });
    this.#shards.set(index, shard);
    return shard.load();
  }

  unload(index: number): void {
    this.#shards.get(index)?.unload();
    this.#shards.delete(index);
  }

  close(): void {
    this.#isClosed = true;
    this.#expiry?.cancel();
    this.forget();
  }

  /** Topics were made, changed or deleted. */
  onTopicsChanged(topics: readonly string[], areSomeNew: boolean): void {
    for (const topic of topics) this.#topicHashes.forget(topic);
    for (const shard of this.#shards.values()) {
      if (shard.isActive) shard.machine.onTopicsChanged(topics, areSomeNew);
    }
  }

  /** Gives all partitions up: the topic itself is gone. */
  forget(): void {
    this.#knownPartitionCount = undefined;
    for (const index of [...this.#shards.keys()]) this.unload(index);
  }

  /**
   * Makes an outcome durable, with all that was decided before it, then does what waits for that. Never
   * rejects: if the append fails the shard is dropped, which answers everybody who waits.
   */
  async carryOut(shard: GroupShard, outcome: Outcome): Promise<ErrorCode> {
    if (!shard.isActive) return ErrorCode.NONE;
    if (outcome.records.length === 0 && outcome.whenCommitted === undefined) {
      outcome.whenReplayed?.();
      return ErrorCode.NONE;
    }
    const { machine } = shard;
    let errorCode: ErrorCode = ErrorCode.NONE;
    try {
      const committed = shard.commit(outcome.records);
      outcome.whenReplayed?.();
      await committed;
    } catch (error) {
      errorCode = commitErrorCode(error);
    }
    if (shard.isActive && shard.machine === machine) {
      if (errorCode === ErrorCode.NONE) outcome.whenCommitted?.();
      else outcome.whenNotCommitted?.(errorCode);
    }
    return errorCode;
  }

  /** Removes old offsets and empty groups every `offsets.retention.check.interval.ms` (KIP-211). */
  startExpiry(): void {
    const { clock, config } = this.#options;
    this.#expiry = clock.schedule(config.offsetsRetentionCheckIntervalMs, () => {
      this.startExpiry();
      void this.commitInAll((machine) => machine.expire());
    });
  }

  /** Commits tombstones in every shard that is loaded. One that fails does not hold the others up. */
  async commitInAll(decide: (machine: GroupMachine) => readonly GroupRecord[]): Promise<void> {
    for (const shard of [...this.#shards.values()]) {
      if (!shard.isActive) continue;
      try {
        const records = decide(shard.machine);
        const commits: Promise<void>[] = [];
        // All are replayed before anything is waited for: an offset committed in between is newer.
        for (let at = 0; at < records.length; at += TOMBSTONES_PER_BATCH) {
          commits.push(shard.commit(records.slice(at, at + TOMBSTONES_PER_BATCH)));
        }
        await Promise.all(commits);
      } catch (error) {
        this.#options.logger.error("could not remove old offsets and groups", { error });
      }
    }
  }
}

/** What a client is told of a commit that did not happen. */
export function commitErrorCode(error: unknown): ErrorCode {
  const code = toErrorCode(error);
  // RECORD_LIST_TOO_LARGE is about a batch the client knows nothing of.
  return code === ErrorCode.RECORD_LIST_TOO_LARGE ? ErrorCode.UNKNOWN_SERVER_ERROR : code;
}
