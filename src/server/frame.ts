import type { BufferPool } from "../memory/buffer-pool.ts";

const LENGTH_BYTES = 4;
/** Smaller frames are collected in buffers of their own: a pool of them would only hold memory. */
const POOLED_BYTES_MIN = 32 * 1024;
/**
 * What a frame that is not here yet gets at once; the pages are the system's until they are filled. A
 * larger one grows with what has arrived, so that a claimed length alone takes no memory.
 */
const FIRST_BUFFER_BYTES = 2 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);

/** The bytes are no Kafka request. The message says what they look like. */
export class NotKafka extends Error {
  override readonly name = "NotKafka";
}

/**
 * Splits a byte stream into Kafka frames: int32 length, then that many bytes. A frame that lies whole
 * in what has arrived is a view of it, unless that is a buffer which is read into again; everything
 * else is collected with one copy. What large frames are collected in goes back to a pool, where the
 * server says that nobody looks at the frame any more.
 */
export class FrameSplitter {
  readonly #maxBytes: number;
  readonly #buffers: BufferPool;
  /** Bytes of the stream that have not been looked at. */
  #chunk: Buffer = NOTHING;
  #position = 0;
  /** The chunk lies in a buffer that the next read, of any connection, overwrites. */
  #isBorrowed = false;
  /** The frame that is being collected, its length first; undefined between frames. */
  #partial: Buffer | undefined;
  #partialBytes = 0;
  #wanted = 0;
  /** Holds the frame that {@link next} gave last; undefined if that is not from the pool. */
  #lent: Buffer | undefined;

  constructor(maxBytes: number, buffers: BufferPool) {
    this.#maxBytes = maxBytes;
    this.#buffers = buffers;
  }

  /** A frame has begun and is not there as a whole. */
  get isInsideFrame(): boolean {
    return this.#partialBytes > 0;
  }

  /** How much there is of a frame that is not there as a whole; 0 between frames. */
  get partialBytes(): number {
    return this.#partialBytes;
  }

  /** What has arrived. The previous chunk must have been used up by {@link next}. */
  push(chunk: Buffer, isBorrowed: boolean): void {
    this.#chunk = chunk;
    this.#position = 0;
    this.#isBorrowed = isBorrowed;
  }

  /** Some of what has arrived has not been looked at. */
  get hasRest(): boolean {
    return this.#position < this.#chunk.length;
  }

  /** More has arrived before the previous chunk was used up. */
  keep(chunk: Buffer, isBorrowed: boolean): void {
    const rest = this.#chunk.subarray(this.#position);
    if (rest.length > 0) this.#chunk = Buffer.concat([rest, chunk]);
    else this.#chunk = isBorrowed ? Buffer.from(chunk) : chunk;
    this.#position = 0;
    this.#isBorrowed = false;
  }

  /** A borrowed chunk goes back: what has not been looked at is copied. */
  giveBack(): void {
    if (!this.#isBorrowed) return;
    this.#chunk = this.hasRest ? Buffer.from(this.#chunk.subarray(this.#position)) : NOTHING;
    this.#position = 0;
    this.#isBorrowed = false;
  }

  /**
   * The next whole frame without its length; undefined if there is none yet.
   *
   * @throws NotKafka for a length that no request has.
   */
  next(): Buffer | undefined {
    this.#lent = undefined;
    if (this.#partialBytes > 0) return this.#continue();
    const available = this.#chunk.length - this.#position;
    if (available < LENGTH_BYTES) return this.#collect(LENGTH_BYTES);
    const length = this.#lengthAt(this.#chunk, this.#position);
    if (available < LENGTH_BYTES + length) return this.#collect(LENGTH_BYTES + length);
    const start = this.#position + LENGTH_BYTES;
    this.#position = start + length;
    const frame = this.#chunk.subarray(start, this.#position);
    return this.#isBorrowed ? Buffer.from(frame) : frame;
  }

  /** Nobody looks at the frame that {@link next} gave last: the next one may overwrite it. */
  reuse(): void {
    if (this.#lent !== undefined) this.#buffers.give(this.#lent);
    this.#lent = undefined;
  }

  #continue(): Buffer | undefined {
    if (this.#wanted === LENGTH_BYTES) {
      if (!this.#fill()) return undefined;
      this.#wanted += this.#lengthAt(this.#partial as Buffer, 0);
    }
    if (!this.#fill()) return undefined;
    const collected = this.#partial as Buffer;
    const frame = collected.subarray(LENGTH_BYTES, this.#wanted);
    if (collected.length >= POOLED_BYTES_MIN) this.#lent = collected;
    this.#partial = undefined;
    this.#partialBytes = 0;
    return frame;
  }

  /** Takes over the rest of the chunk as the beginning of a frame. */
  #collect(wanted: number): undefined {
    this.#wanted = wanted;
    this.#fill();
    return undefined;
  }

  /** Copies what is there and wanted. True once all of it is. */
  #fill(): boolean {
    const count = Math.min(this.#wanted - this.#partialBytes, this.#chunk.length - this.#position);
    if (count > 0) {
      const target = this.#room(count);
      this.#chunk.copy(target, this.#partialBytes, this.#position, this.#position + count);
      this.#partialBytes += count;
      this.#position += count;
    }
    return this.#partialBytes === this.#wanted;
  }

  #room(count: number): Buffer {
    const needed = this.#partialBytes + count;
    const old = this.#partial;
    if (old !== undefined && old.length >= needed) return old;
    const size = Math.min(
      this.#wanted,
      Math.max(needed, 4 * (old?.length ?? 0), FIRST_BUFFER_BYTES),
    );
    const bytes = Math.max(size, needed);
    const larger =
      bytes < POOLED_BYTES_MIN ? Buffer.allocUnsafeSlow(bytes) : this.#buffers.take(bytes);
    if (old !== undefined) {
      old.copy(larger, 0, 0, this.#partialBytes);
      if (old.length >= POOLED_BYTES_MIN) this.#buffers.give(old);
    }
    this.#partial = larger;
    return larger;
  }

  #lengthAt(bytes: Buffer, at: number): number {
    const length = bytes.readInt32BE(at);
    if (length > 0 && length <= this.#maxBytes) return length;
    throw new NotKafka(describeStart(bytes.subarray(at, at + 8), length, this.#maxBytes));
  }
}

/** What a stream that is not Kafka's most likely is, and what to do about it. */
function describeStart(start: Buffer, length: number, maxBytes: number): string {
  const text = start.toString("latin1");
  if (/^(GET|POST|HEAD|PUT|DELE|OPTI|PATC|CONN)/.test(text)) {
    return "this looks like HTTP: a browser or health check on the Kafka port; use another port for it";
  }
  if (start[0] === 0x16 && start[1] === 0x03) {
    return "this looks like TLS: the client wants SSL, the listener is PLAINTEXT; set the client's security.protocol to PLAINTEXT";
  }
  if (text.startsWith("SSH-")) return "this looks like SSH";
  if (length <= 0) return `a request of ${length} bytes`;
  return `a request of ${length} bytes, above socket.request.max.bytes=${maxBytes}, or no Kafka request at all`;
}
