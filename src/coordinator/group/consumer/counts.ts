/** How many there are of each key. A key that nobody counts any more is gone. */
export class Counts {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, change: number): void {
    const count = this.of(key) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }

  keys(): MapIterator<string> {
    return this.#counts.keys();
  }

  entries(): MapIterator<[string, number]> {
    return this.#counts.entries();
  }

  copy(): Counts {
    const copy = new Counts();
    for (const [key, count] of this.#counts) copy.#counts.set(key, count);
    return copy;
  }
}
