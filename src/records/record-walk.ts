import { ErrorCode } from "../protocol/errors.ts";
import { type BatchHeader, isLogAppendTime } from "./batch.ts";
import { type RecordError, RecordsRefused } from "./framing.ts";
import { walkPlain } from "./plain-records.ts";
import { VarintReader } from "./varint.ts";

/** What single records are held against. */
export interface RecordRules {
  /** Name and index of the partition, for messages. */
  readonly partition: string;
  /** The broker's time, milliseconds. */
  readonly now: number;
  readonly timestampType: "CreateTime" | "LogAppendTime";
  /** How much older, and how much newer, than `now` a timestamp may be; milliseconds. */
  readonly beforeMaxMs: number;
  readonly afterMaxMs: number;
  /** Every record needs a key. */
  readonly compacted: boolean;
}

/** How records are stored that are looked at, and how the batch will be. */
export interface Storing {
  readonly isCompressed: boolean;
  /** The records stay as they are, for only the header is changed. */
  readonly isInPlace: boolean;
  /** Most bytes of one record that was compressed. */
  readonly recordBytesMax: number;
}

/** How many record errors a message repeats. */
const TOLD_ERRORS_MAX = 3;
/** How many are listed: each is a sentence in the answer, and a batch holds a million records. */
const LISTED_ERRORS_MAX = 1000;
const NO_TIMESTAMP = -1;

/** What is wrong with single records. */
interface Findings {
  readonly errors: RecordError[];
  /** How many records are refused, those that are not listed among them. */
  count: number;
  hasInvalidTimestamp: boolean;
}

/**
 * Looks at every record as a consumer will.
 *
 * @returns the largest timestamp, -1 if none is later.
 * @throws RecordsRefused INVALID_RECORD or INVALID_TIMESTAMP with the records it is about, and as
 *   Kafka UNKNOWN_SERVER_ERROR where compressed records that are to stay as they are count wrongly.
 */
export function walkRecords(
  body: Buffer,
  header: BatchHeader,
  rules: RecordRules,
  storing: Storing,
): number {
  const { isCompressed, recordBytesMax } = storing;
  if (!isCompressed || body.length <= recordBytesMax) {
    const plain = walkPlain(body, header.recordCount, rules.compacted);
    if (plain !== undefined) {
      const isBrokers = isLogAppendTime(header.attributes);
      const { maxTimestamp, baseTimestamp } = header;
      const largest = isBrokers ? maxTimestamp : baseTimestamp + plain.largest;
      const smallest = isBrokers ? maxTimestamp : baseTimestamp + plain.smallest;
      const areTimely = isTimely(smallest, rules) && isTimely(largest, rules);
      // A record without a time, -1, is always timely; those between it and the others need not be.
      if (areTimely && smallest >= 0) return largest;
    }
  }
  return walkOneByOne(body, header, rules, storing);
}

/** The same for records of every kind, with what is wrong with which of them. */
function walkOneByOne(
  body: Buffer,
  header: BatchHeader,
  rules: RecordRules,
  { isCompressed, isInPlace, recordBytesMax }: Storing,
): number {
  const reader = new VarintReader(body);
  const findings: Findings = { errors: [], count: 0, hasInvalidTimestamp: false };
  const bytesMax = isCompressed ? recordBytesMax : Number.POSITIVE_INFINITY;
  let maxTimestamp = NO_TIMESTAMP;
  let isInOrder = true;
  for (let i = 0; i < header.recordCount; i++) {
    const { timestamp, offsetDelta, hasKey } = nextRecord(reader, header, bytesMax);
    if (offsetDelta !== i) isInOrder = false;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    if (rules.compacted && !hasKey) addKeyless(findings, i, rules);
    else if (!isTimely(timestamp, rules)) addUntimely(findings, i, timestamp, rules);
  }
  if (reader.remaining !== 0) throw broken(`${reader.remaining} bytes behind the last record`);
  if (findings.count > 0) throw rejected(findings);
  if (!isInOrder && isCompressed && isInPlace) {
    throw new RecordsRefused(ErrorCode.UNKNOWN_SERVER_ERROR, "offsets that do not count up");
  }
  return maxTimestamp;
}

function nextRecord(reader: VarintReader, header: BatchHeader, bytesMax: number) {
  try {
    const size = reader.nextInt();
    if (size > bytesMax) throw broken(`a record of ${size} bytes, ${bytesMax} are allowed`);
    const end = reader.position + size;
    reader.skip(1);
    const given = header.baseTimestamp + reader.next();
    const timestamp = isLogAppendTime(header.attributes) ? header.maxTimestamp : given;
    const offsetDelta = reader.nextInt();
    const hasKey = reader.skipNullable() >= 0;
    reader.skipNullable();
    skipHeaders(reader);
    if (reader.position !== end) throw broken(`a record of other than ${size} bytes`);
    return { timestamp, offsetDelta, hasKey };
  } catch (error) {
    throw error instanceof RecordsRefused ? error : broken((error as Error).message);
  }
}

function broken(message: string): RecordsRefused {
  return new RecordsRefused(ErrorCode.INVALID_RECORD, message);
}

function skipHeaders(reader: VarintReader): void {
  const count = reader.nextInt();
  if (count < 0 || count > reader.remaining) throw new RangeError(`${count} headers`);
  for (let i = 0; i < count; i++) {
    if (reader.skipNullable() < 0) throw new RangeError("a header without a key");
    reader.skipNullable();
  }
}

function addKeyless(findings: Findings, batchIndex: number, { partition }: RecordRules): void {
  add(findings, batchIndex, `A compacted topic takes no record without a key: ${partition}`);
}

function addUntimely(
  findings: Findings,
  batchIndex: number,
  timestamp: number,
  rules: RecordRules,
): void {
  findings.hasInvalidTimestamp = true;
  add(findings, batchIndex, untimely(timestamp, batchIndex, rules));
}

function add(findings: Findings, batchIndex: number, message: string): void {
  findings.count += 1;
  if (findings.errors.length < LISTED_ERRORS_MAX) findings.errors.push({ batchIndex, message });
}

/** One wrong timestamp decides the code for all, as in Kafka. */
function rejected({ errors, count, hasInvalidTimestamp }: Findings): RecordsRefused {
  if (hasInvalidTimestamp) return timestampsRefused(errors);
  const told = errors.slice(0, TOLD_ERRORS_MAX).map(({ batchIndex, message }) => {
    return `record ${batchIndex}: ${message}`;
  });
  const clientMessage = `${count} records were refused, among them ${told.join("; ")}`;
  return new RecordsRefused(ErrorCode.INVALID_RECORD, clientMessage, {
    clientMessage,
    recordErrors: errors,
  });
}

/**
 * A producer must not say that the broker has given the times, unless they count for nothing: where
 * the broker gives them, or where the time it claims is none.
 *
 * @throws RecordsRefused INVALID_TIMESTAMP, for every record.
 */
export function checkTimestampType(header: BatchHeader, { timestampType }: RecordRules): void {
  if (!isLogAppendTime(header.attributes)) return;
  if (timestampType === "CreateTime" && header.maxTimestamp !== NO_TIMESTAMP) return;
  const count = Math.min(header.recordCount, LISTED_ERRORS_MAX);
  const message = "a producer must not set LogAppendTime";
  const errors = Array.from({ length: count }, (_, batchIndex) => ({ batchIndex, message }));
  throw timestampsRefused(errors);
}

/** The same for the largest time of a batch, by its header. */
export function checkMaxTimestamp({ maxTimestamp }: BatchHeader, rules: RecordRules): void {
  if (isTimely(maxTimestamp, rules)) return;
  const message = untimely(maxTimestamp, 0, rules);
  throw timestampsRefused([{ batchIndex: 0, message }]);
}

function isTimely(timestamp: number, rules: RecordRules): boolean {
  const { now, beforeMaxMs, afterMaxMs } = rules;
  return (
    (timestamp - now <= afterMaxMs && now - timestamp <= beforeMaxMs) ||
    timestamp === NO_TIMESTAMP ||
    rules.timestampType === "LogAppendTime"
  );
}

function untimely(timestamp: number, batchIndex: number, rules: RecordRules): string {
  const { now, beforeMaxMs, afterMaxMs } = rules;
  return `Timestamp ${timestamp} of record ${batchIndex} is outside [${now - beforeMaxMs}, ${now + afterMaxMs}]`;
}

function timestampsRefused(recordErrors: readonly RecordError[]): RecordsRefused {
  const message = recordErrors[0]?.message ?? "a timestamp is out of range";
  return new RecordsRefused(ErrorCode.INVALID_TIMESTAMP, message, {
    clientMessage: "One or more records were refused for their timestamps",
    recordErrors,
  });
}
