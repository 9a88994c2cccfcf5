import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { produce } from "../protocol/generated/produce.ts";
import { buildBatch, type NewRecord } from "../records/records.ts";
import type { ClusterClient } from "./cluster-client.ts";
import { partitionOfKey } from "./partitioner.ts";
import { refuseErrors } from "./retries.ts";

/** Versions that name topics, rather than give their ids. */
const PRODUCE_BY_NAME = 12;

export interface ProducerOptions {
  readonly topic: string;
  /** -1 all replicas, 1 the leader; 0 is not offered: nobody would know. */
  readonly acks: -1 | 1;
  /** As in `CompressionType`. */
  readonly compression: number;
  /** Most milliseconds that the broker waits for replicas. */
  readonly timeoutMs: number;
}

/**
 * Writes batches to one topic: a record goes where Java's producer would put its key, those without a
 * key of one batch go together, each batch to the next partition. Not idempotent.
 */
export class Producer {
  readonly #client: ClusterClient;
  readonly #options: ProducerOptions;
  /** The leader of each partition. */
  #leaders: readonly number[] = [];
  #nextPartition = 0;

  constructor(client: ClusterClient, options: ProducerOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** @throws KafkaError when a record is refused, or no answer comes in time. */
  async send(records: readonly NewRecord[]): Promise<void> {
    if (this.#leaders.length === 0) await this.#learnLeaders();
    const batches = this.#partitioned(records);
    await Promise.all([...batches].map(([index, items]) => this.#write(index, items)));
  }

  async #learnLeaders(): Promise<void> {
    const [topic] = await this.#client.topics([this.#options.topic], true);
    const partitions = [...(topic?.partitions ?? [])];
    partitions.sort((one, other) => one.partitionIndex - other.partitionIndex);
    this.#leaders = partitions.map(({ leaderId }) => leaderId);
  }

  #partitioned(records: readonly NewRecord[]): Map<number, NewRecord[]> {
    const keyless = this.#nextPartition;
    this.#nextPartition = (keyless + 1) % this.#leaders.length;
    const batches = new Map<number, NewRecord[]>();
    for (const record of records) {
      const index = record.key ? partitionOfKey(record.key, this.#leaders.length) : keyless;
      const batch = batches.get(index);
      if (batch === undefined) batches.set(index, [record]);
      else batch.push(record);
    }
    return batches;
  }

  async #write(index: number, records: readonly NewRecord[]): Promise<void> {
    const { compression } = this.#options;
    const timestamp = this.#client.clock.now();
    const batch = buildBatch({ records, timestamp, compression });
    let leader = this.#leaders[index] ?? -1;
    await this.#client.retry(async () => {
      try {
        await this.#ask(leader, index, batch);
      } catch (error) {
        await this.#learnLeaders();
        leader = this.#leaders[index] ?? -1;
        throw error;
      }
    });
  }

  async #ask(leader: number, index: number, records: Buffer): Promise<void> {
    const { topic, acks, timeoutMs } = this.#options;
    if (leader < 0) {
      const sentence = `partition ${topic}-${index} has no leader`;
      throw new KafkaError(ErrorCode.LEADER_NOT_AVAILABLE, sentence);
    }
    const topicData = [{ name: topic, partitionData: [{ index, records }] }];
    const options = { versionMax: PRODUCE_BY_NAME, waitMs: timeoutMs };
    const request = { acks, timeoutMs, topicData };
    const answer = await this.#client.node(leader, produce, [request, options]);
    const outcome = answer.responses[0]?.partitionResponses[0];
    if (outcome === undefined) throw new Error(`no answer for partition ${topic}-${index}`);
    refuseErrors(outcome, `${topic}-${index}`);
  }
}
