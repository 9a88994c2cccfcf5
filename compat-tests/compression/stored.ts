import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { attributesAt, BATCH_HEADER_BYTES, compressionOf } from "../../src/records/batch.ts";
import { batchesIn } from "../../src/records/records.ts";

const CODECS = ["uncompressed", "gzip", "snappy", "lz4", "zstd"];
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);

/** What lies in the files of a partition. */
export interface StoredTopic {
  /** Of its batches, each once. Snappy is told by its framing: "snappy xerial", "snappy raw". */
  readonly codecs: readonly string[];
  readonly batches: number;
  readonly bytes: number;
}

/** Reads the segments of a topic's only partition. */
export async function storedTopic(dataDirectory: string, topic: string): Promise<StoredTopic> {
  const folder = join(dataDirectory, `${topic}-0`);
  const codecs = new Set<string>();
  let batches = 0;
  let bytes = 0;
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".log")) continue;
    const segment = await readFile(join(folder, name));
    bytes += segment.length;
    for (const at of batchesIn(segment)) {
      batches += 1;
      codecs.add(codecAt(segment, at));
    }
  }
  return { codecs: [...codecs].sort(), batches, bytes };
}

function codecAt(segment: Buffer, at: number): string {
  const codec = CODECS[compressionOf(attributesAt(segment, at))] ?? "unknown";
  if (codec !== "snappy") return codec;
  const start = segment.subarray(at + BATCH_HEADER_BYTES, at + BATCH_HEADER_BYTES + XERIAL.length);
  return start.equals(XERIAL) ? "snappy xerial" : "snappy raw";
}
