import type { Client, Codec } from "../harness/clients.ts";
import { partitionOf } from "../harness/murmur2.ts";

export const PARTITIONS = 12;

/** A record as the adapters take and give it; bytes are base64. */
export interface TestRecord {
  readonly key: string;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
  /** Milliseconds; null where the client sets the time itself. */
  readonly timestamp: number | null;
}

/** A topic that one client writes with one codec. */
export interface WrittenTopic {
  readonly topic: string;
  readonly writer: Client;
  readonly codec: Codec;
}

export function topicsOf(writer: Client): WrittenTopic[] {
  return writer.codecs.map((codec) => ({ topic: `${writer.name}-${codec}`, writer, codec }));
}

// Every length modulo 4 (murmur2's tail), letters beyond ASCII, bytes above 127.
const keys: readonly Buffer[] = [
  ...["a", "21", "abc", "user", "order-17", "ключ", "日本語", "a-little-bit-long-string"],
  ...Array.from({ length: 14 }, (_, n) => "key".padEnd(3 + n, "0123456789abcdef")),
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.from([0xff]),
    Buffer.from([0xff, 0xfe, 0x80, 0x81, 0xc3]),
    Buffer.alloc(7, 0x90),
  ]);

/** Large enough for several blocks of every codec; half of it does not compress. */
function largeValue(): Buffer {
  const bytes = Buffer.alloc(150_000, "compressible ");
  let state = 1;
  for (let at = 0; at < bytes.length / 2; at++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

const text = (value: string): string => Buffer.from(value).toString("base64");

const headerSets: readonly TestRecord["headers"][] = [
  [],
  [["trace", text("00-4bf92f3577b34da6")]],
  [
    ["again", text("first")],
    ["again", text("second")],
    ["ünï", Buffer.from([0xff, 0xfe, 0x01, 0x7f]).toString("base64")],
  ],
  [["empty", ""]],
];

/** The records that a client writes to each of its topics: three rounds over the keys, then the odd ones. */
export function recordsFor(writer: Client, nowMs: number): TestRecord[] {
  const values = [...keys, ...keys, ...keys].map((key, n) => ({ key, value: text(`value ${n}`) }));
  const odd = [
    { key: Buffer.from("tombstone"), value: null },
    { key: Buffer.from("large"), value: largeValue().toString("base64") },
  ];
  if (writer.perRecord) odd.push({ key: Buffer.from("empty"), value: "" });
  const same: TestRecord["headers"] = [["trace", text("00-4bf92f3577b34da6")]];
  return [...values, ...odd].map(({ key, value }, n) => ({
    key: key.toString("base64"),
    value,
    headers: writer.perRecord ? (headerSets[n % headerSets.length] ?? []) : same,
    timestamp: writer.perRecord ? nowMs - 600_000 + n * 37 : null,
  }));
}

/** Where Java's client puts a record. */
export function javaPartition(record: TestRecord): number {
  return partitionOf(Buffer.from(record.key, "base64"), PARTITIONS);
}
