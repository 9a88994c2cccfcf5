import type { Windows } from "./windowed-rate.ts";

/**
 * What may be used at once, refilled at the rate of the limit (KIP-599, Kafka's TokenBucket): whoever
 * has something left may take more than that, and waits until the debt is paid. A new one is full.
 */
export class TokenBucket {
  readonly #windows: Windows;
  #tokens: number | undefined;
  #refilledMs = 0;

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  /** @param limit per second; it may be another one each time */
  record(amount: number, limit: number, nowMs: number): void {
    const left = this.#refill(limit, nowMs);
    this.#tokens = Math.min(this.#burst(limit), left - amount);
  }

  /** Milliseconds until the debt is paid; 0 if there is none. */
  throttleMs(limit: number, nowMs: number): number {
    const left = this.#refill(limit, nowMs);
    return left < 0 ? Math.round((-left / limit) * 1000) : 0;
  }

  /** It is full by now, whatever the limit: a new one would be the same. */
  isSpent(nowMs: number): boolean {
    const untouchedMs = nowMs - this.#refilledMs;
    return (this.#tokens ?? 0) >= 0 && untouchedMs >= this.#windows.count * this.#windows.lengthMs;
  }

  #refill(limit: number, nowMs: number): number {
    const burst = this.#burst(limit);
    const refilled =
      this.#tokens === undefined
        ? burst
        : Math.min(burst, this.#tokens + (limit * (nowMs - this.#refilledMs)) / 1000);
    this.#tokens = refilled;
    this.#refilledMs = nowMs;
    return refilled;
  }

  #burst(limit: number): number {
    return (this.#windows.count * this.#windows.lengthMs * limit) / 1000;
  }
}
