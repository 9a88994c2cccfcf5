import { gunzipSync } from "node:zlib";
import crc32c from "crc-32/crc32c.js";

/** Where the fields of a v2 record batch lie (KIP-98). */
const AT = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const;

const OVERHEAD_BYTES = 12;

/** A timestamp that some clock gave, in contrast to small ones made up and to "no limit". */
export function isClockTime(timestamp: number): boolean {
  return timestamp > 1e12 && timestamp < 1e14;
}

/** How recorded values turn into those of this run. */
export interface Rewriting {
  clientTime(recorded: number): number;
  producerId(recorded: number): number;
}

interface Position {
  readonly start: number;
  /** Exclusive; beyond the buffer where the batch was cut. */
  readonly end: number;
}

/** The v2 batches in `bytes`, the last of which may be cut; stops at what is not a v2 batch. */
function* batchesIn(bytes: Buffer): Generator<Position> {
  let start = 0;
  while (start + AT.crc <= bytes.length && bytes[start + AT.magic] === 2) {
    const end = start + OVERHEAD_BYTES + bytes.readInt32BE(start + AT.length);
    if (end <= start + AT.records - 1) return;
    yield { start, end };
    start = end;
  }
}

function int64At(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64BE(at));
}

function putInt64(bytes: Buffer, at: number, value: number): void {
  bytes.writeBigInt64BE(BigInt(value), at);
}

function checksum(bytes: Buffer, { start, end }: Position): number {
  return crc32c.buf(bytes.subarray(start + AT.attributes, end)) >>> 0;
}

/**
 * The same batches as they are sent in this run: timestamps moved to the present, producer ids
 * replaced. A checksum that was right is right afterwards; a wrong one stays as it was recorded,
 * and so does a batch that is cut.
 */
export function rewriteBatches(recorded: Buffer, rewriting: Rewriting): Buffer {
  const bytes = Buffer.from(recorded);
  for (const position of batchesIn(bytes)) {
    const { start, end } = position;
    if (end > bytes.length) continue;
    const wasRight = checksum(bytes, position) === bytes.readUInt32BE(start + AT.crc);
    for (const at of [start + AT.baseTimestamp, start + AT.maxTimestamp]) {
      putInt64(bytes, at, rewriting.clientTime(int64At(bytes, at)));
    }
    const producerId = int64At(bytes, start + AT.producerId);
    if (producerId >= 0) putInt64(bytes, start + AT.producerId, rewriting.producerId(producerId));
    if (wasRight) bytes.writeUInt32BE(checksum(bytes, position), start + AT.crc);
  }
  return bytes;
}

/** The records of a batch; out of gzip, whose bytes depend on who compressed. */
function payloadOf(bytes: Buffer, { start, end }: Position): Buffer {
  const payload = bytes.subarray(start + AT.records, Math.min(end, bytes.length));
  const isGzip = (bytes.readInt16BE(start + AT.attributes) & 7) === 1;
  return isGzip && end <= bytes.length ? gunzipSync(payload) : payload;
}

/**
 * What a consumer sees of batches, in comparable form: each header field, the payload, whether the
 * checksum holds, and of a cut batch what is there.
 */
export function describeBatches(bytes: Buffer): Record<string, unknown>[] {
  const described: Record<string, unknown>[] = [];
  let covered = 0;
  for (const position of batchesIn(bytes)) {
    const { start, end } = position;
    covered = Math.min(end, bytes.length);
    if (start + AT.records > bytes.length) {
      described.push({ cutHeaderBytes: bytes.length - start });
      continue;
    }
    described.push({
      baseOffset: int64At(bytes, start),
      partitionLeaderEpoch: bytes.readInt32BE(start + AT.leaderEpoch),
      attributes: bytes.readInt16BE(start + AT.attributes),
      lastOffsetDelta: bytes.readInt32BE(start + AT.lastOffsetDelta),
      timestamp: int64At(bytes, start + AT.baseTimestamp),
      maxTimestamp: int64At(bytes, start + AT.maxTimestamp),
      producerId: int64At(bytes, start + AT.producerId),
      producerEpoch: bytes.readInt16BE(start + AT.producerEpoch),
      baseSequence: bytes.readInt32BE(start + AT.baseSequence),
      recordCount: bytes.readInt32BE(start + AT.count),
      payload: payloadOf(bytes, position),
      checksum:
        end > bytes.length
          ? "cut"
          : checksum(bytes, position) === bytes.readUInt32BE(start + AT.crc)
            ? "right"
            : "wrong",
    });
  }
  if (covered < bytes.length) described.push({ restBytes: bytes.length - covered });
  return described;
}
