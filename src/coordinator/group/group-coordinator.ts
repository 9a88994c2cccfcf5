import { GROUP_METADATA_TOPIC } from "../../cluster/topic-name.ts";
import { ErrorCode, KafkaError } from "../../protocol/errors.ts";
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from "../../protocol/generated/consumer-group-heartbeat.ts";
import type { HeartbeatRequest } from "../../protocol/generated/heartbeat.ts";
import type {
  JoinGroupRequest,
  JoinGroupResponseInput,
} from "../../protocol/generated/join-group.ts";
import type {
  LeaveGroupRequest,
  LeaveGroupResponseInput,
} from "../../protocol/generated/leave-group.ts";
import type {
  ListGroupsRequest,
  ListGroupsResponseInput,
} from "../../protocol/generated/list-groups.ts";
import type {
  OffsetCommitRequest,
  OffsetCommitResponseInput,
} from "../../protocol/generated/offset-commit.ts";
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from "../../protocol/generated/offset-delete.ts";
import type {
  SyncGroupRequest,
  SyncGroupResponseInput,
} from "../../protocol/generated/sync-group.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Clock } from "../../time/clock.ts";
import type { InternalTopic } from "../internal-topic.ts";
import { joinRefusal } from "./classic/rebalance.ts";
import { syncRefusal } from "./classic/sync.ts";
import {
  type DescribedConsumerGroup,
  describeConsumerGroup,
  describeConsumerGroupRefusal,
} from "./consumer/describe.ts";
import type { TopicCatalog } from "./consumer/metadata-hash.ts";
import { loadRegexEngine } from "./consumer/regular-expressions.ts";
import { checkHeartbeatRequest } from "./consumer/request-checks.ts";
import {
  type DescribedGroup,
  describe,
  describeRefusal,
  describeUnknown,
  type ListedGroup,
  listed,
  matchesFilters,
} from "./group-listing.ts";
import type { GroupMachine } from "./group-machine.ts";
import type { Outcome } from "./group-record.ts";
import { commitErrorCode, GroupShards } from "./group-shards.ts";
import { randomKafkaUuid } from "./member-id.ts";
import { commitOffsets, commitRefusal } from "./offset-commit.ts";
import { deleteOffsets } from "./offset-delete.ts";
import {
  type FetchedTopic,
  fetchAllOffsets,
  fetchOffsets,
  type WantedTopic,
} from "./offset-fetch.ts";
import type { GroupRequestContext, GroupSettings } from "./settings.ts";

/** Topics that are new, different or gone. */
export interface TopicsDelta {
  readonly created: readonly { readonly name: string }[];
  readonly changed: readonly { readonly name: string }[];
  readonly deleted: readonly { readonly name: string }[];
}

export interface GroupCoordinatorOptions {
  readonly offsetsTopic: InternalTopic;
  readonly topics: TopicCatalog;
  /** What is set for one group, by name. */
  readonly groupConfigs: (groupId: string) => ReadonlyMap<string, string>;
  readonly clock: Clock;
  /** A number r with 0 ≤ r < 1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly config: GroupSettings;
}

/**
 * Groups and their committed offsets: one method per API. Who is allowed what, and how versions
 * differ on the wire, is the handlers' business; which partition of `__consumer_offsets` answers for
 * a group, and that an answer goes out only when it is durable, is decided here. Every answer is an
 * error code where Kafka's is; only bugs throw.
 */
export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions;
  readonly #shards: GroupShards;

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options;
    this.#shards = new GroupShards(options);
  }

  /** Makes sure that `__consumer_offsets` exists and that this broker's part of it is being loaded. */
  async ensureTopic(): Promise<void> {
    await this.#options.offsetsTopic.ensure();
    // Not waited for: empty partitions are ready at once, and of the others clients hear that they load.
    void this.#shards.loadAll();
  }

  /** Loads what this broker leads, if the topic exists, and begins to expire old offsets. */
  async start(): Promise<void> {
    this.#shards.startExpiry();
    if (this.#options.offsetsTopic.exists) await this.#shards.loadAll();
  }

  /** This broker became the leader of a partition of `__consumer_offsets`. */
  load(partition: number): Promise<void> {
    return this.#shards.load(partition);
  }

  /** This broker no longer leads that partition: whoever waits is sent to look for the new leader. */
  unload(partition: number): void {
    this.#shards.unload(partition);
  }

  /** Answers everything that is parked and stops all timers. */
  close(): void {
    this.#shards.close();
  }

  /** The partition of `__consumer_offsets` whose leader coordinates the group. */
  partitionFor(groupId: string): number {
    return this.#shards.partitionFor(groupId);
  }

  async joinGroup(
    request: JoinGroupRequest,
    context: GroupRequestContext,
  ): Promise<JoinGroupResponseInput> {
    const { groupId, memberId, sessionTimeoutMs } = request;
    const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = this.#options.config;
    if (groupId === "") return joinRefusal(ErrorCode.INVALID_GROUP_ID, memberId);
    if (
      sessionTimeoutMs < groupMinSessionTimeoutMs ||
      sessionTimeoutMs > groupMaxSessionTimeoutMs
    ) {
      return joinRefusal(ErrorCode.INVALID_SESSION_TIMEOUT, memberId);
    }
    try {
      return await this.#park<JoinGroupResponseInput>(groupId, (machine, answer) =>
        machine.join(request, context, answer),
      );
    } catch (error) {
      return joinRefusal(this.#codeOf(error), "");
    }
  }

  async syncGroup(request: SyncGroupRequest): Promise<SyncGroupResponseInput> {
    if (request.groupId === "") return syncRefusal(ErrorCode.INVALID_GROUP_ID);
    try {
      return await this.#park<SyncGroupResponseInput>(request.groupId, (machine, answer) =>
        machine.sync(request, answer),
      );
    } catch (error) {
      const code = this.#codeOf(error);
      // Clients take COORDINATOR_LOAD_IN_PROGRESS here for a bug of the broker (Java's raises an
      // exception). A rebalance they know: they join again, and Kafka before 4.0 told them so, too.
      const isLoading = code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      return syncRefusal(isLoading ? ErrorCode.REBALANCE_IN_PROGRESS : code);
    }
  }

  /** Synchronous: most requests of an idle broker are heartbeats. */
  heartbeat(request: HeartbeatRequest): ErrorCode {
    if (request.groupId === "") return ErrorCode.INVALID_GROUP_ID;
    try {
      return this.#shards.of(request.groupId).machine.heartbeat(request);
    } catch (error) {
      const code = this.#codeOf(error);
      // While a group is loading its members need not know.
      return code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : code;
    }
  }

  async leaveGroup(
    groupId: string,
    members: LeaveGroupRequest["members"],
  ): Promise<LeaveGroupResponseInput> {
    if (groupId === "") return { errorCode: ErrorCode.INVALID_GROUP_ID, members: [] };
    try {
      const shard = this.#shards.of(groupId);
      const { results, outcome } = shard.machine.leave(groupId, members);
      const errorCode = await this.#shards.carryOut(shard, outcome);
      return { errorCode, members: errorCode === ErrorCode.NONE ? results : [] };
    } catch (error) {
      const errorCode = this.#codeOf(error);
      if (errorCode !== ErrorCode.UNKNOWN_MEMBER_ID) return { errorCode, members: [] };
      const unknown = members.map(({ memberId, groupInstanceId }) => ({
        memberId,
        groupInstanceId,
        errorCode,
      }));
      return { errorCode: ErrorCode.NONE, members: unknown };
    }
  }

  /** Joins, keeps alive or leaves a consumer group (KIP-848). */
  async consumerGroupHeartbeat(
    request: ConsumerGroupHeartbeatRequest,
    context: GroupRequestContext,
  ): Promise<ConsumerGroupHeartbeatResponseInput> {
    const { config, random } = this.#options;
    try {
      checkHeartbeatRequest(request, context.version, config.groupConsumerAssignors);
      // Only ever waits when the first member of all comes with a regular expression.
      const engine = request.subscribedTopicRegex ? await loadRegexEngine() : undefined;
      const shard = this.#shards.of(request.groupId);
      const named =
        request.memberId === "" ? { ...request, memberId: randomKafkaUuid(random) } : request;
      const { response, outcome } = shard.machine.consumerHeartbeat(named, context, engine);
      const isRecorded = outcome.records.length > 0;
      const errorCode = await this.#shards.carryOut(shard, outcome);
      if (errorCode !== ErrorCode.NONE) return heartbeatRefusal(errorCode, null);
      // What it tells of may be on its way to the log still.
      if (!isRecorded) await shard.settled();
      return response;
    } catch (error) {
      const errorCode = this.#codeOf(error);
      return heartbeatRefusal(errorCode, messageOf(error, errorCode));
    }
  }

  describeConsumerGroup(groupId: string): DescribedConsumerGroup {
    const { topics, config } = this.#options;
    const notFound = ErrorCode.GROUP_ID_NOT_FOUND;
    try {
      const group = this.#shards.of(groupId).machine.group(groupId);
      if (group?.type === "consumer") {
        const assignor = config.groupConsumerAssignors[0] ?? "uniform";
        return describeConsumerGroup(group, topics, assignor);
      }
      const why = group === undefined ? "not found" : "is not a consumer group";
      return describeConsumerGroupRefusal(groupId, notFound, `Group ${groupId} ${why}.`);
    } catch (error) {
      return describeConsumerGroupRefusal(groupId, this.#codeOf(error), null);
    }
  }

  /** `request` holds topics and partitions that exist, by name. */
  async commitOffsets(
    request: OffsetCommitRequest,
    context: GroupRequestContext,
  ): Promise<OffsetCommitResponseInput> {
    const { clock, config, topics } = this.#options;
    try {
      const shard = this.#shards.of(request.groupId);
      const checkPartition = shard.machine.admitCommit(request, context.version);
      const { records, response } = commitOffsets(request, {
        nowMs: clock.now(),
        metadataMaxLength: config.offsetMetadataMaxBytes,
        topicId: (name) => topics.topicId(name),
        checkPartition,
      });
      await shard.commit(records);
      return response;
    } catch (error) {
      return commitRefusal(request, this.#codeOf(error));
    }
  }

  /**
   * What a group committed, for the topics given or, with null, for all. Only committed offsets are
   * given out: an append on its way is waited for. A member of a consumer group that names itself
   * must be at its present epoch.
   */
  async fetchOffsets(
    groupId: string,
    wanted: readonly WantedTopic[] | null,
    reader: { readonly memberId: string | null; readonly memberEpoch: number } = NOBODY,
  ): Promise<{ readonly errorCode: ErrorCode; readonly topics: readonly FetchedTopic[] }> {
    try {
      const shard = this.#shards.of(groupId);
      shard.machine.admitFetch(groupId, reader.memberId, reader.memberEpoch);
      const offsets = shard.machine.offsetsOf(groupId);
      const topics =
        wanted === null
          ? fetchAllOffsets(offsets, (name) => this.#options.topics.topicId(name))
          : fetchOffsets(offsets, wanted);
      await shard.settled();
      return { errorCode: ErrorCode.NONE, topics };
    } catch (error) {
      return { errorCode: fetchErrorCode(this.#codeOf(error)), topics: [] };
    }
  }

  async deleteOffsets(request: OffsetDeleteRequest): Promise<OffsetDeleteResponseInput> {
    const refuse = (errorCode: ErrorCode) => ({ errorCode, throttleTimeMs: 0, topics: [] });
    if (request.groupId === "") return refuse(ErrorCode.INVALID_GROUP_ID);
    try {
      const shard = this.#shards.of(request.groupId);
      const { machine } = shard;
      const group = machine.groupToDeleteFrom(request.groupId);
      const { records, response } = deleteOffsets(
        group,
        machine.offsetsOf(request.groupId),
        request,
      );
      await shard.commit(records);
      return response;
    } catch (error) {
      return refuse(this.#codeOf(error));
    }
  }

  describeGroup(groupId: string, version: number): DescribedGroup {
    try {
      const group = this.#shards.of(groupId).machine.group(groupId);
      if (group?.type === "classic") return describe(group);
      return group === undefined
        ? describeUnknown(groupId, version)
        : describeUnknown(groupId, version, `Group ${groupId} is not a classic group.`);
    } catch (error) {
      return describeRefusal(groupId, this.#codeOf(error));
    }
  }

  listGroups(request: ListGroupsRequest): ListGroupsResponseInput {
    const groups: ListedGroup[] = [];
    try {
      for (const shard of this.#shards.all()) {
        // A partition that this broker has given up is another's to tell of.
        if (shard.isGivenUp) continue;
        for (const group of shard.machine.groups()) {
          if (matchesFilters(group, request)) groups.push(listed(group));
        }
      }
      return { errorCode: ErrorCode.NONE, groups };
    } catch (error) {
      return { errorCode: this.#codeOf(error), groups: [] };
    }
  }

  async deleteGroup(groupId: string): Promise<ErrorCode> {
    try {
      const shard = this.#shards.of(groupId);
      await shard.commit(shard.machine.deleteGroup(groupId));
      return ErrorCode.NONE;
    } catch (error) {
      return this.#codeOf(error);
    }
  }

  /** Offsets of a deleted topic are worth nothing, least of all to a new topic of that name. */
  async onTopicDeleted(topic: string): Promise<void> {
    if (topic === GROUP_METADATA_TOPIC) {
      this.#shards.forget();
      return;
    }
    await this.#shards.commitInAll((machine) => machine.forgetTopic(topic));
  }

  /** Topics were made, changed or deleted: consumer groups may have to rebalance. */
  onTopicsChanged(delta: TopicsDelta): void {
    const topics = [...delta.created, ...delta.changed, ...delta.deleted].map(({ name }) => name);
    if (topics.length > 0) this.#shards.onTopicsChanged(topics, delta.created.length > 0);
  }

  /** Decides at once; resolves when the decision, or a later one, answers. */
  #park<Response>(
    groupId: string,
    decide: (machine: GroupMachine, answer: (response: Response) => void) => Outcome,
  ): Promise<Response> {
    const shard = this.#shards.of(groupId);
    const { machine } = shard;
    return new Promise((resolve) => {
      void this.#shards.carryOut(shard, decide(machine, resolve));
    });
  }

  #codeOf(error: unknown): ErrorCode {
    if (!(error instanceof KafkaError)) {
      this.#options.logger.error("a group request failed", { error });
    }
    return commitErrorCode(error);
  }
}

/** The sender of an OffsetFetch that is no member, or does not say so. */
const NOBODY = { memberId: null, memberEpoch: -1 };

function heartbeatRefusal(
  errorCode: ErrorCode,
  errorMessage: string | null,
): ConsumerGroupHeartbeatResponseInput {
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
    memberId: null,
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
  };
}

/** What a member did wrong is told in words; where the coordinator is, and how it fares, is not. */
function messageOf(error: unknown, errorCode: ErrorCode): string | null {
  switch (errorCode) {
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.UNKNOWN_SERVER_ERROR:
      return null;
    default:
      return error instanceof KafkaError ? error.message : null;
  }
}

/** Consumers older than 3.9 do not know the other codes in an OffsetFetch answer. */
function fetchErrorCode(code: ErrorCode): ErrorCode {
  return code === ErrorCode.COORDINATOR_NOT_AVAILABLE ? ErrorCode.NOT_COORDINATOR : code;
}
