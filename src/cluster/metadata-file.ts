import type { StoredEntry } from "./metadata-store.ts";

/**
 * One write to the metadata file: transactions that became durable together, or a piece of the
 * snapshot that a file begins with. The text is JSON, to be read with any tool.
 */
export interface Frame {
  /** The store's revision after it. */
  readonly revision: number;
  readonly puts: readonly StoredEntry[];
  readonly deletes: readonly string[];
}

export interface FramesRead {
  readonly frames: readonly Frame[];
  /** Where the last whole frame ends: what lies behind it was being written when the power went. */
  readonly end: number;
  /** A frame that was once durable and is no longer whole: the disk lost something. */
  readonly damagedAt: number | undefined;
}

export type Checksum = (bytes: Buffer) => number;

/** int32 length of the text, uint32 CRC-32C of all that follows it, int64 bytes durable before. */
const HEADER_BYTES = 16;
const CRC_AT = 4;
const DURABLE_AT = 8;

/** `durableBytes`: how much of the file was certainly on the disk when this frame was made. */
export function encodeFrame(frame: Frame, durableBytes: number, checksum: Checksum): Buffer {
  const text = Buffer.from(
    JSON.stringify({
      revision: frame.revision,
      puts: frame.puts.map((e) => [e.key, e.value, e.createRevision, e.modRevision]),
      deletes: frame.deletes,
    }),
  );
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + text.length);
  bytes.writeInt32BE(text.length, 0);
  bytes.writeBigInt64BE(BigInt(durableBytes), DURABLE_AT);
  text.copy(bytes, HEADER_BYTES);
  bytes.writeUInt32BE(checksum(bytes.subarray(DURABLE_AT)), CRC_AT);
  return bytes;
}

/**
 * Reads frames up to the first that is not whole. Writes that never became durable may end anywhere,
 * and in any order of pages, so what follows is only looked through for a proof of damage: a whole
 * frame that says that the broken one was durable before it.
 */
export function readFrames(bytes: Buffer, checksum: Checksum): FramesRead {
  const frames: Frame[] = [];
  let end = 0;
  for (;;) {
    const next = frameEnd(bytes, end, checksum);
    if (next === undefined) break;
    frames.push(decode(bytes.toString("utf8", end + HEADER_BYTES, next)));
    end = next;
  }
  return { frames, end, damagedAt: wasDurable(bytes, end, checksum) ? end : undefined };
}

function frameEnd(bytes: Buffer, at: number, checksum: Checksum): number | undefined {
  const room = bytes.length - at - HEADER_BYTES;
  if (room <= 0) return undefined;
  const length = bytes.readInt32BE(at);
  if (length <= 0 || length > room) return undefined;
  const end = at + HEADER_BYTES + length;
  const matches =
    checksum(bytes.subarray(at + DURABLE_AT, end)) === bytes.readUInt32BE(at + CRC_AT);
  return matches ? end : undefined;
}

function wasDurable(bytes: Buffer, brokenAt: number, checksum: Checksum): boolean {
  for (let at = brokenAt + 1; at < bytes.length - HEADER_BYTES; at += 1) {
    // The cheap question first: few places hold a number of bytes that fits.
    const durable = bytes.readUInt32BE(at + DURABLE_AT) * 2 ** 32 + bytes.readUInt32BE(at + 12);
    const fits = durable > brokenAt && durable <= at;
    if (fits && frameEnd(bytes, at, checksum) !== undefined) return true;
  }
  return false;
}

interface FrameText {
  readonly revision: number;
  readonly puts: readonly (readonly [string, string, number, number])[];
  readonly deletes: readonly string[];
}

function decode(text: string): Frame {
  const { revision, puts, deletes } = JSON.parse(text) as FrameText;
  return {
    revision,
    deletes,
    puts: puts.map(([key, value, createRevision, modRevision]) => ({
      key,
      value,
      createRevision,
      modRevision,
    })),
  };
}
