import type { Clock, Timer } from "./clock.ts";
import { TimerQueue } from "./timer-queue.ts";

/** Time that moves only when it is told to, so that no test waits. */
export class ManualClock implements Clock {
  readonly #queue = new TimerQueue();
  #nowMs: number;
  #monotonicMs = 0;

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  schedule(delayMs: number, run: () => void): Timer {
    return this.#queue.add(this.#monotonicMs + Math.max(0, delayMs), run);
  }

  /**
   * Moves on by `ms`, running what falls due in order, each at its own time; what their promises
   * lead to happens in between.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonicMs + ms;
    for (let due = this.#queue.takeDue(end); due !== undefined; due = this.#queue.takeDue(end)) {
      this.#moveTo(Math.max(due.dueMs, this.#monotonicMs));
      due.run();
      await settled();
    }
    this.#moveTo(end);
    await settled();
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
