/** A run of producer ids that nobody else will be given. */
export interface ProducerIdBlock {
  readonly first: number;
  readonly count: number;
}

/**
 * Hands out producer ids, each once in the life of the cluster, from blocks that the controller
 * makes durable first: a restart skips what was left of a block, as Kafka does (KIP-730).
 */
export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlock>;
  #next = 0;
  #end = 0;
  #refill: Promise<void> | undefined;

  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.#allocate = allocate;
  }

  async next(): Promise<number> {
    while (this.#next === this.#end) {
      this.#refill ??= this.#fetchBlock();
      await this.#refill;
    }
    return this.#next++;
  }

  async #fetchBlock(): Promise<void> {
    try {
      const { first, count } = await this.#allocate();
      this.#next = first;
      this.#end = first + count;
    } finally {
      this.#refill = undefined;
    }
  }
}
