/**
 * Work that many ask for and that is done once for all who asked before it began; never twice at the
 * same time.
 */
export class SharedWork {
  readonly #work: () => Promise<void>;
  #underWay: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Settles as work does that begins after this was called. */
  done(): Promise<void> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<void> {
    // What becomes of it is for those who asked for it.
    await this.#underWay?.catch(() => undefined);
    this.#next = undefined;
    this.#underWay = this.#work();
    await this.#underWay;
  }
}
