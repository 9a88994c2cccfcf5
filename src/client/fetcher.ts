import { ErrorCode, isRetriable, KafkaError } from "../protocol/errors.ts";
import { fetch, type PartitionData } from "../protocol/generated/fetch.ts";
import type { ClusterClient } from "./cluster-client.ts";
import { type FetchedPartition, type FetchedRecord, fetchedRecords } from "./fetched-records.ts";
import { offsetsAt } from "./offsets.ts";
import {
  byTopic,
  type CurrentLeaders,
  currentLeaders,
  keyOf,
  partitionOfKeyText,
  type TopicPartition,
} from "./partitions.ts";
import { errorOf, pause } from "./retries.ts";

export interface FetcherOptions {
  readonly isolationLevel: "read_uncommitted" | "read_committed";
  /** Where to go on when an offset is not in the log (any more): an `OffsetSpec`, or nowhere. */
  readonly resetTo: number | undefined;
}

/** Versions that name topics, rather than give their ids. */
const FETCH_BY_NAME = 12;
const PARTITION_BYTES_MAX = 1024 * 1024;
const BYTES_MAX = 50 * 1024 * 1024;
/** How soon it is asked again for what is refused now, and for leaders that are not known. */
const RETRY_MS = 100;

/** A partition and where to read on. */
interface Wanted extends TopicPartition {
  readonly from: number;
}

/**
 * Reads partitions from where they stand. What one partition is refused, the others are not; where it
 * may pass, as with a leader that moved, that is no error but asked again, however long it takes.
 */
export class Fetcher {
  readonly #client: ClusterClient;
  readonly #options: FetcherOptions;
  readonly #positions = new Map<string, number>();
  /** As long as no leader refuses a partition. */
  #leaders: CurrentLeaders<TopicPartition> | undefined;
  #learnAtMs = Number.POSITIVE_INFINITY;
  /** By `keyOf`, partitions that the cluster does not know; somebody was told of each. */
  readonly #missing = new Set<string>();
  /** Why the next poll fails: what came with it had to be given first. */
  #failure: { readonly error: unknown } | undefined;

  constructor(client: ClusterClient, options: FetcherOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** By `keyOf`, the offset that is read next: behind what polls gave, never further. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  /** Whether the cluster does not know some of the partitions: not yet, or not any more. */
  get areMissing(): boolean {
    return this.#missing.size > 0;
  }

  /** Reads these partitions from these offsets from now on, and no others. */
  assign(positions: ReadonlyMap<string, number>): void {
    this.#positions.clear();
    this.#missing.clear();
    this.#leaders = undefined;
    this.#failure = undefined;
    for (const [key, offset] of positions) this.#positions.set(key, offset);
  }

  /**
   * The next records, or none after `maxWaitMs`.
   *
   * @throws KafkaError for what does not pass by itself, once everything before it was given.
   */
  async poll(maxWaitMs: number): Promise<FetchedRecord[]> {
    const { clock } = this.#client;
    this.#fail();
    if (this.#positions.size === 0) {
      await pause(clock, maxWaitMs);
      return [];
    }
    const outcomes = await this.#ask(maxWaitMs);
    const records = this.#take(outcomes);
    if (records.length > 0) return records;
    this.#fail();
    const isRefused = outcomes.length === 0 || outcomes.some(({ error }) => error !== undefined);
    if (isRefused) await pause(clock, Math.min(maxWaitMs, RETRY_MS));
    return records;
  }

  #fail(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  async #ask(maxWaitMs: number): Promise<FetchedPartition[]> {
    const { clock } = this.#client;
    if (clock.monotonicMs() >= this.#learnAtMs) this.#leaders = undefined;
    this.#leaders ??= await this.#learn();
    const untilLearnMs = Math.max(1, Math.ceil(this.#learnAtMs - clock.monotonicMs()));
    const waitMs = Math.min(maxWaitMs, untilLearnMs);
    const asked = [...this.#leaders.known].map(([leader, items]) =>
      this.#askLeader(leader, items, waitMs),
    );
    return (await Promise.all(asked)).flat();
  }

  async #learn(): Promise<CurrentLeaders<TopicPartition>> {
    const partitions = [...this.#positions.keys()].map(partitionOfKeyText);
    const leaders = await currentLeaders(this.#client, partitions);
    const areAllKnown = leaders.missing.length === 0 && leaders.headless.length === 0;
    this.#learnAtMs = areAllKnown
      ? Number.POSITIVE_INFINITY
      : this.#client.clock.monotonicMs() + RETRY_MS;
    for (const at of leaders.missing) this.#miss(at);
    return leaders;
  }

  #miss(at: TopicPartition): void {
    if (this.#missing.has(keyOf(at))) return;
    this.#missing.add(keyOf(at));
    const name = `${at.topic}-${at.partition}`;
    this.#client.warn(`partition ${name} is not known to the cluster; reading on without it`);
  }

  /** Moves behind what was read of partitions that are still ours, all at once. */
  #take(outcomes: readonly FetchedPartition[]): FetchedRecord[] {
    const taken: FetchedRecord[][] = [];
    for (const { from, next, records, error, ...at } of outcomes) {
      if (this.#positions.get(keyOf(at)) !== from) continue;
      this.#positions.set(keyOf(at), next);
      taken.push([...records]);
      if (error !== undefined) this.#refuse(at, error);
      else this.#missing.delete(keyOf(at));
    }
    return taken.flat();
  }

  #refuse(at: TopicPartition, error: unknown): void {
    if (!isPassing(error)) {
      this.#failure ??= { error };
      return;
    }
    this.#leaders = undefined;
    if (error.code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) this.#miss(at);
  }

  /** Never throws: an error is that of each partition. */
  async #askLeader(
    leader: number,
    items: readonly TopicPartition[],
    maxWaitMs: number,
  ): Promise<FetchedPartition[]> {
    const wanted = items.map((at) => ({ ...at, from: this.#positions.get(keyOf(at)) ?? 0 }));
    try {
      return await this.#fetch(leader, wanted, maxWaitMs);
    } catch (error) {
      return wanted.map((at) => nothing(at, error));
    }
  }

  async #fetch(
    leader: number,
    wanted: readonly Wanted[],
    maxWaitMs: number,
  ): Promise<FetchedPartition[]> {
    const topics = [...byTopic(wanted)].map(([topic, partitions]) => ({
      topic,
      partitions: partitions.map(({ partition, from }) => ({
        partition,
        fetchOffset: from,
        partitionMaxBytes: PARTITION_BYTES_MAX,
      })),
    }));
    const isolationLevel = this.#options.isolationLevel === "read_committed" ? 1 : 0;
    const limits = { maxWaitMs, minBytes: 1, maxBytes: BYTES_MAX, isolationLevel };
    // Epoch -1: no session, each request says everything.
    const request = { ...limits, sessionId: 0, sessionEpoch: -1, topics };
    const options = { versionMax: FETCH_BY_NAME, waitMs: maxWaitMs };
    const answer = await this.#client.node(leader, fetch, [request, options]);
    if (answer.errorCode !== ErrorCode.NONE) throw errorOf(answer);
    const from = new Map(wanted.map((at) => [keyOf(at), at.from]));
    const outcomes = answer.responses.flatMap(({ topic, partitions }) =>
      partitions.map((data) => {
        const at = { topic, partition: data.partitionIndex };
        return this.#outcome({ ...at, from: from.get(keyOf(at)) ?? 0 }, data);
      }),
    );
    return Promise.all(outcomes);
  }

  async #outcome(wanted: Wanted, data: PartitionData): Promise<FetchedPartition> {
    const { errorCode, records: bytes } = data;
    const { resetTo } = this.#options;
    if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && resetTo !== undefined) {
      return this.#reset(wanted, resetTo);
    }
    if (errorCode !== ErrorCode.NONE) {
      return nothing(wanted, errorOf({ errorCode }, `${wanted.topic}-${wanted.partition}`));
    }
    if (bytes === null) return nothing(wanted);
    return fetchedRecords({ ...wanted, bytes, aborted: data.abortedTransactions ?? [] });
  }

  async #reset(wanted: Wanted, to: number): Promise<FetchedPartition> {
    try {
      const offsets = await offsetsAt(this.#client, [wanted], to);
      return { ...nothing(wanted), next: offsets.get(keyOf(wanted)) ?? 0 };
    } catch (error) {
      return nothing(wanted, error);
    }
  }
}

function nothing({ topic, partition, from }: Wanted, error?: unknown): FetchedPartition {
  const outcome = { topic, partition, from, records: [], next: from };
  return error === undefined ? outcome : { ...outcome, error };
}

/** What Kafka's consumer goes on after: a leader that moved or is away, a topic that is not there. */
function isPassing(error: unknown): error is KafkaError {
  if (!(error instanceof KafkaError) || error.code === ErrorCode.CORRUPT_MESSAGE) return false;
  return error.code === ErrorCode.BROKER_NOT_AVAILABLE || isRetriable(error.code);
}
