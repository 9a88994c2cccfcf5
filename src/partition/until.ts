import type { Clock } from "../time/clock.ts";
import type { Lifetime } from "../time/lifetime.ts";

/**
 * A partition tells its waiters "something moved", never what: they look for themselves.
 * The set is made with the first listener, because most of many partitions never have one.
 */
export class Changes {
  #listeners: Set<() => void> | undefined;

  announce(): void {
    const listeners = this.#listeners;
    if (listeners === undefined || listeners.size === 0) return;
    // A copy, because a listener that has seen enough removes itself while we walk.
    for (const listener of [...listeners]) listener();
  }

  subscribe(listener: () => void): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  unsubscribe(listener: () => void): void {
    this.#listeners?.delete(listener);
  }
}

export interface Patience {
  readonly changes: readonly Changes[];
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Whoever waits: once it ends there is nobody to answer. */
  readonly lifetime: Lifetime;
}

/**
 * Parks a long poll. Resolves true once `ready()` holds, looking again after every change, and
 * false when time runs out or the client leaves. Every listener and timer is gone by then.
 */
export function until(ready: () => boolean, patience: Patience): Promise<boolean> {
  if (ready()) return Promise.resolve(true);
  if (patience.timeoutMs <= 0 || patience.lifetime.ended) return Promise.resolve(false);

  return new Promise((resolve) => {
    const settle = (result: boolean) => {
      timer.cancel();
      stopListening();
      for (const changes of patience.changes) changes.unsubscribe(look);
      resolve(result);
    };
    const look = () => {
      if (ready()) settle(true);
    };
    const giveUp = () => settle(false);
    const timer = patience.clock.schedule(patience.timeoutMs, giveUp);
    const stopListening = patience.lifetime.onEnd(giveUp);
    for (const changes of patience.changes) changes.subscribe(look);
  });
}
