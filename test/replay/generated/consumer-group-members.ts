import { consumerProtocolSubscription } from "../../../src/protocol/generated/records/consumer-protocol-subscription.ts";
import { Writer } from "../../../src/protocol/writer.ts";
import type { Replay } from "../replay.ts";

interface Answer {
  readonly errorCode: number;
  readonly memberEpoch: number;
  readonly assignment: {
    readonly topicPartitions: readonly {
      readonly topicId: string;
      readonly partitions: readonly number[];
    }[];
  } | null;
}

/** A member that does what it is told, and tells at each step of its story what it owns. */
export class Member {
  readonly #replay: Replay;
  readonly #group: string;
  readonly #joining: object;
  readonly memberId: string;
  epoch = 0;
  #owned: readonly { readonly topicId: string; readonly partitions: readonly number[] }[] = [];
  #step = 0;

  constructor(replay: Replay, group: string, letter: string, joining: object = {}) {
    this.#replay = replay;
    this.#group = group;
    this.memberId = letter.repeat(22);
    this.#joining = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ["cg-orders"], ...joining };
  }

  async join(): Promise<void> {
    this.epoch = 0;
    this.#owned = [];
    await this.#send("joins", this.#joining);
  }

  async beat(changes: object = {}): Promise<void> {
    await this.#send("beats", changes);
  }

  async leave(memberEpoch = -1): Promise<void> {
    await this.#send("leaves", { memberEpoch, topicPartitions: null });
  }

  async #send(what: string, changes: object): Promise<void> {
    this.#step++;
    const name = `made-up: ${this.#group}: ${this.memberId[0]} ${what}, ${this.#step}`;
    const where = { api: "ConsumerGroupHeartbeat", version: 1, case: name };
    const answer = (await this.#replay.ask(where, {
      groupId: this.#group,
      memberId: this.memberId,
      memberEpoch: this.epoch,
      instanceId: (this.#joining as { instanceId?: string }).instanceId ?? null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: this.#owned,
      ...changes,
    })) as Answer;
    if (answer.errorCode !== 0) return;
    this.epoch = answer.memberEpoch;
    this.#owned = answer.assignment?.topicPartitions ?? this.#owned;
  }
}

/** What a classic consumer says when it joins. */
export function subscription(topics: readonly string[]): Buffer {
  const writer = new Writer();
  writer.int16(1);
  consumerProtocolSubscription.encode(writer, { topics }, 1);
  return writer.toBuffer();
}

/** A static member of the classic protocol, whose answers are compared. */
export class ClassicMember {
  readonly #replay: Replay;
  readonly #group: string;
  readonly #instance: string;
  memberId = "";
  generationId = -1;
  #step = 0;

  constructor(replay: Replay, group: string, instance: string) {
    this.#replay = replay;
    this.#group = group;
    this.#instance = instance;
  }

  async join(changes: object = {}): Promise<void> {
    const answer = (await this.#ask("JoinGroup", 9, {
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: subscription(["cg-orders"]) }],
      reason: null,
      ...changes,
    })) as { readonly errorCode: number; readonly memberId: string; readonly generationId: number };
    if (answer.errorCode !== 0) return;
    this.memberId = answer.memberId;
    this.generationId = answer.generationId;
  }

  async sync(changes: object = {}): Promise<void> {
    await this.#ask("SyncGroup", 5, {
      generationId: this.generationId,
      protocolType: "consumer",
      protocolName: "range",
      assignments: [],
      ...changes,
    });
  }

  async beat(changes: object = {}): Promise<void> {
    await this.#ask("Heartbeat", 4, { generationId: this.generationId, ...changes });
  }

  async leave(): Promise<void> {
    const name = `made-up: ${this.#group}: ${this.#instance} leaves, ${++this.#step}`;
    const members = [{ memberId: "", groupInstanceId: this.#instance, reason: null }];
    const where = { api: "LeaveGroup", version: 5, case: name };
    await this.#replay.ask(where, { groupId: this.#group, members });
  }

  #ask(api: string, version: number, own: object): Promise<unknown> {
    const name = `made-up: ${this.#group}: ${this.#instance}, ${++this.#step}`;
    return this.#replay.ask(
      { api, version, case: name },
      {
        groupId: this.#group,
        memberId: this.memberId,
        groupInstanceId: this.#instance,
        ...own,
      },
    );
  }
}
