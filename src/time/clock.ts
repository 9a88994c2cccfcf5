/** What a timer gives back: calling `cancel` after it fired does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as the broker sees it. One clock serves every timeout of a broker, so that a test, or a user
 * of the testkit, turns it by hand and nothing really waits.
 */
export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. For timestamps that are stored or sent. */
  now(): number;
  /** Milliseconds that only ever grow. For measuring how long something took or may take. */
  monotonicMs(): number;
  /** Calls `run` once, `delayMs` from now (0 or less: as soon as possible, never synchronously). */
  schedule(delayMs: number, run: () => void): Timer;
}
