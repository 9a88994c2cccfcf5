/** quota.window.num windows of quota.window.size.seconds each; likewise for the controller's. */
export interface Windows {
  readonly count: number;
  readonly lengthMs: number;
}

interface Sample {
  startMs: number;
  lastMs: number;
  sum: number;
}

/**
 * What was used per second, over a window that slides by whole samples: Kafka's Rate of a WindowedSum,
 * so that clients are throttled at the same moment and for as long. A sample begins with the first use
 * after the last one is over; what is older than all windows is forgotten.
 */
export class WindowedRate {
  readonly #windows: Windows;
  readonly #samples: Sample[] = [];
  #current = 0;

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  /** @param amount below 0 takes back what was recorded */
  record(amount: number, nowMs: number): void {
    let sample = this.#samples[this.#current];
    if (sample === undefined) {
      sample = { startMs: nowMs, lastMs: nowMs, sum: 0 };
      this.#samples[this.#current] = sample;
    } else if (nowMs - sample.startMs >= this.#windows.lengthMs) {
      sample = this.#next(nowMs);
    }
    sample.sum += amount;
    sample.lastMs = nowMs;
  }

  /** Per second. */
  measure(nowMs: number): number {
    this.#forgetOld(nowMs);
    let sum = 0;
    for (const sample of this.#samples) sum += sample.sum;
    return sum / (this.#measuredMs(nowMs) / 1000);
  }

  /**
   * How long nothing more must be used until the rate is down to `limit`; 0 if it is not above.
   *
   * @returns milliseconds
   */
  throttleMs(limit: number, nowMs: number): number {
    const rate = this.measure(nowMs);
    if (!(rate > limit)) return 0;
    return Math.round(((rate - limit) / limit) * this.#measuredMs(nowMs));
  }

  /** Nothing in it counts any more: a new one would be the same. */
  isSpent(nowMs: number): boolean {
    return this.#samples.every(({ lastMs }) => this.#isOld(lastMs, nowMs));
  }

  /** One sample more than there are windows: the oldest may overlap the time that counts. */
  #next(nowMs: number): Sample {
    this.#current = (this.#current + 1) % (this.#windows.count + 1);
    const fresh = { startMs: nowMs, lastMs: nowMs, sum: 0 };
    this.#samples[this.#current] = fresh;
    return fresh;
  }

  #forgetOld(nowMs: number): void {
    for (const sample of this.#samples) {
      if (!this.#isOld(sample.lastMs, nowMs)) continue;
      sample.startMs = nowMs;
      sample.lastMs = nowMs;
      sample.sum = 0;
    }
  }

  #isOld(lastMs: number, nowMs: number): boolean {
    return nowMs - lastMs >= this.#windows.count * this.#windows.lengthMs;
  }

  /**
   * The time since the oldest sample began, with the windows added that are not full yet: a use a
   * second ago is not to look like the rate of all of them.
   */
  #measuredMs(nowMs: number): number {
    const { count, lengthMs } = this.#windows;
    let oldestMs = nowMs;
    for (const { startMs } of this.#samples) if (startMs < oldestMs) oldestMs = startMs;
    const elapsedMs = nowMs - oldestMs;
    const missing = Math.max(0, count - 1 - Math.floor(elapsedMs / lengthMs));
    return Math.max(elapsedMs + missing * lengthMs, 1);
  }
}
