import type { ClientQuotaImage } from "../cluster/client-quotas.ts";
import type { Clock } from "../time/clock.ts";
import { type Client, LimitedClients } from "./limited.ts";
import { RequestUsage } from "./request-usage.ts";
import { TokenBucket } from "./token-bucket.ts";
import { WindowedRate, type Windows } from "./windowed-rate.ts";

export interface QuotaOptions {
  readonly clock: Clock;
  /** quota.window.num, quota.window.size.seconds */
  readonly windows: Windows;
  /** controller.quota.window.num, controller.quota.window.size.seconds */
  readonly mutationWindows: Windows;
}

/**
 * What users and client ids may use of this broker. Every broker counts for itself, so with several
 * the limits are each one's, as in Kafka. While no quota is set a request meets one boolean.
 */
export class ClientQuotas {
  readonly clock: Clock;
  readonly windows: Windows;
  /** Bytes of produce requests per second. */
  readonly produce: LimitedClients<WindowedRate>;
  /** Bytes of fetch answers per second. */
  readonly fetch: LimitedClients<WindowedRate>;
  /** Percent of the time of the one thread that serves requests. */
  readonly request: LimitedClients<WindowedRate>;
  /** Partitions made and deleted per second (KIP-599). */
  readonly mutation: LimitedClients<TokenBucket>;
  #isActive = false;

  constructor({ clock, windows, mutationWindows }: QuotaOptions) {
    this.clock = clock;
    this.windows = windows;
    const newRate = () => new WindowedRate(windows);
    this.produce = new LimitedClients("producer_byte_rate", newRate);
    this.fetch = new LimitedClients("consumer_byte_rate", newRate);
    this.request = new LimitedClients("request_percentage", newRate);
    this.mutation = new LimitedClients(
      "controller_mutation_rate",
      () => new TokenBucket(mutationWindows),
    );
  }

  /** Whether requests have to be counted at all. */
  get isActive(): boolean {
    return this.#isActive;
  }

  update(quotas: Iterable<ClientQuotaImage>): void {
    const all = [...quotas];
    const kinds = [this.produce, this.fetch, this.request, this.mutation];
    for (const kind of kinds) kind.update(all);
    this.#isActive = kinds.some(({ isEmpty }) => !isEmpty);
  }

  /** Begins to count what a request uses that has just arrived. */
  begin(client: Client, requestBytes: number): RequestUsage {
    return new RequestUsage(this, client, requestBytes);
  }
}
