import type { Clock } from "../time/clock.ts";
import type { Lifetime } from "../time/lifetime.ts";

type Listener = () => void;

/**
 * A partition tells its waiters "something moved", never what: they look for themselves. Most of many
 * partitions have no listener, or one that comes and goes with every fetch: that one costs no memory.
 */
export class Changes {
  #first: Listener | undefined;
  #others: Set<Listener> | undefined;

  announce(): void {
    // A copy, because a listener that has seen enough removes itself while we walk.
    const others = this.#others === undefined ? undefined : [...this.#others];
    this.#first?.();
    if (others !== undefined) for (const listener of others) listener();
  }

  subscribe(listener: Listener): void {
    if (this.#first === undefined) {
      this.#first = listener;
      return;
    }
    this.#others ??= new Set();
    this.#others.add(listener);
  }

  unsubscribe(listener: Listener): void {
    if (this.#first === listener) this.#first = undefined;
    else if (this.#others?.delete(listener) && this.#others.size === 0) this.#others = undefined;
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
