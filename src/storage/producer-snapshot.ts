import { readInt64, writeInt64 } from "../protocol/int64.ts";
import { crc32c } from "../records/crc32c.ts";
import { type ProducerState, ProducerStates } from "./producer-states.ts";

/**
 * The `.snapshot` file: the producers of a partition as they were at the offset in its name.
 *
 *   int16 version 1 | uint32 crc32c of all from 6 on | int32 count | count × 46 bytes:
 *   producerId int64, epoch int16, lastSequence int32, lastOffset int64, offsetDelta int32,
 *   timestamp int64, coordinatorEpoch int32, transactionFirstOffset int64
 */
const VERSION = 1;
const CRC_AT = 2;
const COUNT_AT = 6;
const HEADER_BYTES = 10;
const ENTRY_BYTES = 46;

export function encodeSnapshot(states: Iterable<ProducerState>): Buffer {
  const all = [...states];
  const bytes = Buffer.alloc(HEADER_BYTES + all.length * ENTRY_BYTES);
  bytes.writeInt16BE(VERSION, 0);
  bytes.writeInt32BE(all.length, COUNT_AT);
  all.forEach((state, i) => {
    encodeEntry(bytes, state, HEADER_BYTES + i * ENTRY_BYTES);
  });
  bytes.writeUInt32BE(crc32c(bytes, COUNT_AT), CRC_AT);
  return bytes;
}

function encodeEntry(bytes: Buffer, state: ProducerState, at: number): void {
  const last = state.batches.at(-1);
  writeInt64(bytes, state.producerId, at);
  bytes.writeInt16BE(state.epoch, at + 8);
  bytes.writeInt32BE(last?.lastSequence ?? -1, at + 10);
  writeInt64(bytes, last?.lastOffset ?? -1, at + 14);
  bytes.writeInt32BE(last?.offsetDelta ?? 0, at + 22);
  writeInt64(bytes, state.lastTimestamp, at + 26);
  bytes.writeInt32BE(state.coordinatorEpoch, at + 34);
  writeInt64(bytes, state.transactionFirstOffset, at + 38);
}

/** Undefined for what is no whole snapshot: the batches tell it again. */
export function decodeSnapshot(bytes: Buffer): ProducerStates | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readInt16BE(0) !== VERSION) return undefined;
  const count = bytes.readInt32BE(COUNT_AT);
  if (count < 0 || bytes.length !== HEADER_BYTES + count * ENTRY_BYTES) return undefined;
  if (crc32c(bytes, COUNT_AT) !== bytes.readUInt32BE(CRC_AT)) return undefined;
  const states = new ProducerStates();
  for (let i = 0; i < count; i++) states.put(decodeEntry(bytes, HEADER_BYTES + i * ENTRY_BYTES));
  return states;
}

function decodeEntry(bytes: Buffer, at: number): ProducerState {
  const lastOffset = readInt64(bytes, at + 14);
  const lastTimestamp = readInt64(bytes, at + 26);
  const last = {
    lastSequence: bytes.readInt32BE(at + 10),
    lastOffset,
    offsetDelta: bytes.readInt32BE(at + 22),
    timestamp: lastTimestamp,
  };
  return {
    producerId: readInt64(bytes, at),
    epoch: bytes.readInt16BE(at + 8),
    batches: lastOffset < 0 ? [] : [last],
    lastTimestamp,
    coordinatorEpoch: bytes.readInt32BE(at + 34),
    transactionFirstOffset: readInt64(bytes, at + 38),
  };
}
