import {
  BATCH_HEADER_BYTES,
  lastOffsetAt,
  maxTimestampAt,
  sizeInBytesAt,
} from "../records/batch.ts";
import type { DiskFile } from "./fs.ts";

const READ_BYTES = 16 * 1024;
const scratch = Buffer.allocUnsafeSlow(READ_BYTES);

/** The largest timestamp in a file of batches, and the last offset of the first batch that has it. */
export function newestBatch(
  file: DiskFile,
  sizeInBytes: number,
): { readonly maxTimestamp: number; readonly lastOffset: number } {
  let maxTimestamp = -1;
  let lastOffset = -1;
  for (let position = 0; position < sizeInBytes; ) {
    const count = file.readSync(scratch, position);
    let at = 0;
    while (at + BATCH_HEADER_BYTES <= count && sizeInBytesAt(scratch, at) > 0) {
      if (maxTimestampAt(scratch, at) > maxTimestamp) {
        maxTimestamp = maxTimestampAt(scratch, at);
        lastOffset = lastOffsetAt(scratch, at);
      }
      at += sizeInBytesAt(scratch, at);
    }
    if (at === 0) break;
    position += at;
  }
  return { maxTimestamp, lastOffset };
}
