import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  isLogAppendTime,
  writeBatchHeader,
} from "./batch.ts";
import { VarintReader, varintSize, writeVarint } from "./varint.ts";

const COMPRESSION_MASK = 0x07;
/** What a record can grow by when its deltas are written anew: a size, a time, an offset. */
const GROWTH_BYTES_MAX = 5 + 10 + 5;

/** Records with offsets that count up from 0, and times told from that of the first. */
export interface RebuiltRecords {
  readonly body: Buffer;
  readonly baseTimestamp: number;
}

/**
 * Writes records anew as Kafka does before it compresses them itself (MemoryRecordsBuilder). They
 * have been walked: their lengths are right.
 */
export function rebuildRecords(body: Buffer, header: BatchHeader): RebuiltRecords {
  const reader = new VarintReader(body);
  const isBrokers = isLogAppendTime(header.attributes);
  const into = Buffer.allocUnsafe(body.length + header.recordCount * GROWTH_BYTES_MAX);
  let baseTimestamp = header.baseTimestamp;
  let at = 0;
  for (let i = 0; i < header.recordCount; i++) {
    const size = reader.nextInt();
    const end = reader.position + size;
    reader.skip(1);
    const given = header.baseTimestamp + reader.next();
    const timestamp = isBrokers ? header.maxTimestamp : given;
    reader.nextInt();
    if (i === 0) baseTimestamp = timestamp;
    const delta = timestamp - baseTimestamp;
    const rest = end - reader.position;
    at = writeVarint(into, 1 + varintSize(delta) + varintSize(i) + rest, at);
    into[at++] = 0;
    at = writeVarint(into, delta, at);
    at = writeVarint(into, i, at);
    at += body.copy(into, at, reader.position, end);
    reader.position = end;
  }
  return { body: into.subarray(0, at), baseTimestamp };
}

/** A batch of rebuilt records, which have been compressed. */
export function batchAround(
  stored: Buffer,
  header: BatchHeader,
  codec: number,
  times: { readonly baseTimestamp: number; readonly maxTimestamp: number },
): Buffer {
  const bytes = Buffer.allocUnsafe(BATCH_HEADER_BYTES + stored.length);
  stored.copy(bytes, BATCH_HEADER_BYTES);
  const attributes = (header.attributes & ~COMPRESSION_MASK) | codec;
  writeBatchHeader(bytes, { ...header, ...times, attributes, sizeInBytes: bytes.length });
  return bytes;
}
