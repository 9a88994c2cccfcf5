import type { TopicPartitions } from "../../../src/coordinator/group/consumer/assignment.ts";
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from "../../../src/protocol/generated/consumer-group-heartbeat.ts";
import { asker, type GroupWorld } from "./group-world.ts";

export type Heartbeat = Partial<ConsumerGroupHeartbeatRequest>;

/** A heartbeat that says nothing but who sends it. */
export const quiet: ConsumerGroupHeartbeatRequest = {
  groupId: "g",
  memberId: "m",
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: -1,
  subscribedTopicNames: null,
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: null,
};

export function heartbeat(
  world: GroupWorld,
  request: Heartbeat,
): Promise<ConsumerGroupHeartbeatResponseInput> {
  return world.groups.consumerGroupHeartbeat({ ...quiet, ...request }, asker(1));
}

/** A member that does what it is told at once, as clients do: "orders/3" for each partition it owns. */
export class Member {
  readonly memberId: string;
  readonly #world: GroupWorld;
  readonly #joining: Heartbeat;
  epoch = 0;
  owned: readonly string[] = [];
  /** The same as it was told. */
  #told: readonly TopicPartitions[] = [];
  /** What the last answer said, if anything went wrong. */
  errorCode = 0;

  constructor(world: GroupWorld, memberId: string, joining: Heartbeat = {}) {
    this.#world = world;
    this.memberId = memberId;
    this.#joining = {
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: ["orders"],
      ...joining,
    };
  }

  join(): Promise<this> {
    this.epoch = 0;
    this.owned = [];
    this.#told = [];
    return this.#send({ ...this.#joining, topicPartitions: [] });
  }

  /** Tells what it owns, and takes up or gives up what it is told. */
  heartbeat(more: Heartbeat = {}): Promise<this> {
    return this.#send({ topicPartitions: [...this.#told], ...more });
  }

  leave(memberEpoch = -1): Promise<this> {
    this.owned = [];
    return this.#send({ memberEpoch });
  }

  async #send(request: Heartbeat): Promise<this> {
    const { memberId, epoch: memberEpoch } = this;
    const instanceId = this.#joining.instanceId ?? null;
    const groupId = this.#joining.groupId ?? "g";
    const answer = await heartbeat(this.#world, {
      groupId,
      memberId,
      memberEpoch,
      instanceId,
      ...request,
    });
    this.errorCode = answer.errorCode;
    if (answer.errorCode !== 0) return this;
    this.epoch = answer.memberEpoch;
    const told = answer.assignment?.topicPartitions;
    if (told !== undefined) {
      this.#told = told;
      this.owned = told.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => `${this.#world.topics.topicName(topicId)}/${partition}`),
      );
    }
    return this;
  }
}

/** Heartbeats of all in turn until nobody is told anything new. */
export async function untilSettled(members: readonly Member[]): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const before = members.map(({ epoch, owned }) => `${epoch} ${owned.join()}`).join();
    for (const member of members) await member.heartbeat();
    if (before === members.map(({ epoch, owned }) => `${epoch} ${owned.join()}`).join()) return;
  }
  throw new Error("the members do not come to rest");
}
