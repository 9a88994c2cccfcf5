import { compress, decompress } from "../../src/records/compression.ts";
import { crc32c } from "../../src/records/crc32c.ts";
import { buildBatch } from "../../src/records/records.ts";
import { type ValidationRules, validateForAppend } from "../../src/records/validator.ts";
import { repeated } from "./measure.ts";

/** CRC, validation and codecs alone: `tsx scripts/bench-micro/records.ts`. */
const nowMs = Date.now();
const MB = 1_000_000;

const rules: ValidationRules = {
  partition: "bench-0",
  now: nowMs,
  timestampType: "CreateTime",
  beforeMaxMs: Number.MAX_SAFE_INTEGER,
  afterMaxMs: 3_600_000,
  maxMessageBytes: 8 * MB,
  compacted: false,
  compressionType: "producer",
  validatesCompressed: false,
  recordBytesMax: 64 * MB,
  origin: "client",
};

function batchOf(
  valueBytes: number,
  headers: readonly { key: string; value: Buffer }[] = [],
): Buffer {
  const value = Buffer.alloc(valueBytes, "the quick brown fox ");
  const records = Array.from({ length: Math.ceil(MB / valueBytes) }, (_, i) => ({
    key: Buffer.from(`key-${i}`),
    value,
    headers,
  }));
  return buildBatch({ records, timestamp: nowMs });
}

for (const bytesEach of [1024, 64 * 1024, MB]) {
  const bytes = Buffer.alloc(bytesEach, 1);
  const count = Math.ceil((500 * MB) / bytesEach / (bytesEach < 2000 ? 10 : 1));
  await repeated(`CRC-32C of ${bytesEach} bytes`, { count, bytesEach }, () => void crc32c(bytes));
}
const header = { key: "trace", value: Buffer.alloc(16) };
for (const [name, batch] of [
  ["100 B", batchOf(100)],
  ["100 B with a header", batchOf(100, [header])],
  ["1 KiB", batchOf(1024)],
] as const) {
  const work = { count: 100, bytesEach: batch.length };
  await repeated(`validate 1 MB of records of ${name}`, work, () => {
    validateForAppend(batch, rules);
  });
}
const body = batchOf(1024).subarray(61);
for (const [name, codec] of [
  ["gzip", 1],
  ["snappy", 2],
  ["lz4", 3],
] as const) {
  const small = compress(codec, body);
  const work = { count: 30, bytesEach: body.length };
  await repeated(`${name}: compress 1 MB`, work, () => void compress(codec, body));
  await repeated(`${name}: inflate 1 MB`, work, () => void decompress(codec, small, 8 * MB));
}
