import { readFileSync } from "node:fs";
import { type BatchHeader, readBatchHeader, writeBatchHeader } from "../../src/records/batch.ts";
import { buildBatch, type NewRecord, type Record } from "../../src/records/records.ts";

/** Batches that Apache Kafka 4.4's Java classes wrote, each with the same records, by codec. */
export const javaBatches: ReadonlyMap<string, Buffer> = new Map(
  Object.entries(
    JSON.parse(readFileSync(new URL("java-batches.json", import.meta.url), "utf8")) as {
      [codec: string]: string;
    },
  ).map(([codec, base64]) => [codec, Buffer.from(base64, "base64")]),
);

/** What is in {@link javaBatches}. */
export function javaRecords(): Record[] {
  return Array.from({ length: 300 }, (_, i) => ({
    offset: i,
    timestamp: 1_700_000_000_000 + (i % 5) * 1000 - 2000,
    key: i % 3 === 0 ? null : Buffer.from(`key${i}`),
    value: i % 7 === 0 ? null : Buffer.from(javaValue(i % 8)),
    headers:
      i % 2 === 0
        ? [
            { key: `h${i}`, value: Buffer.from(`v${i}`) },
            { key: "null", value: null },
          ]
        : [],
  }));
}

function javaValue(n: number): string {
  return Array.from({ length: 40 }, (_, k) => `value ${n * 31 + k} `).join("");
}

/** A batch with some fields of its header replaced, and a right CRC. */
export function withHeader(batch: Buffer, changes: Partial<BatchHeader>): Buffer {
  const bytes = Buffer.from(batch);
  writeBatchHeader(bytes, { ...readBatchHeader(batch, 0), ...changes });
  return bytes;
}

/** A batch with this as its records, whatever it is, and a right CRC. */
export function withBody(body: Buffer, changes: Partial<BatchHeader> = {}): Buffer {
  const like = buildBatch({ records: [{ key: null, value: null }], timestamp: 0 });
  const bytes = Buffer.concat([like.subarray(0, 61), body]);
  writeBatchHeader(bytes, { ...readBatchHeader(like, 0), sizeInBytes: bytes.length, ...changes });
  return bytes;
}

export function newRecord(value: string, more: Partial<NewRecord> = {}): NewRecord {
  return { key: Buffer.from("k"), value: Buffer.from(value), ...more };
}
