import type { Timer } from "./clock.ts";

export interface QueuedTimer extends Timer {
  /** Monotonic milliseconds. */
  readonly dueMs: number;
  readonly run: () => void;
}

class Entry implements QueuedTimer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly run: () => void;
  readonly #queue: TimerQueue;
  /** Place in the heap; -1: not in it any more. */
  place = -1;

  constructor(queue: TimerQueue, due: { ms: number; sequence: number }, run: () => void) {
    this.#queue = queue;
    this.dueMs = due.ms;
    this.sequence = due.sequence;
    this.run = run;
  }

  cancel(): void {
    this.#queue.remove(this);
  }
}

/**
 * Timers by the time they are due, then in the order in which they were made: a binary heap in which
 * every timer knows its place, so that the many that are cancelled leave at once.
 */
export class TimerQueue {
  readonly #heap: Entry[] = [];
  #sequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the first one is due. */
  get nextDueMs(): number | undefined {
    return this.#heap[0]?.dueMs;
  }

  add(dueMs: number, run: () => void): QueuedTimer {
    const entry = new Entry(this, { ms: dueMs, sequence: this.#sequence++ }, run);
    entry.place = this.#heap.length;
    this.#heap.push(entry);
    this.#rise(entry);
    return entry;
  }

  /** Takes out the first one that is due by then. */
  takeDue(nowMs: number): QueuedTimer | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    this.remove(first);
    return first;
  }

  remove(entry: Entry): void {
    const { place } = entry;
    if (place < 0) return;
    entry.place = -1;
    const last = this.#heap.pop() as Entry;
    if (last === entry) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1] as Entry;
      if (!isBefore(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      if (left === undefined) return;
      const smaller = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(smaller, entry)) return;
      this.#swap(smaller, entry);
    }
  }

  /** The first argument moves up. */
  #swap(child: Entry, parent: Entry): void {
    const { place } = parent;
    this.#put(parent, child.place);
    this.#put(child, place);
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.sequence < other.sequence);
}
