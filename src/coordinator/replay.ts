import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  isControl,
  isTransactional,
  readBatchHeader,
} from "../records/batch.ts";
import { recordsOf } from "../records/records.ts";

interface ReplayOptions<Fact> {
  readonly startOffset: number;
  /** Undefined for records of types it does not know. */
  readonly decode: (key: Buffer, value: Buffer | null) => Fact | undefined;
  readonly apply: (fact: Fact) => void;
}

/** What was written in a transaction that has not ended. */
interface Pending<Fact> {
  readonly offset: number;
  readonly key: Buffer;
  readonly fact: Fact;
}

/** Of a control record's key: int16 version, int16 type. */
const MARKER_TYPE_AT = 2;
const ABORT = 0;
const COMMIT = 1;

/**
 * One pass over the log of an internal topic. What was written in a transaction becomes true when its
 * marker says so, unless something newer about the same was written outside of it
 * (OffsetMetadataManager.replayEndTransactionMarker).
 */
export class Replay<Fact> {
  readonly #options: ReplayOptions<Fact>;
  /** By producer id. */
  readonly #pending = new Map<number, Pending<Fact>[]>();
  /** By key, while something is pending: where it was last written, in a transaction or not. */
  readonly #latest = new Map<string, number>();
  /** The offset to go on with. */
  nextOffset: number;
  /** Records that were read. */
  count = 0;

  constructor(options: ReplayOptions<Fact>) {
    this.#options = options;
    this.nextOffset = options.startOffset;
  }

  /** Takes the whole batches at the beginning of `bytes`; records below {@link nextOffset} are known. */
  take(bytes: Buffer): void {
    const from = this.nextOffset;
    let at = 0;
    while (at + BATCH_HEADER_BYTES <= bytes.length) {
      const header = readBatchHeader(bytes, at);
      if (at + header.sizeInBytes > bytes.length) break;
      this.#takeBatch(header, { bytes, at, from });
      this.nextOffset = header.baseOffset + header.lastOffsetDelta + 1;
      at += header.sizeInBytes;
    }
  }

  #takeBatch(
    { attributes, producerId }: BatchHeader,
    { bytes, at, from }: { readonly bytes: Buffer; readonly at: number; readonly from: number },
  ): void {
    const transaction = isTransactional(attributes) ? producerId : undefined;
    for (const { offset, key, value } of recordsOf(bytes, at)) {
      if (offset < from || key === null) continue;
      if (isControl(attributes)) {
        this.#end(producerId, key);
        continue;
      }
      this.count += 1;
      const fact = this.#options.decode(key, value);
      if (fact !== undefined) this.#note({ offset, key, fact }, transaction);
    }
  }

  #note(written: Pending<Fact>, transaction: number | undefined): void {
    if (transaction === undefined) {
      if (this.#pending.size > 0) this.#latest.set(nameOf(written.key), written.offset);
      this.#options.apply(written.fact);
      return;
    }
    const known = this.#pending.get(transaction);
    if (known === undefined) this.#pending.set(transaction, [written]);
    else known.push(written);
  }

  #end(producerId: number, markerKey: Buffer): void {
    const type = markerKey.length >= 4 ? markerKey.readInt16BE(MARKER_TYPE_AT) : undefined;
    if (type !== COMMIT && type !== ABORT) return;
    const pending = this.#pending.get(producerId) ?? [];
    this.#pending.delete(producerId);
    for (const { offset, key, fact } of type === COMMIT ? pending : []) {
      if ((this.#latest.get(nameOf(key)) ?? -1) > offset) continue;
      this.#options.apply(fact);
      if (this.#pending.size > 0) this.#latest.set(nameOf(key), offset);
    }
    if (this.#pending.size === 0) this.#latest.clear();
  }
}

/** A key as one of a map. */
function nameOf(key: Buffer): string {
  return key.toString("latin1");
}
