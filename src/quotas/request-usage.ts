import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { ClientQuotas } from "./client-quotas.ts";
import type { Client } from "./limited.ts";

/**
 * What one request uses of its client's quotas, and for how long the client is to be left unheard for
 * it. Made only while quotas are set.
 */
export class RequestUsage {
  readonly #quotas: ClientQuotas;
  readonly #client: Client;
  readonly #requestBytes: number;
  #throttleMs = 0;
  /** When this thread took the request up; undefined while the request waits. */
  #workingSinceMs: number | undefined;
  #workedMs = 0;
  /** Its time is counted already, or not to be. */
  #isTimed = false;

  constructor(quotas: ClientQuotas, client: Client, requestBytes: number) {
    this.#quotas = quotas;
    this.#client = client;
    this.#requestBytes = requestBytes;
    this.#workingSinceMs = quotas.clock.monotonicMs();
  }

  /** For how long the client is to wait, milliseconds, as far as is known by now. */
  get throttleMs(): number {
    return this.#throttleMs;
  }

  /** The handler has nothing more to do before something happens: others use the thread. */
  waits(): void {
    if (this.#workingSinceMs === undefined) return;
    this.#workedMs += this.#quotas.clock.monotonicMs() - this.#workingSinceMs;
    this.#workingSinceMs = undefined;
  }

  /** What the request costs in time is nobody's, as of a produce that wants no answer. */
  isExemptFromTime(): void {
    this.#isTimed = true;
  }

  /** The request carried records. */
  produced(): void {
    const nowMs = this.#quotas.clock.monotonicMs();
    const limited = this.#quotas.produce.of(this.#client, nowMs);
    if (limited === undefined) return;
    limited.gauge.record(this.#requestBytes, nowMs);
    this.#throttle(limited.gauge.throttleMs(limited.limit, nowMs));
  }

  /** More bytes than this would be refused each time: the rate could never come down to the limit. */
  get maxFetchBytes(): number {
    const limited = this.#quotas.fetch.of(this.#client, this.#quotas.clock.monotonicMs());
    if (limited === undefined) return Number.POSITIVE_INFINITY;
    const { count, lengthMs } = this.#quotas.windows;
    return (limited.limit * (count - 1) * lengthMs) / 1000;
  }

  /**
   * The answer would have so many bytes.
   *
   * @returns whether it may be sent. If not, nothing is counted, for an empty answer is sent instead.
   */
  fetched(bytes: number): boolean {
    this.#countTime();
    const nowMs = this.#quotas.clock.monotonicMs();
    const limited = this.#quotas.fetch.of(this.#client, nowMs);
    if (limited !== undefined) {
      limited.gauge.record(bytes, nowMs);
      this.#throttle(limited.gauge.throttleMs(limited.limit, nowMs));
      if (this.#throttleMs > 0) limited.gauge.record(-bytes, nowMs);
    }
    return this.#throttleMs === 0;
  }

  /** Whether what the request makes and deletes is limited. */
  get limitsMutations(): boolean {
    return this.#quotas.mutation.of(this.#client, this.#quotas.clock.monotonicMs()) !== undefined;
  }

  /**
   * The request makes or deletes so many partitions.
   *
   * @param strict who has used too much already is refused; else it only has to wait afterwards
   * @throws KafkaError THROTTLING_QUOTA_EXCEEDED
   */
  mutated(partitions: number, strict: boolean): void {
    const nowMs = this.#quotas.clock.monotonicMs();
    const limited = this.#quotas.mutation.of(this.#client, nowMs);
    if (limited === undefined) return;
    const { gauge, limit } = limited;
    if (strict) {
      const throttleMs = gauge.throttleMs(limit, nowMs);
      this.#throttle(throttleMs);
      if (throttleMs > 0) {
        const message = `the quota is used up: try again in ${throttleMs} ms`;
        throw new KafkaError(ErrorCode.THROTTLING_QUOTA_EXCEEDED, message);
      }
      gauge.record(partitions, limit, nowMs);
    } else {
      gauge.record(partitions, limit, nowMs);
      this.#throttle(gauge.throttleMs(limit, nowMs));
    }
  }

  /** The answer is decided: what it cost in time counts. */
  settle(): number {
    this.#countTime();
    return this.#throttleMs;
  }

  #countTime(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.waits();
    const { clock, request, windows } = this.#quotas;
    const nowMs = clock.monotonicMs();
    const limited = request.of(this.#client, nowMs);
    if (limited === undefined) return;
    // A second of work is 100 percent of a second.
    limited.gauge.record((this.#workedMs / 1000) * 100, nowMs);
    const throttleMs = limited.gauge.throttleMs(limited.limit, nowMs);
    this.#throttle(Math.min(throttleMs, windows.lengthMs));
  }

  #throttle(ms: number): void {
    this.#throttleMs = Math.max(this.#throttleMs, ms);
  }
}
