import { ErrorCode, isRetriable, KafkaError } from "../protocol/errors.ts";
import { initProducerId } from "../protocol/generated/init-producer-id.ts";
import { produce } from "../protocol/generated/produce.ts";
import { buildBatch, type NewRecord } from "../records/records.ts";
import type { ClusterClient } from "./cluster-client.ts";
import type { BrokerConnection } from "./connection.ts";
import type { ProducerOptions } from "./producer-options.ts";
import { pause, refuseErrors } from "./retries.ts";

/** Versions that name topics, rather than give their ids. */
const PRODUCE_BY_NAME = 12;
/** There is no transaction that could take too long. */
const NEVER_MS = 2 ** 31 - 1;
const NO_PRODUCER = { producerId: -1, producerEpoch: -1 };

/** After these the broker knows another state of this producer than we: it begins anew. */
const producerLost: ReadonlySet<number> = new Set([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
]);

type Identity = typeof NO_PRODUCER & { readonly sequences: Map<number, number> };

/**
 * Gets batches to their leaders, each batch of a partition after the one before it, and again where
 * that may help. With a producer id a broker stores a batch once, however often it comes.
 */
export class BatchSender {
  readonly #client: ClusterClient;
  readonly #options: ProducerOptions;
  /** The leader of each partition. */
  #leaders: readonly number[] = [];
  #identity: Promise<Identity> | undefined;

  constructor(client: ClusterClient, options: ProducerOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Of the topic; 0 before `learn`. */
  get partitionCount(): number {
    return this.#leaders.length;
  }

  /** Makes the topic, where the broker does so, and learns who leads its partitions. */
  async learn(): Promise<void> {
    const [topic] = await this.#client.topics([this.#options.topic], true);
    const partitions = [...(topic?.partitions ?? [])];
    partitions.sort((one, other) => one.partitionIndex - other.partitionIndex);
    this.#leaders = partitions.map(({ leaderId }) => leaderId);
  }

  /**
   * The offset of the first record; -1 where nobody says. One call per partition at a time.
   *
   * @throws KafkaError when the batch is refused, or no answer came in time.
   */
  async deliver(partition: number, records: readonly NewRecord[]): Promise<number> {
    const { clock } = this.#client;
    const { retries, retryBackoffMs, deliveryMs } = this.#options;
    const timestamp = clock.now();
    const deadline = clock.monotonicMs() + deliveryMs - retryBackoffMs;
    const attempts = { left: retries };
    for (;;) {
      try {
        return await this.#attempt(partition, { records, timestamp }, attempts);
      } catch (error) {
        const isOver = attempts.left < 0 || clock.monotonicMs() > deadline;
        if (!this.#isToSendAgain(error, isOver)) throw error;
      }
      await pause(clock, retryBackoffMs);
      await this.#learnAgain();
    }
  }

  #isToSendAgain(error: unknown, isOver: boolean): boolean {
    if (!(error instanceof KafkaError)) return false;
    const isLost = producerLost.has(error.code);
    const isPassing = isRetriable(error.code);
    // What may or may not have been stored must not be followed by another of its sequence.
    if (isLost || (isOver && isPassing)) this.#identity = undefined;
    return !isOver && (isLost || isPassing);
  }

  /** Counts as one of the `attempts` once there is a leader to send it to. */
  async #attempt(
    partition: number,
    batch: { readonly records: readonly NewRecord[]; readonly timestamp: number },
    attempts: { left: number },
  ): Promise<number> {
    const { producerId, producerEpoch, sequences } = await this.#identified();
    const leader = await this.#leaderOf(partition);
    attempts.left--;
    const { compression } = this.#options;
    const hasIdentity = producerId >= 0;
    const sequence = sequences.get(partition) ?? 0;
    const bytes = buildBatch({
      ...batch,
      compression,
      ...(hasIdentity ? { producerId, producerEpoch, baseSequence: sequence } : {}),
    });
    const offset = await this.#ask(leader, partition, bytes);
    sequences.set(partition, (sequence + batch.records.length) % 2 ** 31);
    return offset;
  }

  #leaderOf(partition: number): Promise<BrokerConnection> {
    const leader = this.#leaders[partition] ?? -1;
    if (leader >= 0) return this.#client.connectionTo(leader);
    const sentence = `partition ${this.#options.topic}-${partition} has no leader`;
    throw new KafkaError(ErrorCode.LEADER_NOT_AVAILABLE, sentence);
  }

  async #ask(connection: BrokerConnection, index: number, records: Buffer): Promise<number> {
    const { topic, acks, timeoutMs } = this.#options;
    const topicData = [{ name: topic, partitionData: [{ index, records }] }];
    const request = { acks, timeoutMs, topicData };
    if (acks === 0) {
      await connection.tell(produce, request, PRODUCE_BY_NAME);
      return -1;
    }
    const options = { versionMax: PRODUCE_BY_NAME, waitMs: timeoutMs };
    const answer = await connection.ask(produce, request, options);
    const outcome = answer.responses[0]?.partitionResponses[0];
    if (outcome === undefined) throw new Error(`no answer for partition ${topic}-${index}`);
    if (outcome.errorCode !== ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      refuseErrors(outcome, `${topic}-${index}`);
    }
    return outcome.baseOffset;
  }

  /** A topic whose leaders cannot be learned now keeps those that it had. */
  async #learnAgain(): Promise<void> {
    try {
      await this.learn();
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
    }
  }

  async #identified(): Promise<Identity> {
    this.#identity ??= this.#identify();
    try {
      return await this.#identity;
    } catch (error) {
      this.#identity = undefined;
      throw error;
    }
  }

  async #identify(): Promise<Identity> {
    const sequences = new Map<number, number>();
    if (!this.#options.isIdempotent) return { ...NO_PRODUCER, sequences };
    const request = { transactionalId: null, transactionTimeoutMs: NEVER_MS, ...NO_PRODUCER };
    return this.#client.retry(async () => {
      const answer = await this.#client.any(initProducerId, request);
      refuseErrors(answer);
      const { producerId, producerEpoch } = answer;
      return { producerId, producerEpoch, sequences };
    });
  }
}
