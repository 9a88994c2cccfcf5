/**
 * How much of the log may be on its way to clients. Bytes that a client has asked for and does not
 * read stay in our memory: so one answer carries no more than a few megabytes, and when many wait,
 * each further answer carries little more than the one batch that a fetch must bring. Clients ask
 * again for the rest; a limit of theirs is only ever an upper one.
 */
export class FetchBudget {
  readonly #answerBytesMax: number;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(limits: { readonly answerBytesMax: number; readonly bytesMax: number }) {
    this.#answerBytesMax = limits.answerBytesMax;
    this.#bytesMax = limits.bytesMax;
  }

  /** Bytes that have been read for answers which have not left. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What the next answer may carry, besides its first batch. */
  allowance(): number {
    return Math.max(0, Math.min(this.#answerBytesMax, this.#bytesMax - this.#bytes));
  }

  take(bytes: number): void {
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}
