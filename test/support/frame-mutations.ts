import { unregisterBroker } from "../../src/protocol/generated/unregister-broker.ts";
import { uvarint } from "./reference-encoder.ts";

/** A whole number from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** The same numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Mutation = (frame: Buffer, random: Random, other: Buffer) => Buffer;

/** One to three of the mutations below, in a row. The frame itself stays as it is. */
export function mutate(frame: Buffer, other: Buffer, random: Random): Buffer {
  let mutated: Buffer = Buffer.from(frame);
  for (let left = 1 + random(3); left > 0; left--) {
    mutated = (mutations[random(mutations.length)] as Mutation)(mutated, random, other);
  }
  return mutated;
}

/** Whether it may ask for the one thing that a broker does not survive: it does as it is told. */
export function mayUnregister(frame: Buffer): boolean {
  return frame.length >= 2 && frame.readInt16BE(0) === unregisterBroker.key;
}

function flipBits(frame: Buffer, random: Random): Buffer {
  if (frame.length === 0) return frame;
  for (let left = 1 + random(8); left > 0; left--) {
    const at = random(frame.length);
    frame[at] = (frame[at] as number) ^ (1 << random(8));
  }
  return frame;
}

function truncate(frame: Buffer, random: Random): Buffer {
  return frame.subarray(0, random(frame.length + 1));
}

/** Lengths that are null, nothing, the largest there is, and one more than what is left. */
function lieInInt32(frame: Buffer, random: Random): Buffer {
  if (frame.length < 4) return frame;
  const at = random(frame.length - 3);
  const remaining = frame.length - at - 4;
  const lies = [-1, 0, 2 ** 31 - 1, remaining + 1, remaining, -(2 ** 31), remaining >> 1];
  frame.writeInt32BE(lies[random(lies.length)] as number, at);
  return frame;
}

function lieInInt16(frame: Buffer, random: Random): Buffer {
  if (frame.length < 2) return frame;
  const at = random(frame.length - 1);
  const remaining = Math.min(frame.length - at - 2, 32_766);
  const lies = [-1, 0, 32_767, remaining + 1, remaining, -32_768];
  frame.writeInt16BE(lies[random(lies.length)] as number, at);
  return frame;
}

/** A compact length, or the size or count of tagged fields, put over what stands there. */
function lieInVarint(frame: Buffer, random: Random): Buffer {
  const at = random(frame.length + 1);
  const remaining = frame.length - at;
  const lies = [0, 1, 2 ** 31, 2 ** 32 - 1, remaining, remaining + 1, remaining + 2, 127, 16_384];
  const lie = uvarint(lies[random(lies.length)] as number);
  const replaced = random(lie.length + 1);
  return Buffer.concat([frame.subarray(0, at), lie, frame.subarray(at + replaced)]);
}

/** Bytes without end: a varint that never stops, or elements without number. */
function fill(frame: Buffer, random: Random): Buffer {
  const at = random(frame.length + 1);
  const bytes = Buffer.alloc(1 + random(400), [0x00, 0x01, 0x02, 0x80, 0xff][random(5)]);
  return Buffer.concat([frame.subarray(0, at), bytes, frame.subarray(at)]);
}

/** The end replaced by a count, and as many elements of the fewest bytes as it says, or so. */
function swarm(frame: Buffer, random: Random): Buffer {
  const at = random(frame.length + 1);
  const bytes = Buffer.alloc(1 + random(4000), [0x00, 0x01, 0x02][random(3)]);
  const count = Math.floor(bytes.length / (1 + random(40)));
  const said = Buffer.alloc(4);
  said.writeInt32BE(count);
  const start = random(2) === 0 ? said : uvarint(count + 1);
  return Buffer.concat([frame.subarray(0, at), start, bytes]);
}

function splice(frame: Buffer, random: Random, other: Buffer): Buffer {
  const from = random(other.length + 1);
  const piece = other.subarray(from, from + random(other.length - from + 1));
  const at = random(frame.length + 1);
  const replaced = random(2) === 0 ? 0 : random(frame.length - at + 1);
  return Buffer.concat([frame.subarray(0, at), piece, frame.subarray(at + replaced)]);
}

function remove(frame: Buffer, random: Random): Buffer {
  const at = random(frame.length + 1);
  const removed = random(Math.min(16, frame.length - at) + 1);
  return Buffer.concat([frame.subarray(0, at), frame.subarray(at + removed)]);
}

function repeat(frame: Buffer, random: Random): Buffer {
  const at = random(frame.length + 1);
  const piece = frame.subarray(at, at + random(32));
  return Buffer.concat([frame.subarray(0, at), piece, piece, frame.subarray(at)]);
}

const mutations: readonly Mutation[] = [
  flipBits,
  truncate,
  lieInInt32,
  lieInInt16,
  lieInVarint,
  fill,
  swarm,
  splice,
  remove,
  repeat,
];
