import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  assignedPartitions,
  clampedToBrokers,
  placedPartitions,
  type WantedReplicas,
} from "./assignment.ts";
import { decideQuotas, type QuotaAlteration } from "./client-quotas.ts";
import {
  type AlterationResult,
  type ConfigAlteration,
  decideAlteration,
} from "./config-alteration.ts";
import { type Decision, Decisions, MAX_ATTEMPTS, tooBusy } from "./decisions.ts";
import { decideElection, type WantedElection } from "./election.ts";
import { decideFeatureUpdates, type FeatureUpdate } from "./feature-updates.ts";
import type { BrokerImage, MetadataImage, PartitionImage, TopicImage } from "./image.ts";
import { type ImageListener, MetadataLoader } from "./metadata-loader.ts";
import type { MetadataStore } from "./metadata-store.ts";
import { nextProducerIdBlock } from "./producer-id-blocks.ts";
import { decideReassignment, type WantedReassignment } from "./reassignment.ts";
import { decideRemoval, type Registration, register } from "./registration.ts";
import { keys, type NewTopic, partValue, topicValue } from "./stored.ts";
import { type CreatableTopic, type CreationTerms, newTopic } from "./topic-creation.ts";
import { shapeOf } from "./topic-defaults.ts";

const NO_LEADER = -1;

/** More partitions than this in one request are refused, as Kafka does. */
export const MAX_PARTITIONS_PER_REQUEST = 10_000;

export interface ControllerOptions extends CreationTerms {
  readonly store: MetadataStore;
  readonly clusterId: string;
}

/** What became of one topic of a request: the topic, or why there is none. */
export type TopicResult =
  | { readonly name: string; readonly topic: NewTopic; readonly error?: undefined }
  | { readonly name: string; readonly topic?: undefined; readonly error: KafkaError };

export interface MorePartitions {
  readonly name: string;
  /** How many there shall be in all. */
  readonly count: number;
  /** Null: the controller chooses the replicas. */
  readonly assignments: readonly (readonly number[])[] | null;
}

type Creation = Decision<TopicResult>;

/**
 * Makes and unmakes topics and partitions. It decides by the image, writes what it decided only if
 * that part of the store is still as the image showed it, and decides anew where it is not; so there
 * may be as many controllers on a store as there are brokers.
 */
export class Controller {
  readonly #store: MetadataStore;
  readonly #loader: MetadataLoader;
  readonly #decisions: Decisions;
  readonly #terms: CreationTerms;
  readonly #autoCreating = new Map<string, Promise<TopicImage>>();

  private constructor(options: ControllerOptions, loader: MetadataLoader) {
    this.#store = options.store;
    this.#loader = loader;
    this.#decisions = new Decisions(options.store, loader);
    this.#terms = options;
  }

  /** Loads the metadata there is. The store stays the caller's to close. */
  static async open(options: ControllerOptions): Promise<Controller> {
    return new Controller(options, await MetadataLoader.start(options.store, options.clusterId));
  }

  get image(): MetadataImage {
    return this.#loader.image;
  }

  /** @returns how to stop listening. */
  onImage(listener: ImageListener): () => void {
    return this.#loader.onImage(listener);
  }

  /** Stops following the store. */
  close(): void {
    this.#loader.stop();
  }

  /**
   * Creates topics, each or not, in one transaction. Names must differ. Settles when they are durable
   * and every listener has carried them out.
   *
   * @throws KafkaError POLICY_VIOLATION for too many partitions, KAFKA_STORAGE_ERROR
   */
  async createTopics(
    topics: readonly CreatableTopic[],
    { validateOnly = false } = {},
  ): Promise<readonly TopicResult[]> {
    const { numPartitions } = this.#terms.defaults;
    checkTotal(
      topics.map(({ assignments, numPartitions: n }) => {
        if (assignments.length > 0) return assignments.length;
        return n === -1 ? numPartitions : n;
      }),
    );
    return this.#decisions.make(topics, { validateOnly, operationsEach: 1 }, (asked) =>
      this.#creation(asked),
    );
  }

  /**
   * The topic of this name, made as the broker's defaults say if it is not there. Internal topics are
   * made with the settings that Kafka gives them.
   *
   * @throws KafkaError INVALID_TOPIC_EXCEPTION, INVALID_REPLICATION_FACTOR, KAFKA_STORAGE_ERROR
   */
  autoCreate(name: string): Promise<TopicImage> {
    const underWay = this.#autoCreating.get(name);
    if (underWay !== undefined) return underWay;
    const creating = this.#autoCreate(name).finally(() => this.#autoCreating.delete(name));
    this.#autoCreating.set(name, creating);
    return creating;
  }

  /**
   * The same of many topics, in as few transactions as the store takes.
   *
   * @returns why there is none, by name.
   */
  async autoCreateAll(names: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
    const failures = new Map<string, unknown>();
    const missing = names.filter((name) => !this.#autoCreating.has(name));
    const made = this.#createAsNeeded(missing);
    for (const name of missing) {
      const creating = made
        .then((failed) => {
          if (failed.has(name)) throw failed.get(name);
          return this.#autoCreate(name);
        })
        .finally(() => this.#autoCreating.delete(name));
      this.#autoCreating.set(name, creating);
    }
    const fail = (name: string) => (error: unknown) => failures.set(name, error);
    await Promise.all(names.map((name) => this.#autoCreating.get(name)?.catch(fail(name))));
    return failures;
  }

  /**
   * Deletes topics by id.
   *
   * @returns those that were not there, in the order given.
   */
  async deleteTopics(topicIds: readonly string[]): Promise<readonly string[]> {
    const missing = await this.#decisions.make(topicIds, { operationsEach: 2 }, (id) => {
      const topic = this.image.topicById(id);
      if (topic === undefined) return { result: id };
      const key = keys.topic(topic.name);
      return {
        result: undefined,
        write: {
          comparison: { key, target: "modRevision", revision: topic.revision },
          operations: [
            { type: "delete", key },
            { type: "deletePrefix", prefix: keys.partsOf(id) },
          ],
        },
      };
    });
    return missing.filter((id) => id !== undefined);
  }

  /**
   * Adds partitions to topics, each or not, in one transaction. Names must differ.
   *
   * @returns for each topic the error, or undefined.
   * @throws KafkaError POLICY_VIOLATION for too many partitions, KAFKA_STORAGE_ERROR
   */
  async createPartitions(
    topics: readonly MorePartitions[],
    { validateOnly = false } = {},
  ): Promise<readonly (KafkaError | undefined)[]> {
    checkTotal(
      topics.map(({ name, count }) => count - (this.image.topic(name)?.partitions.length ?? count)),
    );
    return this.#decisions.make(topics, { validateOnly, operationsEach: 1 }, (wanted) => {
      try {
        const topic = this.#grown(wanted);
        const key = keys.topic(topic.name);
        return {
          result: undefined,
          write: {
            comparison: { key, target: "modRevision", revision: topic.revision },
            operations: [{ type: "put", key, value: topicValue(topic) }],
          },
        };
      } catch (error) {
        return { result: expected(error) };
      }
    });
  }

  /**
   * Changes what is set on topics, brokers, groups and client-metrics, each or not. Names must differ.
   * Settles when it is durable and every listener has carried it out.
   *
   * @returns for each the error, or undefined.
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  alterConfigs(
    alterations: readonly ConfigAlteration[],
    { validateOnly = false } = {},
  ): Promise<readonly AlterationResult[]> {
    return this.#decisions.make(alterations, { validateOnly, operationsEach: 1 }, (each) =>
      decideAlteration(this.image, each),
    );
  }

  /**
   * Begins a new leader epoch on every partition that `brokerId` leads. For a broker that did not end
   * well: what it had not on its disk is lost, and readers who have seen it must be able to tell
   * (KIP-320).
   */
  async raiseLeaderEpochs(brokerId: number): Promise<void> {
    await this.#beginEpochs((_, partition) =>
      partition.leader === brokerId ? partition : undefined,
    );
  }

  /**
   * Takes the lead from `brokerId` where the log of a partition is in a directory that is offline, and
   * gives it back where it is not any more. The broker is all that is left of the replicas, and so the
   * one that may lead once it can (Kafka's ReplicationControlManager.handleDirectoriesOffline).
   */
  async settleLeaders(
    brokerId: number,
    isOnline: (topic: string, index: number) => boolean,
  ): Promise<void> {
    await this.#beginEpochs(({ name }, partition) => {
      const { index, leader, elr } = partition;
      if (leader === brokerId && !isOnline(name, index)) {
        return { ...partition, leader: NO_LEADER, isr: [], elr: [brokerId], lastKnownElr: [] };
      }
      if (leader === NO_LEADER && elr.includes(brokerId) && isOnline(name, index)) {
        return { ...partition, leader: brokerId, isr: [brokerId], elr: [], lastKnownElr: [] };
      }
      return undefined;
    });
  }

  /** Begins a leader epoch on each partition for which `next` gives what it is to be. */
  async #beginEpochs(
    next: (topic: TopicImage, partition: PartitionImage) => PartitionImage | undefined,
  ): Promise<void> {
    const concerned = this.image
      .topics()
      .flatMap((topic) =>
        topic.partitions
          .filter((partition) => next(topic, partition) !== undefined)
          .map(({ index }) => ({ id: topic.id, index })),
      );
    await this.#decisions.make(
      concerned,
      { operationsEach: 1 },
      ({ id, index }): Decision<void> => {
        const topic = this.image.topicById(id);
        const partition = topic?.partitions[index];
        const changed = topic && partition && next(topic, partition);
        if (changed === undefined) return { result: undefined };
        const { leaderEpoch, partitionEpoch, revision } = changed;
        const key = keys.part(id, index);
        const value = partValue({
          ...changed,
          leaderEpoch: leaderEpoch + 1,
          partitionEpoch: partitionEpoch + 1,
        });
        return {
          result: undefined,
          write: {
            comparison: { key, target: "modRevision", revision },
            operations: [{ type: "put", key, value }],
          },
        };
      },
    );
  }

  /**
   * Holds elections, each or not.
   *
   * @returns for each the error, or undefined.
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  electLeaders(elections: readonly WantedElection[]): Promise<readonly (KafkaError | undefined)[]> {
    return this.#decisions.make(elections, { operationsEach: 1 }, (each) =>
      decideElection(this.image, each),
    );
  }

  /**
   * Gives partitions other replicas, one after the other, each or not.
   *
   * @returns for each the error, or undefined.
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  async reassignPartitions(
    reassignments: readonly WantedReassignment[],
  ): Promise<readonly (KafkaError | undefined)[]> {
    const errors: (KafkaError | undefined)[] = [];
    // Two partitions of one topic are in the same entry: the second is decided on what became of it.
    for (const wanted of reassignments) {
      const [error] = await this.#decisions.make([wanted], { operationsEach: 2 }, (each) =>
        decideReassignment(this.image, each),
      );
      errors.push(error);
    }
    return errors;
  }

  /**
   * Changes the levels of features, all or none.
   *
   * @throws KafkaError INVALID_UPDATE_VERSION, KAFKA_STORAGE_ERROR
   */
  async updateFeatures(
    updates: readonly FeatureUpdate[],
    { validateOnly = false } = {},
  ): Promise<void> {
    const terms = { validateOnly, operationsEach: Math.max(updates.length, 1) };
    const [error] = await this.#decisions.make([updates], terms, (all) =>
      decideFeatureUpdates(this.image, all),
    );
    if (error !== undefined) throw error;
  }

  /**
   * Changes the quotas of clients, each entity's or not. Entities must differ.
   *
   * @returns for each the error, or undefined.
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  alterClientQuotas(
    alterations: readonly QuotaAlteration[],
    { validateOnly = false } = {},
  ): Promise<readonly (KafkaError | undefined)[]> {
    return this.#decisions.make(alterations, { validateOnly, operationsEach: 1 }, (each) =>
      decideQuotas(this.image, each),
    );
  }

  /**
   * Forgets a broker, alive or not.
   *
   * @throws KafkaError BROKER_ID_NOT_REGISTERED, KAFKA_STORAGE_ERROR
   */
  async unregisterBroker(brokerId: number): Promise<void> {
    const [error] = await this.#decisions.make([brokerId], { operationsEach: 1 }, (id) =>
      decideRemoval(this.image, id),
    );
    if (error !== undefined) throw error;
  }

  /** The next producer ids, which nobody else in the life of the cluster is given. */
  allocateProducerIds(): Promise<{ readonly first: number; readonly count: number }> {
    return nextProducerIdBlock(this.#store);
  }

  /** @throws KafkaError DUPLICATE_BROKER_REGISTRATION while another broker holds this id. */
  async registerBroker(
    broker: Pick<BrokerImage, "id" | "rack" | "endpoints">,
  ): Promise<Registration> {
    const registration = await register(this.#store, broker);
    await this.#loader.reached(registration.epoch);
    return registration;
  }

  #creation(asked: CreatableTopic): Creation {
    const { name } = asked;
    const key = keys.topic(name);
    try {
      const topic = newTopic(this.image, asked, this.#terms);
      return {
        result: { name, topic },
        write: {
          comparison: { key, target: "createRevision", revision: 0 },
          operations: [{ type: "put", key, value: topicValue(topic) }],
        },
      };
    } catch (error) {
      return { result: { name, error: expected(error) } };
    }
  }

  async #autoCreate(name: string): Promise<TopicImage> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const existing = this.image.topic(name);
      if (existing !== undefined) {
        await this.#loader.reached(existing.revision);
        return existing;
      }
      const [made] = await this.createTopics([this.#asNeeded(name)]);
      // Made meanwhile by somebody else: look again.
      const { error } = made ?? {};
      if (error !== undefined && error.code !== ErrorCode.TOPIC_ALREADY_EXISTS) throw error;
    }
    throw tooBusy();
  }

  /** As the broker's defaults say, with no more replicas than there are brokers. */
  #asNeeded(name: string): CreatableTopic {
    const { numPartitions, replicationFactor, configs } = shapeOf(name, this.#terms.defaults);
    const factor = clampedToBrokers(this.image, replicationFactor);
    return { name, numPartitions, replicationFactor: factor, assignments: [], configs };
  }

  /** Why there is none, by name. */
  async #createAsNeeded(names: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
    try {
      const made = await this.createTopics(names.map((name) => this.#asNeeded(name)));
      const failed = made.filter(
        ({ error }) => error !== undefined && error.code !== ErrorCode.TOPIC_ALREADY_EXISTS,
      );
      return new Map(failed.map(({ name, error }) => [name, error]));
    } catch (error) {
      return new Map(names.map((name) => [name, error]));
    }
  }

  /** The topic with the partitions it is to have. */
  #grown({ name, count, assignments }: MorePartitions): TopicImage {
    const topic = this.image.topic(name);
    if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "");
    const from = topic.partitions.length;
    if (count <= from) {
      throw new KafkaError(
        ErrorCode.INVALID_PARTITIONS,
        `topic '${name}' has ${from} partition(s), and ${count} is not more`,
      );
    }
    const added = count - from;
    if (assignments !== null && assignments.length !== added) {
      throw new KafkaError(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        `${added} partition(s) would be added, but ${assignments.length} are assigned`,
      );
    }
    const replicationFactor = topic.partitions[0]?.replicas.length ?? 1;
    const partitions: PartitionImage[] =
      assignments === null
        ? placedPartitions(
            this.image,
            { from, count: added, replicationFactor },
            this.#terms.random,
          )
        : assignedPartitions(this.image, numbered(assignments, from), replicationFactor);
    return { ...topic, partitions: [...topic.partitions, ...partitions] };
  }
}

function numbered(
  assignments: readonly (readonly number[])[],
  from: number,
): readonly WantedReplicas[] {
  return assignments.map((brokerIds, at) => ({ partitionIndex: from + at, brokerIds }));
}

function checkTotal(partitions: readonly number[]): void {
  const total = partitions.reduce((sum, count) => sum + Math.max(0, count), 0);
  if (total <= MAX_PARTITIONS_PER_REQUEST) return;
  throw new KafkaError(
    ErrorCode.POLICY_VIOLATION,
    `${total} partitions in one request; at most ${MAX_PARTITIONS_PER_REQUEST} are made at once`,
  );
}

/** Refusals belong to their topic; anything else is a bug and ends the request. */
function expected(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  throw error;
}
