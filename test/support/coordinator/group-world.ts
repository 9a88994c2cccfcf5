import { GroupCoordinator } from "../../../src/coordinator/group/group-coordinator.ts";
import type {
  GroupRequestContext,
  GroupSettings,
} from "../../../src/coordinator/group/settings.ts";
import type { HeartbeatRequest } from "../../../src/protocol/generated/heartbeat.ts";
import type {
  JoinGroupRequest,
  JoinGroupResponseInput,
} from "../../../src/protocol/generated/join-group.ts";
import type { OffsetCommitRequest } from "../../../src/protocol/generated/offset-commit.ts";
import type {
  SyncGroupRequest,
  SyncGroupResponseInput,
} from "../../../src/protocol/generated/sync-group.ts";
import { ZERO_UUID } from "../../../src/protocol/uuid.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { MemoryInternalTopic } from "./memory-internal-topic.ts";
import { MemoryTopics } from "./memory-topics.ts";

export const defaultSettings: GroupSettings = {
  groupInitialRebalanceDelayMs: 0,
  groupMinSessionTimeoutMs: 6_000,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupMaxSize: 2_147_483_647,
  groupConsumerAssignors: ["uniform", "range"],
  groupConsumerAssignmentIntervalMs: 0,
  groupConsumerMinAssignmentIntervalMs: 0,
  groupConsumerMaxAssignmentIntervalMs: 15_000,
  groupConsumerHeartbeatIntervalMs: 5_000,
  groupConsumerMinHeartbeatIntervalMs: 5_000,
  groupConsumerMaxHeartbeatIntervalMs: 15_000,
  groupConsumerSessionTimeoutMs: 45_000,
  groupConsumerMinSessionTimeoutMs: 45_000,
  groupConsumerMaxSessionTimeoutMs: 60_000,
  groupConsumerMaxSize: 2_147_483_647,
  groupConsumerMigrationPolicy: "bidirectional",
  groupConsumerRegexRefreshIntervalMs: 600_000,
  offsetMetadataMaxBytes: 4096,
  offsetsRetentionMinutes: 10_080,
  offsetsRetentionCheckIntervalMs: 600_000,
  offsetsCommitTimeoutMs: 5_000,
  offsetsTopicCompressionCodec: 0,
  offsetsLoadBufferSize: 5_242_880,
  messageMaxBytes: 1_048_588,
};

/** Who asks in tests, and may see every topic. */
export const asker = (version: number, clientId = "client"): GroupRequestContext => ({
  version,
  clientId,
  clientHost: "/127.0.0.1",
  may: () => true,
});

/** An answer that may not have come yet. */
export interface Parked<T> {
  readonly promise: Promise<T>;
  /** Undefined while the request is parked. */
  answer: T | undefined;
}

function park<T>(promise: Promise<T>): Parked<T> {
  const parked: Parked<T> = { promise, answer: undefined };
  promise.then(
    (answer) => {
      parked.answer = answer;
    },
    () => undefined,
  );
  return parked;
}

/** Lets everything that is ready to run do so, without time passing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export type Join = Partial<Omit<JoinGroupRequest, "protocols">> & {
  readonly version?: number;
  readonly clientId?: string;
  /** Name to metadata, in order of preference. */
  readonly protocols?: readonly (readonly [string, string])[];
  /** The same, with metadata that is no text. */
  readonly rawProtocols?: JoinGroupRequest["protocols"];
};

/** A coordinator over topics that live in memory, with a clock that is turned by hand. */
export class GroupWorld {
  /** What the operator was told of as an error. */
  readonly errors: string[] = [];
  readonly clock: ManualClock = new ManualClock(1_700_000_000_000);
  readonly topic: MemoryInternalTopic;
  readonly settings: GroupSettings;
  /** Topics of users. */
  readonly topics: MemoryTopics = new MemoryTopics();
  /** What is set for a group, by group and name. */
  readonly groupConfigs: Map<string, ReadonlyMap<string, string>> = new Map();
  groups: GroupCoordinator;
  #seed = 1;

  constructor(settings: Partial<GroupSettings> = {}, partitionCount = 1) {
    this.settings = { ...defaultSettings, ...settings };
    this.topic = new MemoryInternalTopic(partitionCount);
    this.groups = this.#makeCoordinator();
  }

  static async started(settings: Partial<GroupSettings> = {}): Promise<GroupWorld> {
    const world = new GroupWorld(settings);
    await world.groups.start();
    await world.groups.ensureTopic();
    return world;
  }

  /** Ends the coordinator as a crash would, what was not appended with it, and starts another. */
  async restart(): Promise<void> {
    this.groups.close();
    for (const partition of this.topic.partitions) partition.forgetHeld();
    this.groups = this.#makeCoordinator();
    await this.groups.start();
  }

  join(join: Join = {}): Parked<JoinGroupResponseInput> {
    const { version = 9, clientId = "client", rawProtocols, ...others } = join;
    const { protocols = [["range", "m"]], ...rest } = others;
    const request: JoinGroupRequest = {
      groupId: "g",
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId: "",
      groupInstanceId: null,
      protocolType: "consumer",
      reason: null,
      protocols:
        rawProtocols ??
        protocols.map(([name, metadata]) => ({ name, metadata: Buffer.from(metadata) })),
      ...rest,
    };
    return park(this.groups.joinGroup(request, asker(version, clientId)));
  }

  /** Joins as a new member does: once for its id, and once with it. */
  async joinTwice(join: Join = {}): Promise<Parked<JoinGroupResponseInput>> {
    const first = await this.join(join).promise;
    return this.join({ ...join, memberId: first.memberId });
  }

  sync(sync: Partial<SyncGroupRequest>): Parked<SyncGroupResponseInput> {
    const request: SyncGroupRequest = {
      groupId: "g",
      generationId: 1,
      memberId: "",
      groupInstanceId: null,
      protocolType: "consumer",
      protocolName: null,
      assignments: [],
      ...sync,
    };
    return park(this.groups.syncGroup(request));
  }

  heartbeat(heartbeat: Partial<HeartbeatRequest>): number {
    return this.groups.heartbeat({
      groupId: "g",
      generationId: 1,
      memberId: "",
      groupInstanceId: null,
      ...heartbeat,
    });
  }

  async leave(
    memberId: string,
    groupInstanceId: string | null = null,
  ): Promise<number | undefined> {
    const members = [{ memberId, groupInstanceId, reason: null }];
    const response = await this.groups.leaveGroup("g", members);
    return response.errorCode || response.members?.[0]?.errorCode;
  }

  /** Commits one offset; gives the error code of its partition. */
  async commit(
    commit: Partial<Omit<OffsetCommitRequest, "topics">> & {
      readonly version?: number;
      readonly topic?: string;
      readonly partition?: number;
      readonly offset?: number;
      readonly metadata?: string | null;
    },
  ): Promise<number | undefined> {
    const {
      version = 9,
      topic = "orders",
      partition = 0,
      offset = 7,
      metadata = "",
      ...rest
    } = commit;
    const partitions = [
      {
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: 0,
        committedMetadata: metadata,
      },
    ];
    const request: OffsetCommitRequest = {
      groupId: "g",
      generationIdOrMemberEpoch: -1,
      memberId: "",
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [{ name: topic, topicId: ZERO_UUID, partitions }],
      ...rest,
    };
    const response = await this.groups.commitOffsets(request, asker(version));
    return response.topics[0]?.partitions[0]?.errorCode;
  }

  /** The committed offset of one partition, -1 if there is none. */
  async committed(partition = 0, groupId = "g", topic = "orders"): Promise<number | undefined> {
    const topicId = this.topics.topicId(topic) ?? ZERO_UUID;
    const wanted = [{ name: topic, topicId, partitionIndexes: [partition] }];
    const { topics } = await this.groups.fetchOffsets(groupId, wanted);
    return topics[0]?.partitions[0]?.committedOffset;
  }

  state(groupId = "g"): string {
    return this.groups.describeGroup(groupId, 5).groupState;
  }

  members(groupId = "g"): string[] {
    return this.groups.describeGroup(groupId, 5).members.map(({ memberId }) => memberId);
  }

  #makeCoordinator(): GroupCoordinator {
    return new GroupCoordinator({
      offsetsTopic: this.topic,
      topics: this.topics,
      groupConfigs: (groupId) => this.groupConfigs.get(groupId) ?? new Map(),
      clock: this.clock,
      random: () => this.#nextRandom(),
      logger: { ...silentLogger, error: (message) => void this.errors.push(message) },
      config: this.settings,
    });
  }

  /** A small generator of our own (mulberry32): the same world twice is the same run. */
  #nextRandom(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
