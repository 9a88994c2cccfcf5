import { baseOffsetAt, lastOffsetAt, maxTimestampAt } from "../../src/records/batch.ts";
import { batchesIn } from "../../src/records/records.ts";
import { line, shownTime } from "./shown.ts";

const OFFSET_ENTRY_BYTES = 8;
const TIME_ENTRY_BYTES = 12;
const ABORTED_ENTRY_BYTES = 34;

/** Room that a broker has set aside, and not used yet, reads as zeros. */
function isRoom(bytes: Buffer, at: number, entryBytes: number): boolean {
  if (at === 0 && bytes.length === entryBytes) return false;
  return bytes.subarray(at).every((byte) => byte === 0);
}

/** `log`: the segment, to compare with. */
export function* describeOffsetIndex(
  bytes: Buffer,
  baseOffset: number,
  log: Buffer | undefined,
): Generator<string> {
  const ends = new Map<number, number>();
  if (log !== undefined) for (const at of batchesIn(log)) ends.set(at, lastOffsetAt(log, at));
  let last = -1;
  for (let at = 0; at + OFFSET_ENTRY_BYTES <= bytes.length; at += OFFSET_ENTRY_BYTES) {
    if (isRoom(bytes, at, OFFSET_ENTRY_BYTES)) {
      yield `${bytes.length - at} bytes of room`;
      return;
    }
    const offset = baseOffset + bytes.readInt32BE(at);
    const position = bytes.readInt32BE(at + 4);
    yield line(
      `offset ${offset}`,
      `position ${position}`,
      log === undefined || ends.get(position) === offset ? "" : "NO BATCH ENDS SO",
      offset > last ? "" : "OUT OF ORDER",
    );
    last = offset;
  }
  yield* leftover(bytes, OFFSET_ENTRY_BYTES);
}

/** `log`: the segment, to compare with. */
export function* describeTimeIndex(
  bytes: Buffer,
  baseOffset: number,
  log: Buffer | undefined,
): Generator<string> {
  const timeAt = log === undefined ? undefined : timesOf(log);
  let last = -1;
  for (let at = 0; at + TIME_ENTRY_BYTES <= bytes.length; at += TIME_ENTRY_BYTES) {
    if (isRoom(bytes, at, TIME_ENTRY_BYTES)) {
      yield `${bytes.length - at} bytes of room`;
      return;
    }
    const timestamp = Number(bytes.readBigInt64BE(at));
    const offset = baseOffset + bytes.readInt32BE(at + 8);
    yield line(
      `${shownTime(timestamp)} (${timestamp})`,
      `offset ${offset}`,
      timeAt === undefined || timeAt(offset) === timestamp ? "" : "NOT THAT BATCH'S TIME",
      timestamp > last ? "" : "OUT OF ORDER",
    );
    last = timestamp;
  }
  yield* leftover(bytes, TIME_ENTRY_BYTES);
}

/** The largest timestamp of the batch that holds an offset; offsets are asked for in their order. */
function timesOf(log: Buffer): (offset: number) => number | undefined {
  const batches = [...batchesIn(log)];
  let next = 0;
  return (offset) => {
    while (next < batches.length - 1 && lastOffsetAt(log, batches[next] as number) < offset) next++;
    const at = batches[next];
    if (at === undefined || baseOffsetAt(log, at) > offset) return undefined;
    return maxTimestampAt(log, at);
  };
}

/** Aborted transactions: version int16, then producer, first, last and last stable offset as int64. */
export function* describeTransactionIndex(bytes: Buffer): Generator<string> {
  for (let at = 0; at + ABORTED_ENTRY_BYTES <= bytes.length; at += ABORTED_ENTRY_BYTES) {
    const version = bytes.readInt16BE(at);
    const [producer, first, last, stable] = [2, 10, 18, 26].map((of) =>
      bytes.readBigInt64BE(at + of),
    );
    yield line(
      `producer ${producer}`,
      `aborted offsets ${first}-${last}`,
      `last stable offset ${stable}`,
      version === 0 ? "" : `VERSION ${version}`,
    );
  }
  yield* leftover(bytes, ABORTED_ENTRY_BYTES);
}

function* leftover(bytes: Buffer, entryBytes: number): Generator<string> {
  const left = bytes.length % entryBytes;
  if (left > 0) yield `${left} BYTES THAT ARE NO ENTRY`;
}
