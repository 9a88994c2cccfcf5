/** Something that ends once: a connection, a broker. Cheaper than an AbortSignal on the fetch path. */
export interface Lifetime {
  readonly ended: boolean;
  /** Calls `run` when it ends (at once if it has ended). Returns how to stop listening. */
  onEnd(run: () => void): () => void;
}

/** A lifetime that its owner ends. */
export class OwnedLifetime implements Lifetime {
  #ended = false;
  readonly #listeners = new Set<() => void>();

  get ended(): boolean {
    return this.#ended;
  }

  onEnd(run: () => void): () => void {
    if (this.#ended) {
      run();
      return nothing;
    }
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const run of [...this.#listeners]) run();
    this.#listeners.clear();
  }
}

function nothing(): void {}
