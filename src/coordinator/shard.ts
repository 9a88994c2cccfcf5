import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { CommitLog, type KeyValue } from "./commit-log.ts";
import type { InternalPartition } from "./internal-topic.ts";
import { Replay } from "./replay.ts";

/** The state that lives on one partition of an internal topic. */
export interface Machine<Fact> {
  /** Makes a fact true. Serving and loading go through the same method. */
  replay(fact: Fact): void;
  /** The whole log has been replayed: start timers. */
  onLoaded(): void;
  /** This broker gives the state up: answer what is parked, stop timers. */
  onUnloaded(): void;
}

/** How facts lie in the log. `decode` gives undefined for records of types it does not know. */
export interface FactCodec<Fact> {
  encode(fact: Fact): KeyValue;
  decode(key: Buffer, value: Buffer | null): Fact | undefined;
}

export interface ShardOptions<Fact, State extends Machine<Fact>> {
  /** For the log: "__consumer_offsets-12". */
  readonly name: string;
  readonly partition: InternalPartition;
  readonly codec: FactCodec<Fact>;
  readonly makeMachine: () => State;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly loadBufferBytes: number;
  readonly maxBatchBytes: number;
  /** Codec id of what is written, 0 for none. */
  readonly compression: number;
  readonly commitTimeoutMs: number;
}

/** How long to wait before a partition that failed is loaded again: doubled each time, up to the most. */
const RELOAD_DELAY_MS = 1000;
const RELOAD_DELAY_MAX_MS = 10_000;

/**
 * One partition of an internal topic and the state machine that lives on it: decide, replay, commit.
 * A decision is taken on the state, its facts are replayed into the state at once, and its answer
 * goes out when they are committed. If a commit fails, the state holds what the log does not: it is
 * dropped and loaded anew (Kafka goes back to a snapshot; this is simpler, and rare).
 */
export class Shard<Fact, State extends Machine<Fact>> {
  readonly #options: ShardOptions<Fact, State>;
  #machine: State | undefined;
  #log: CommitLog | undefined;
  #isUnloaded = false;
  /** Ends a load that was overtaken by an unload. */
  #attempt = 0;
  /** Runs while nothing is done but wait. */
  #reload: Timer | undefined;
  /** Since something was committed. */
  #failures = 0;

  constructor(options: ShardOptions<Fact, State>) {
    this.#options = options;
  }

  get isActive(): boolean {
    return this.#machine !== undefined;
  }

  /** Clients are to look for another coordinator: it was unloaded, or its log fails. */
  get isGivenUp(): boolean {
    return this.#machine === undefined && (this.#isUnloaded || this.#reload !== undefined);
  }

  /**
   * @throws KafkaError COORDINATOR_LOAD_IN_PROGRESS, or NOT_COORDINATOR once it was given up and while
   *   its log fails, as Kafka's that has failed to load.
   */
  get machine(): State {
    if (this.#machine !== undefined) return this.#machine;
    throw this.isGivenUp
      ? new KafkaError(ErrorCode.NOT_COORDINATOR, "this broker has given the partition up")
      : new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, "the partition is being loaded");
  }

  /** Resolves once everything that the state holds is committed. */
  settled(): Promise<void> {
    return this.#log?.commit([]) ?? Promise.resolve();
  }

  /**
   * Replays facts and commits them, all or none. Without facts it waits for those before.
   * @throws KafkaError RECORD_LIST_TOO_LARGE, before anything is replayed
   */
  commit(facts: readonly Fact[]): Promise<void> {
    const { machine } = this;
    const log = this.#log;
    if (facts.length === 0 || log === undefined) return this.settled();
    const records = facts.map((fact) => this.#options.codec.encode(fact));
    if (!log.fits(records))
      throw new KafkaError(
        ErrorCode.RECORD_LIST_TOO_LARGE,
        "the records of one decision do not fit into a batch",
      );
    for (const fact of facts) machine.replay(fact);
    return log.commit(records);
  }

  /** Replays the partition from its start. An empty one is ready when this returns. */
  async load(): Promise<void> {
    const { partition, logger, name, clock } = this.#options;
    this.#reload = undefined;
    const attempt = ++this.#attempt;
    const machine = this.#options.makeMachine();
    const startedAt = clock.monotonicMs();
    try {
      const { codec } = this.#options;
      const replay = new Replay<Fact>({
        startOffset: partition.startOffset,
        decode: (key, value) => codec.decode(key, value),
        apply: (fact) => machine.replay(fact),
      });
      while (replay.nextOffset < partition.endOffset) {
        const offset = replay.nextOffset;
        const bytes = await partition.read(offset, this.#options.loadBufferBytes);
        if (attempt !== this.#attempt) return;
        replay.take(bytes);
        if (replay.nextOffset <= offset) throw new Error(`nothing to read at offset ${offset}`);
      }
      this.#activate(machine);
      if (replay.count > 0) {
        logger.info("loaded coordinator state", {
          partition: name,
          records: replay.count,
          ms: Math.round(clock.monotonicMs() - startedAt),
        });
      }
    } catch (error) {
      if (attempt !== this.#attempt) return;
      this.#failed("could not be loaded", error);
      this.#loadLater();
    }
  }

  /** Gives the state up for good: another broker leads the partition, or this one stops. */
  unload(): void {
    this.#isUnloaded = true;
    this.#attempt++;
    this.#reload?.cancel();
    this.#drop();
  }

  #activate(machine: State): void {
    const options = this.#options;
    const { partition, clock, compression, commitTimeoutMs } = options;
    this.#log = new CommitLog({
      partition,
      clock,
      // It may change while this runs.
      get maxBatchBytes() {
        return options.maxBatchBytes;
      },
      compression,
      timeoutMs: commitTimeoutMs,
      onCommitted: () => this.#committed(),
      onFailed: (error) => this.#startOver(error),
    });
    this.#machine = machine;
    machine.onLoaded();
  }

  #startOver(error: unknown): void {
    this.#drop();
    this.#failed("could not be written, and is loaded anew", error);
    // Once may be by chance; a log that goes on failing is left alone for a while.
    if (this.#failures === 1) void this.load();
    else this.#loadLater();
  }

  /** Told once, not as often as clients try. */
  #failed(what: string, error: unknown): void {
    const { logger, name } = this.#options;
    this.#failures += 1;
    if (this.#failures > 1) return;
    logger.error(`coordinator state ${what}; trying until it works`, { partition: name, error });
  }

  #committed(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#options.logger.info("coordinator state is written again", {
      partition: this.#options.name,
    });
  }

  #loadLater(): void {
    const delayMs = Math.min(RELOAD_DELAY_MS * 2 ** (this.#failures - 1), RELOAD_DELAY_MAX_MS);
    this.#reload = this.#options.clock.schedule(delayMs, () => void this.load());
  }

  #drop(): void {
    const machine = this.#machine;
    this.#machine = undefined;
    this.#log?.close(
      new KafkaError(ErrorCode.NOT_COORDINATOR, "this broker does not coordinate the group"),
    );
    this.#log = undefined;
    machine?.onUnloaded();
  }
}
