const SIZE_BYTES = 4;
const CORRELATION_ID_BYTES = 4;
/** More than any broker answers: a size beyond it is no Kafka broker's. */
const FRAME_BYTES_MAX = 512 * 1024 * 1024;

/** Cuts what comes from a socket into answers, each without the size before it. */
export class FrameSplitter {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** @throws RangeError for a size that no answer has. */
  take(bytes: Buffer): Buffer[] {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    const frames: Buffer[] = [];
    for (let size = this.#nextSize(); size !== undefined; size = this.#nextSize()) {
      frames.push(this.#cut(size));
    }
    return frames;
  }

  /** Of the frame that is there as a whole; undefined: more is to come. */
  #nextSize(): number | undefined {
    if (this.#bytes < SIZE_BYTES) return undefined;
    if ((this.#pieces[0] as Buffer).length < SIZE_BYTES) this.#join();
    const size = (this.#pieces[0] as Buffer).readInt32BE(0);
    if (size < CORRELATION_ID_BYTES || size > FRAME_BYTES_MAX) {
      throw new RangeError(`an answer of ${size} bytes: this is no Kafka broker's`);
    }
    return this.#bytes >= SIZE_BYTES + size ? size : undefined;
  }

  #cut(size: number): Buffer {
    this.#join();
    const all = this.#pieces[0] as Buffer;
    const end = SIZE_BYTES + size;
    this.#pieces = end === all.length ? [] : [all.subarray(end)];
    this.#bytes = all.length - end;
    return all.subarray(SIZE_BYTES, end);
  }

  #join(): void {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
  }
}
