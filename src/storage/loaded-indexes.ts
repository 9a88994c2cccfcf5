/** What can be read again when it is needed. */
export interface Unloadable {
  unloadIndexes(): void;
}

/**
 * Indexes of full segments that are in memory, bounded in bytes: those that were read first are given
 * up first.
 */
export class LoadedIndexes {
  readonly #bytesMax: number;
  readonly #loaded = new Map<Unloadable, number>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  note(segment: Unloadable, bytes: number): void {
    this.#bytes += bytes - (this.#loaded.get(segment) ?? 0);
    this.#loaded.set(segment, bytes);
    for (const [oldest, oldBytes] of this.#loaded) {
      if (this.#bytes <= this.#bytesMax || oldest === segment) return;
      this.#loaded.delete(oldest);
      this.#bytes -= oldBytes;
      oldest.unloadIndexes();
    }
  }

  forget(segment: Unloadable): void {
    this.#bytes -= this.#loaded.get(segment) ?? 0;
    this.#loaded.delete(segment);
  }
}
