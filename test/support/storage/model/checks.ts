import { expect } from "vitest";
import { isIntact, lastOffsetAt } from "../../../../src/records/batch.ts";
import { batchesIn, recordsOf } from "../../../../src/records/records.ts";
import type { Log } from "../../../../src/storage/log.ts";
import { readBytes } from "../logs.ts";
import type { LogModel, ModelRecord } from "./log-model.ts";

/** The records of whole batches, and the offset behind them. None of the batches is corrupt. */
export function recordsIn(bytes: Buffer): {
  readonly found: readonly ModelRecord[];
  readonly next: number;
} {
  const found: ModelRecord[] = [];
  let next = 0;
  for (const at of batchesIn(bytes)) {
    expect(isIntact(bytes, at)).toBe(true);
    const baseOffset = Number(bytes.readBigInt64BE(at));
    expect(baseOffset).toBeGreaterThanOrEqual(next);
    next = lastOffsetAt(bytes, at) + 1;
    for (const { offset, timestamp, key, value } of recordsOf(bytes, at)) {
      found.push({
        offset,
        timestamp,
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
      });
    }
  }
  return { found, next };
}

/** Every record from the start on, as a consumer gets it: read after read. */
export async function storedRecords(log: Log): Promise<readonly ModelRecord[]> {
  const stored: ModelRecord[] = [];
  let offset = log.startOffset;
  while (offset < log.endOffset) {
    const { found, next } = recordsIn(await readBytes(log, offset, { maxBytes: 1500 }));
    // The cleaner may have left nothing at the end.
    if (next <= offset) throw new Error(`no progress at offset ${offset} of ${log.endOffset}`);
    const from = offset;
    for (const record of found) if (record.offset >= from) stored.push(record);
    offset = next;
  }
  return stored;
}

/** Of each producer the log knows the newest batch: a repeat is known, and what comes next. */
export function expectProducers(log: Log, model: LogModel): void {
  const known = new Map([...log.producers.all()].map((state) => [state.producerId, state]));
  expect([...known.keys()].sort()).toEqual([...model.producerIds].sort());
  for (const id of model.producerIds) {
    const last = model.batchesOf(id).at(-1);
    const count = last?.records.length ?? 0;
    expect(known.get(id)?.epoch).toBe(last?.epoch);
    expect(known.get(id)?.batches.at(-1)).toMatchObject({
      lastSequence: (last?.baseSequence ?? 0) + count - 1,
      lastOffset: (last?.baseOffset ?? 0) + count - 1,
      offsetDelta: count - 1,
    });
  }
}

/** The files are what the log says of them. */
export function expectWhole(log: Log): void {
  let offset = 0;
  let bytes = 0;
  for (const segment of log.segments) {
    expect(segment.baseOffset).toBeGreaterThanOrEqual(offset);
    offset = segment.baseOffset;
    expect(segment.file().size).toBe(segment.size);
    bytes += segment.size;
  }
  expect(log.endOffset).toBeGreaterThanOrEqual(offset);
  expect(log.sizeInBytes).toBe(bytes);
}
