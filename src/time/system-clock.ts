import type { Clock, Timer } from "./clock.ts";
import { TimerQueue } from "./timer-queue.ts";

/** Timers that are due within this are run by one wake-up. */
const GRANULARITY_MS = 1;
/** setTimeout takes no longer delay. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/**
 * The real time. All timers of a broker share one of Node's: a long poll that is answered early, as
 * most are, costs a heap entry and no timer. They do not keep the process alive; sockets do.
 */
export class SystemClock implements Clock {
  readonly #queue = new TimerQueue();
  #wakeUp: NodeJS.Timeout | undefined;
  #wakeUpMs = Number.POSITIVE_INFINITY;
  #isStopped = false;

  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  schedule(delayMs: number, run: () => void): Timer {
    const timer = this.#queue.add(this.monotonicMs() + Math.max(0, delayMs), run);
    if (timer.dueMs < this.#wakeUpMs) this.#arm(timer.dueMs);
    return timer;
  }

  /** No timer fires any more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#wakeUp);
  }

  #arm(dueMs: number): void {
    clearTimeout(this.#wakeUp);
    if (this.#isStopped) return;
    this.#wakeUpMs = dueMs;
    const delay = Math.ceil(Math.min(dueMs - this.monotonicMs(), DELAY_MS_MAX));
    this.#wakeUp = setTimeout(() => this.#fire(), Math.max(delay, GRANULARITY_MS));
    this.#wakeUp.unref();
  }

  #fire(): void {
    this.#wakeUpMs = Number.POSITIVE_INFINITY;
    const nowMs = this.monotonicMs() + GRANULARITY_MS;
    try {
      while (!this.#isStopped) {
        const due = this.#queue.takeDue(nowMs);
        if (due === undefined) return;
        due.run();
      }
    } finally {
      // Also when one throws: the others are not to blame.
      const next = this.#queue.nextDueMs;
      if (next !== undefined && next < this.#wakeUpMs) this.#arm(next);
    }
  }
}
