import { CompressionTypes, Kafka, logLevel, Partitioners } from "kafkajs";
import { encodeOwned, encodeTopics } from "../../../src/client/consumer-protocol.ts";
import { ErrorCode } from "../../../src/protocol/errors.ts";
import { consumerGroupHeartbeat } from "../../../src/protocol/generated/consumer-group-heartbeat.ts";
import { findCoordinator } from "../../../src/protocol/generated/find-coordinator.ts";
import { joinGroup } from "../../../src/protocol/generated/join-group.ts";
import { metadata } from "../../../src/protocol/generated/metadata.ts";
import { offsetCommit } from "../../../src/protocol/generated/offset-commit.ts";
import { syncGroup } from "../../../src/protocol/generated/sync-group.ts";
import { Asker } from "../asker.ts";
import type { Commit, Join, Produce } from "./story.ts";

const SESSION_MS = 300_000;
const NEW = -1;
/** The member ids of the consumer protocol, which members choose themselves. */
const memberIds = ["member-one-00000000000", "member-two-00000000000", "member-three-000000000"];

/** Makes on a broker what a story needs beside its command lines. */
export class Scene {
  readonly #host: string;
  readonly #port: number;
  readonly #open: Asker[] = [];
  #members = 0;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  async produce({ topic, partition, count, since }: Produce): Promise<void> {
    const brokers = [`${this.#host}:${this.#port}`];
    const kafka = new Kafka({ brokers, clientId: "scene", logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const messages = Array.from({ length: count }, (_, index) => ({
      value: `value-${index}`,
      partition,
      timestamp: String(since + 1000 * index),
    }));
    await producer.send({ topic, messages, compression: CompressionTypes.None, acks: -1 });
    await producer.disconnect();
  }

  async commit({ group, topic, offsets }: Commit): Promise<void> {
    const asker = await this.#coordinator(group, "scene");
    const partitions = offsets.map((committedOffset, partitionIndex) => ({
      partitionIndex,
      committedOffset,
      committedLeaderEpoch: 0,
      committedMetadata: "",
    }));
    await settled("commit", async () => {
      const answer = await asker.ask(offsetCommit, 8, {
        groupId: group,
        generationIdOrMemberEpoch: NEW,
        memberId: "",
        topics: [{ name: topic, partitions }],
      });
      const refused = answer.topics.flatMap((one) => one.partitions).find((p) => p.errorCode);
      return refused ?? { errorCode: 0 };
    });
  }

  async topicId(name: string): Promise<string> {
    const asker = await Asker.open(this.#host, this.#port, "scene");
    this.#open.push(asker);
    const { topics } = await asker.ask(metadata, 12, { topics: [{ name }] });
    return topics[0]?.topicId ?? "";
  }

  async join(member: Join): Promise<void> {
    if (member.protocol === "consumer") await this.#joinConsumer(member);
    else await this.#joinClassic(member);
  }

  close(): void {
    for (const asker of this.#open) asker.close();
  }

  async #joinClassic({ group, clientId, topic, partitions, instanceId }: Join): Promise<void> {
    const asker = await this.#coordinator(group, clientId);
    const ask = (memberId: string) =>
      asker.ask(joinGroup, 5, {
        groupId: group,
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: SESSION_MS,
        memberId,
        groupInstanceId: instanceId ?? null,
        protocolType: "consumer",
        protocols: [{ name: "range", metadata: encodeTopics([topic]) }],
      });
    let memberOfLast = "";
    const joined = await settled("join", async () => {
      const answer = await ask(memberOfLast);
      memberOfLast = answer.memberId;
      return answer;
    });
    const assignment = encodeOwned(partitions.map((partition) => ({ topic, partition })));
    const { memberId, generationId } = joined;
    const synced = await asker.ask(syncGroup, 3, {
      groupId: group,
      generationId,
      memberId,
      groupInstanceId: instanceId ?? null,
      assignments: [{ memberId, assignment }],
    });
    if (synced.errorCode !== 0) throw new Error(`sync: ${synced.errorCode}`);
  }

  async #joinConsumer({ group, clientId, topic, instanceId, isWaiting }: Join): Promise<void> {
    const asker = await this.#coordinator(group, clientId);
    const memberId = memberIds[this.#members++] ?? "";
    const groupId = group;
    const joined = await settled("join", () =>
      asker.ask(consumerGroupHeartbeat, 1, {
        groupId,
        memberId,
        memberEpoch: 0,
        instanceId: instanceId ?? null,
        rebalanceTimeoutMs: SESSION_MS,
        subscribedTopicNames: [topic],
        topicPartitions: [],
      }),
    );
    if (isWaiting) return;
    // What a member was given it owns once it says so.
    let { memberEpoch, assignment } = joined;
    for (let turn = 0; turn < 50 && (assignment?.topicPartitions.length ?? 0) === 0; turn++) {
      const beat = await asker.ask(consumerGroupHeartbeat, 1, { groupId, memberId, memberEpoch });
      if (beat.errorCode !== 0) throw new Error(`heartbeat: ${beat.errorCode}`);
      ({ memberEpoch } = beat);
      assignment = beat.assignment ?? assignment;
      await pause();
    }
    await asker.ask(consumerGroupHeartbeat, 1, {
      groupId,
      memberId,
      memberEpoch,
      topicPartitions: assignment?.topicPartitions ?? [],
    });
  }

  /** A connection to the one broker, once it coordinates this group. */
  async #coordinator(group: string, clientId: string): Promise<Asker> {
    const asker = await Asker.open(this.#host, this.#port, clientId);
    this.#open.push(asker);
    for (let turn = 0; turn < 300; turn++) {
      const answer = await asker.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: [group] });
      if (answer.coordinators[0]?.errorCode === 0) return asker;
      await pause();
    }
    throw new Error(`no coordinator for ${group}`);
  }
}

/** What goes away by itself while a broker is young, or with the next try. */
const passing: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.MEMBER_ID_REQUIRED,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]);

async function settled<Answer extends { readonly errorCode: number }>(
  what: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (let turn = 0; turn < 300; turn++) {
    const answer = await ask();
    if (answer.errorCode === 0) return answer;
    if (!passing.has(answer.errorCode)) throw new Error(`${what}: error ${answer.errorCode}`);
    await pause();
  }
  throw new Error(`${what}: still refused`);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
