import { ErrorCode, kafkaErrorCausedBy } from "../../protocol/errors.ts";
import { VarintReader } from "../../records/varint.ts";

const EMPTY = Buffer.alloc(0);

/**
 * Walks over the records of one batch without making anything of them: where each lies, its key, and
 * whether it has a value. For two walks over each record of a log.
 */
export class RecordCursor {
  bytes: Buffer = EMPTY;
  /** Where the record begins and ends, its length among it. */
  start = 0;
  end = 0;
  /** Behind its length: attributes, timestamp delta, offset delta and so on. */
  body = 0;
  /** Behind its timestamp delta. */
  afterTimestamp = 0;
  timestampDelta = 0;
  offsetDelta = 0;
  hasKey = false;
  readonly key = { start: 0, end: 0 };
  hasValue = false;
  #reader = new VarintReader(EMPTY);
  #left = 0;

  /** @param records of a batch, inflated. */
  begin(records: Buffer, count: number): void {
    this.bytes = records;
    this.#reader = new VarintReader(records);
    this.#left = count;
  }

  /**
   * Goes to the next record. False behind the last one.
   *
   * @throws KafkaError CORRUPT_MESSAGE where there is no whole record.
   */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    try {
      this.#read();
    } catch (cause) {
      throw kafkaErrorCausedBy(cause, ErrorCode.CORRUPT_MESSAGE, "a record that is not whole");
    }
    return true;
  }

  #read(): void {
    const reader = this.#reader;
    this.start = reader.position;
    const size = reader.nextInt();
    this.body = reader.position;
    this.end = this.body + size;
    if (size < 0 || size > reader.remaining) throw new RangeError(`a record of ${size} bytes`);
    reader.skip(1);
    this.timestampDelta = reader.next();
    this.afterTimestamp = reader.position;
    this.offsetDelta = reader.nextInt();
    const keyBytes = reader.skipNullable();
    this.hasKey = keyBytes >= 0;
    this.key.end = reader.position;
    this.key.start = reader.position - Math.max(0, keyBytes);
    this.hasValue = reader.nextInt() >= 0;
    if (reader.position > this.end) throw new RangeError("a record longer than it says");
    reader.position = this.end;
  }
}
