import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Clock } from "../time/clock.ts";
import type { Fetched } from "./fetch-plan.ts";

/** One partition as a fetch names it: by topic id from version 13 on, by name before. */
export interface Asked {
  /** Name or id, whichever the request's version has. */
  readonly topic: string;
  readonly index: number;
  readonly fetchOffset: number;
  readonly maxBytes: number;
  readonly currentLeaderEpoch: number;
  readonly lastFetchedEpoch: number;
}

export interface FetchRequestHead {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly usesTopicIds: boolean;
  readonly asked: readonly Asked[];
  readonly forgotten: readonly { readonly topic: string; readonly index: number }[];
}

/** What a fetch is about, once its session has been looked up. */
export interface FetchScope {
  readonly asked: readonly Asked[];
  /** Which results the answer carries, and under which session id. */
  answer(results: readonly Fetched[]): {
    readonly sessionId: number;
    readonly included: readonly number[];
  };
  /** The session id of an answer that tells nothing, because a quota is exceeded. */
  readonly throttledSessionId: number;
}

const INITIAL_EPOCH = 0;
const FINAL_EPOCH = -1;
const NO_SESSION = 0;
/** Partitions of all sessions together: some two hundred bytes each, kept for as long as clients like. */
const PARTITIONS_MAX = 250_000;
/** A session must have been in the cache this long before another may take its place (KIP-227). */
const MIN_EVICTION_AGE_MS = 120_000;

interface CachedPartition {
  asked: Asked;
  /** What was last sent, so that an incremental answer tells only what is new. */
  highWatermark: number;
  logStartOffset: number;
}

interface Session {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  lastUsedMs: number;
  epoch: number;
  /** In the order they are read. One that had data moves to the end, so that none starves. */
  readonly partitions: Map<string, CachedPartition>;
}

/**
 * Incremental fetch sessions (KIP-227): a client names its partitions once, and afterwards only
 * what changed; the answers, too, hold only what changed. Bounded by
 * `max.incremental.fetch.session.cache.slots`, and by a number of partitions; without a free slot a
 * fetch is answered in full.
 */
export class FetchSessions {
  readonly #sessions = new Map<number, Session>();
  readonly #maxSessions: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  #partitionCount = 0;

  constructor(options: { maxSessions: number; clock: Clock; random: () => number }) {
    this.#maxSessions = options.maxSessions;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * @throws KafkaError FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH,
   *   FETCH_SESSION_TOPIC_ID_ERROR
   */
  open(head: FetchRequestHead): FetchScope {
    if (head.sessionEpoch === INITIAL_EPOCH || head.sessionEpoch === FINAL_EPOCH) {
      this.#drop(this.#sessions.get(head.sessionId));
      const asked = distinct(head.asked);
      return head.sessionEpoch === FINAL_EPOCH ? sessionless(asked) : this.#full(head, asked);
    }
    return this.#incremental(head);
  }

  #full(head: FetchRequestHead, asked: readonly Asked[]): FetchScope {
    return {
      asked,
      throttledSessionId: NO_SESSION,
      answer: (results) => {
        const session = this.#create(head, asked);
        if (session !== undefined) {
          asked.forEach((one, i) => {
            remember(session.partitions.get(keyOf(one)), results[i]);
          });
        }
        return { sessionId: session?.id ?? NO_SESSION, included: results.map((_, i) => i) };
      },
    };
  }

  #incremental(head: FetchRequestHead): FetchScope {
    const session = this.#sessions.get(head.sessionId);
    if (session === undefined) throw notHere(head.sessionId);
    if (session.epoch !== head.sessionEpoch) {
      throw new KafkaError(
        ErrorCode.INVALID_FETCH_SESSION_EPOCH,
        `epoch ${head.sessionEpoch}, session ${session.id} is at ${session.epoch}`,
      );
    }
    if (session.usesTopicIds !== head.usesTopicIds) {
      throw new KafkaError(
        ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
        `session ${session.id} names topics ${session.usesTopicIds ? "by id" : "by name"}`,
      );
    }
    const sizeBefore = session.partitions.size;
    update(session, head);
    this.#partitionCount += session.partitions.size - sizeBefore;
    if (session.partitions.size === 0) {
      this.#drop(session);
      return sessionless([]);
    }
    if (this.#partitionCount > PARTITIONS_MAX && session.partitions.size > sizeBefore) {
      this.#drop(session);
      throw notHere(session.id);
    }
    session.epoch = session.epoch === 2 ** 31 - 1 ? 1 : session.epoch + 1;
    session.lastUsedMs = this.#clock.monotonicMs();
    const cached = [...session.partitions.values()];
    return {
      asked: cached.map(({ asked }) => asked),
      throttledSessionId: session.id,
      answer: (results) => ({ sessionId: session.id, included: news(session, cached, results) }),
    };
  }

  #create(head: FetchRequestHead, asked: readonly Asked[]): Session | undefined {
    if (this.#partitionCount + asked.length > PARTITIONS_MAX) return undefined;
    if (!this.#makeRoom(asked.length)) return undefined;
    const nowMs = this.#clock.monotonicMs();
    const session: Session = {
      id: this.#unusedId(),
      usesTopicIds: head.usesTopicIds,
      createdMs: nowMs,
      lastUsedMs: nowMs,
      epoch: 1,
      partitions: new Map(asked.map((one) => [keyOf(one), cachedPartition(one)])),
    };
    this.#sessions.set(session.id, session);
    this.#partitionCount += session.partitions.size;
    return session;
  }

  /** Evicts one that has not been used for long, or an old one with fewer partitions than ours. */
  #makeRoom(size: number): boolean {
    if (this.#sessions.size < this.#maxSessions) return true;
    const nowMs = this.#clock.monotonicMs();
    const sessions = [...this.#sessions.values()];
    const victim =
      sessions.find((s) => nowMs - s.lastUsedMs > MIN_EVICTION_AGE_MS) ??
      sessions.find((s) => nowMs - s.createdMs > MIN_EVICTION_AGE_MS && s.partitions.size < size);
    this.#drop(victim);
    return victim !== undefined;
  }

  #drop(session: Session | undefined): void {
    if (session === undefined || !this.#sessions.delete(session.id)) return;
    this.#partitionCount -= session.partitions.size;
  }

  #unusedId(): number {
    for (;;) {
      const id = 1 + Math.floor(this.#random() * (2 ** 31 - 2));
      if (!this.#sessions.has(id)) return id;
    }
  }
}

/** A client that is told this begins a new session, or does without. */
function notHere(sessionId: number): KafkaError {
  return new KafkaError(
    ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    `fetch session ${sessionId} is not here`,
  );
}

function sessionless(asked: readonly Asked[]): FetchScope {
  return {
    asked,
    throttledSessionId: NO_SESSION,
    answer: (results) => ({ sessionId: NO_SESSION, included: results.map((_, i) => i) }),
  };
}

function keyOf({ topic, index }: { readonly topic: string; readonly index: number }): string {
  return `${index}:${topic}`;
}

function cachedPartition(asked: Asked): CachedPartition {
  return { asked, highWatermark: -1, logStartOffset: -1 };
}

/** A partition named twice counts once, with what was said last. */
function distinct(asked: readonly Asked[]): readonly Asked[] {
  if (asked.length < 2) return asked;
  const byKey = new Map(asked.map((one) => [keyOf(one), one]));
  return byKey.size === asked.length ? asked : [...byKey.values()];
}

function update(session: Session, head: FetchRequestHead): void {
  for (const one of head.asked) {
    const key = keyOf(one);
    const cached = session.partitions.get(key);
    if (cached === undefined) session.partitions.set(key, cachedPartition(one));
    else cached.asked = one;
  }
  for (const one of head.forgotten) session.partitions.delete(keyOf(one));
}

/** The results that a client has not been told yet; they are remembered as told. */
function news(
  session: Session,
  cached: readonly CachedPartition[],
  results: readonly Fetched[],
): number[] {
  const included: number[] = [];
  results.forEach((result, i) => {
    const partition = cached[i] as CachedPartition;
    if (!remember(partition, result)) return;
    included.push(i);
    if (result.bytes === 0) return;
    const key = keyOf(partition.asked);
    if (session.partitions.delete(key)) session.partitions.set(key, partition);
  });
  return included;
}

/** Notes what is sent. True where the client does not know it yet (Kafka's CachedPartition). */
function remember(cached: CachedPartition | undefined, result: Fetched | undefined): boolean {
  if (cached === undefined || result === undefined) return false;
  let isNews = result.bytes > 0 || result.divergingEpoch !== undefined;
  if (cached.highWatermark !== result.highWatermark) isNews = true;
  if (cached.logStartOffset !== result.logStartOffset) isNews = true;
  cached.highWatermark = result.highWatermark;
  cached.logStartOffset = result.logStartOffset;
  if (result.errorCode !== ErrorCode.NONE) {
    // So that the partition is told of again once it has recovered.
    cached.highWatermark = -1;
    return true;
  }
  return isNews;
}
