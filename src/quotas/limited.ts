import { type ClientQuotaImage, entityKey } from "../cluster/client-quotas.ts";

/** Who sends a request, as far as quotas tell clients apart. */
export interface Client {
  /** The name of the principal, without its type. */
  readonly user: string;
  /** Empty if the client gave none: then only its user's quotas hold. */
  readonly clientId: string;
}

/** What measures use: it goes when a new one in its place would be the same. */
interface Gauge {
  isSpent(nowMs: number): boolean;
}

/** A limit, and the gauge of what those use who share it. */
export interface Limited<G> {
  readonly limit: number;
  readonly gauge: G;
}

/** Clients that were looked up are remembered; their names are the clients' own invention. */
const REMEMBERED_MAX = 10_000;
const FIRST_SWEEP = 1000;
const EMPTY: ReadonlyMap<string, number> = new Map();

/**
 * The quotas of one kind. Of those that fit a client the most specific holds, in Kafka's order (its
 * ClientQuotaManager): user and client id, user and default client, user, default user and client id,
 * both defaults, default user, client id, default client. Clients share a gauge by what the quota
 * names of them: one for all clients of a user, say, but one for each that a default stands for.
 */
export class LimitedClients<G extends Gauge> {
  readonly #key: string;
  readonly #newGauge: () => G;
  readonly #gauges = new Map<string, G>();
  readonly #remembered = new Map<string, Limited<G> | undefined>();
  #limits = EMPTY;
  #sweepAt = FIRST_SWEEP;

  constructor(key: string, newGauge: () => G) {
    this.#key = key;
    this.#newGauge = newGauge;
  }

  get isEmpty(): boolean {
    return this.#limits.size === 0;
  }

  /** These hold from now on; what was used before counts. */
  update(quotas: Iterable<ClientQuotaImage>): void {
    const limits = new Map<string, number>();
    for (const { entity, values } of quotas) {
      const limit = values.get(this.#key);
      // Nothing is more than NaN: it is no limit, before those that are for more clients.
      const isNone = Number.isNaN(limit);
      if (limit !== undefined) limits.set(entityKey(entity), isNone ? Infinity : limit);
    }
    this.#limits = limits;
    this.#remembered.clear();
  }

  /** Undefined for who is not limited. */
  of(client: Client, nowMs: number): Limited<G> | undefined {
    if (this.#limits.size === 0) return undefined;
    const who = `${client.user}\0${client.clientId}`;
    if (this.#remembered.has(who)) {
      const limited = this.#remembered.get(who);
      if (limited === undefined || this.#gauges.size < this.#sweepAt) return limited;
    }
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    const limited = this.#find(client, nowMs);
    this.#remembered.set(who, limited);
    return limited;
  }

  #find(client: Client, nowMs: number): Limited<G> | undefined {
    for (const [entity, sharers] of candidates(client)) {
      const limit = this.#limits.get(entityKey(new Map(entity)));
      if (limit !== undefined) return { limit, gauge: this.#gauge(sharers, nowMs) };
    }
    return undefined;
  }

  #gauge(sharers: string, nowMs: number): G {
    if (this.#gauges.size >= this.#sweepAt) this.#sweep(nowMs);
    let gauge = this.#gauges.get(sharers);
    if (gauge === undefined) {
      gauge = this.#newGauge();
      this.#gauges.set(sharers, gauge);
    }
    return gauge;
  }

  /** Every so often, so that the work is shared by as many clients as it finds. */
  #sweep(nowMs: number): void {
    for (const [sharers, gauge] of this.#gauges) {
      if (gauge.isSpent(nowMs)) this.#gauges.delete(sharers);
    }
    this.#remembered.clear();
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#gauges.size * 2);
  }
}

type Entity = readonly (readonly [string, string | null])[];

/** The entities whose quota may hold for a client, the most specific first, and who shares it. */
function* candidates({ user, clientId }: Client): Generator<readonly [Entity, string]> {
  for (const name of [user, null]) {
    if (clientId !== "") {
      for (const id of [clientId, null]) {
        yield [
          [
            ["user", name],
            ["client-id", id],
          ],
          `both ${user}\0${clientId}`,
        ];
      }
    }
    yield [[["user", name]], `user ${user}`];
  }
  if (clientId === "") return;
  for (const id of [clientId, null]) yield [[["client-id", id]], `client ${clientId}`];
}
