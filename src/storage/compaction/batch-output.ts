/** Batches on their way to a file, one behind the other, in memory that is used again. */
export class BatchOutput {
  readonly #bytesMax: number;
  #bytes: Buffer;
  #used = 0;

  /** @param bytesMax what is kept of it when it is empty. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#bytes = Buffer.allocUnsafeSlow(bytesMax);
  }

  get used(): number {
    return this.#used;
  }

  /** Room for so many bytes, of which {@link add} tells how many it has become. */
  room(bytes: number): Buffer {
    const end = this.#used + bytes;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    return this.#bytes.subarray(this.#used, end);
  }

  add(bytes: number): void {
    this.#used += bytes;
  }

  copy(from: Buffer, start: number, end: number): void {
    from.copy(this.room(end - start), 0, start, end);
    this.#used += end - start;
  }

  /** Everything that is there, until the next batch comes. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#used);
    this.#used = 0;
    if (this.#bytes.length > 2 * this.#bytesMax) {
      this.#bytes = Buffer.allocUnsafeSlow(this.#bytesMax);
    }
    return taken;
  }
}
