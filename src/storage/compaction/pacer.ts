import type { Clock, Timer } from "../../time/clock.ts";

/** How long the cleaner works before others have their turn, and how long it rests if somebody is at work. */
const SLICE_MS = 1;
const REST_MS = 1;
/** A turn of the others that takes longer says that somebody is at work. */
const BUSY_MS = 0.1;
/** A wait shorter than this is not worth a timer: it is added to the next one. */
const SLEEP_MS_MIN = 10;
/** The budget of bytes that were not read is not saved up for longer. */
const PERIOD_MS = 1000;

/** The cleaner is to end at once, leaving everything as it is. */
export class CleaningStopped extends Error {
  override readonly name = "CleaningStopped";
}

/**
 * Divides the one thread between the cleaner and everybody else: short slices of work, with rests
 * between them while others are at work, and no more bytes a second than is allowed.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #bytesPerSecond: () => number;
  #sliceStartMs: number;
  #periodStartMs: number;
  #periodBytes = 0;
  #isStopped = false;
  #sleep: { readonly timer: Timer; readonly wake: () => void } | undefined;

  constructor(clock: Clock, bytesPerSecond: () => number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#sliceStartMs = clock.monotonicMs();
    this.#periodStartMs = this.#sliceStartMs;
  }

  /** Whether it is the others' turn: then {@link yield} is to be awaited. To be asked often. */
  get isOver(): boolean {
    return this.#clock.monotonicMs() - this.#sliceStartMs >= SLICE_MS;
  }

  /** Whoever waits here, or comes here from now on, is stopped. */
  stop(): void {
    this.#isStopped = true;
    this.#sleep?.timer.cancel();
    this.#sleep?.wake();
  }

  /** @throws CleaningStopped */
  check(): void {
    if (this.#isStopped) throw new CleaningStopped("the cleaner was stopped");
  }

  /**
   * Lets the others have their turn. A process that never rests has to wait for a processor like any
   * other, and so would they.
   *
   * @throws CleaningStopped
   */
  async yield(): Promise<void> {
    this.check();
    const beforeMs = this.#clock.monotonicMs();
    await new Promise((resolve) => setImmediate(resolve));
    this.#sliceStartMs = this.#clock.monotonicMs();
    if (this.#sliceStartMs - beforeMs > BUSY_MS) await this.#sleepFor(REST_MS);
    this.check();
  }

  /** So many bytes were read or written: waits as long as the limit asks. @throws CleaningStopped */
  async moved(bytes: number): Promise<void> {
    this.check();
    const nowMs = this.#clock.monotonicMs();
    const elapsedMs = nowMs - this.#periodStartMs;
    this.#periodBytes += bytes;
    const owedMs = (this.#periodBytes / this.#bytesPerSecond()) * 1000 - elapsedMs;
    if (owedMs >= SLEEP_MS_MIN) await this.#sleepFor(owedMs);
    if (elapsedMs + Math.max(0, owedMs) < PERIOD_MS) return;
    this.#periodStartMs = this.#clock.monotonicMs();
    this.#periodBytes = 0;
  }

  async #sleepFor(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#sleep = { timer: this.#clock.schedule(ms, resolve), wake: resolve };
    });
    this.#sleep = undefined;
    this.#sliceStartMs = this.#clock.monotonicMs();
    this.check();
  }
}
