import { endTxnMarker } from "../../src/protocol/generated/records/end-txn-marker.ts";
import { Reader } from "../../src/protocol/reader.ts";
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  compressionOf,
  hasDeleteHorizon,
  isControl,
  isIntact,
  isLogAppendTime,
  isTransactional,
  MAGIC_V2,
  readBatchHeader,
} from "../../src/records/batch.ts";
import { batchesIn, inflationLimit, type Record, recordsOf } from "../../src/records/records.ts";
import type { RecordReading } from "./internal-records.ts";
import { line, shownBytes, shownTime } from "./shown.ts";

export interface LogDisplay {
  /** A line per record. */
  readonly records: boolean;
  /** Keys and values however long they are. */
  readonly whole: boolean;
}

const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"];
const CONTROLS = [
  "abort",
  "commit",
  "leader change",
  "snapshot header",
  "snapshot footer",
  "KRaft version",
  "voters",
];
const SEQUENCES = 2 ** 31;

/** The batches of a segment, or of a snapshot of the metadata, and what is wrong with them. */
export function* describeLog(
  bytes: Buffer,
  display: LogDisplay,
  reading: RecordReading | undefined,
): Generator<string> {
  let end = 0;
  let count = 0;
  for (const at of batchesIn(bytes)) {
    const header = readBatchHeader(bytes, at);
    const isWhole = header.magic === MAGIC_V2 && isIntact(bytes, at);
    yield describeBatch(header, at, isWhole);
    if (display.records && isWhole) {
      for (const text of describeRecords(bytes, at, { display, reading })) yield `    ${text}`;
    }
    end = at + header.sizeInBytes;
    count += 1;
  }
  yield `${count} batches, ${end} bytes`;
  const left = bytes.length - end;
  if (left > 0) {
    const why = left < BATCH_HEADER_BYTES ? "too short for a batch" : "no whole batch";
    yield `@${end}  ${left} bytes that are ${why}`;
  }
}

function describeBatch(header: BatchHeader, at: number, isWhole: boolean): string {
  const { attributes, baseOffset, baseTimestamp, lastOffsetDelta, magic } = header;
  const horizon = hasDeleteHorizon(attributes);
  return line(
    `@${at}`,
    `offsets ${baseOffset}-${baseOffset + lastOffsetDelta}`,
    `${header.sizeInBytes} bytes`,
    `${header.recordCount} records`,
    `epoch ${header.partitionLeaderEpoch}`,
    horizon ? `tombstones until ${shownTime(baseTimestamp)}` : `from ${shownTime(baseTimestamp)}`,
    `to ${shownTime(header.maxTimestamp)}`,
    producerOf(header),
    CODECS[compressionOf(attributes)] ?? "unknown codec",
    isLogAppendTime(attributes) ? "LogAppendTime" : "CreateTime",
    isTransactional(attributes) ? "transactional" : "",
    isControl(attributes) ? "control" : "",
    `crc ${header.crc}`,
    magic === MAGIC_V2 ? "" : `FORMAT ${magic}, WHICH IS NOT READ`,
    isWhole || magic !== MAGIC_V2 ? "" : "CRC IS WRONG",
  );
}

function producerOf({ producerId, producerEpoch, baseSequence, lastOffsetDelta }: BatchHeader) {
  if (producerId < 0) return "";
  const named = `producer ${producerId}/${producerEpoch}`;
  if (baseSequence < 0) return named;
  return `${named} sequences ${baseSequence}-${(baseSequence + lastOffsetDelta) % SEQUENCES}`;
}

function* describeRecords(
  bytes: Buffer,
  at: number,
  given: { readonly display: LogDisplay; readonly reading: RecordReading | undefined },
): Generator<string> {
  const header = readBatchHeader(bytes, at);
  let records: readonly Record[];
  try {
    records = recordsOf(bytes, at, inflationLimit(header.sizeInBytes));
  } catch (error) {
    yield `RECORDS CANNOT BE READ: ${error instanceof Error ? error.message : String(error)}`;
    return;
  }
  for (const record of records) {
    const { offset, timestamp } = record;
    const meaning = isControl(header.attributes)
      ? describeControl(record)
      : (meaningOf(record, given.reading) ?? describePlain(record, header, given.display));
    yield line(String(offset), shownTime(timestamp), meaning);
  }
}

function meaningOf({ key, value }: Record, reading: RecordReading | undefined): string | undefined {
  try {
    return reading?.(key, value);
  } catch {
    // It is shown as it lies there.
    return undefined;
  }
}

function describePlain(
  { offset, key, value, headers }: Record,
  { baseOffset, baseSequence, producerId }: BatchHeader,
  { whole }: LogDisplay,
): string {
  const isNumbered = producerId >= 0 && baseSequence >= 0;
  const sequence = (baseSequence + offset - baseOffset) % SEQUENCES;
  return line(
    isNumbered ? `sequence ${sequence}` : "",
    `key ${shownBytes(key, whole)}`,
    `value ${shownBytes(value, whole)}`,
    headers.length === 0
      ? ""
      : `headers ${headers.map((one) => `${one.key}=${shownBytes(one.value, whole)}`).join(", ")}`,
  );
}

/** Key: int16 version, int16 type. The value of a transaction's end tells who ended it. */
function describeControl({ key, value }: Record): string {
  const type = key !== null && key.length >= 4 ? key.readInt16BE(2) : -1;
  const name = CONTROLS[type] ?? `control record of type ${type}`;
  if (type > 1 || value === null || value.length < 6) return name;
  const reader = new Reader(value);
  const version = Math.min(reader.int16(), endTxnMarker.maxVersion);
  const { coordinatorEpoch } = endTxnMarker.decode(reader, version);
  return `${name}  coordinator epoch ${coordinatorEpoch}`;
}
