import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import {
  type BatchHeader,
  isTransactional,
  readBatchHeader,
  stampOffsets,
} from "../../src/records/batch.ts";
import { batchesIn, buildBatch } from "../../src/records/records.ts";
import { Asker } from "../../test/support/asker.ts";
import { same } from "./contents.ts";

/** The last that names topics. */
const PRODUCE_VERSION = 12;
const ALL_IN_SYNC = -1;
const GAP = 100;

/** The newest batch of an idempotent producer in a partition's folder. */
export async function lastIdempotentBatch(folder: string): Promise<Buffer> {
  const logs = (await readdir(folder)).filter((name) => name.endsWith(".log")).sort();
  for (const name of logs.reverse()) {
    const bytes = await readFile(join(folder, name));
    for (const at of [...batchesIn(bytes)].reverse()) {
      const { producerId, attributes, sizeInBytes } = readBatchHeader(bytes, at);
      const isWanted = producerId >= 0 && !isTransactional(attributes);
      if (isWanted) return Buffer.from(bytes.subarray(at, at + sizeInBytes));
    }
  }
  throw new Error(`no idempotent producer has written to ${folder}`);
}

/**
 * The producer of a batch goes on at a broker that has been given its log: what it sends again is
 * acknowledged where it lies already, what follows goes to the end, and what leaves something out is
 * refused. Gives the offset of what was appended.
 */
export async function producerGoesOn(
  bootstrap: string,
  place: { readonly topic: string; readonly partition: number; readonly end: number },
  batch: Buffer,
): Promise<void> {
  const [host = "", port = ""] = bootstrap.split(":");
  const asker = await Asker.open(host, Number(port), "goes on");
  const send = async (records: Buffer): Promise<readonly [number, number]> => {
    const { topic: name, partition: index } = place;
    const topicData = [{ name, partitionData: [{ index, records }] }];
    const request = { acks: ALL_IN_SYNC, timeoutMs: 10_000, topicData };
    const { responses } = await asker.ask(produce, PRODUCE_VERSION, request);
    const answer = responses[0]?.partitionResponses[0];
    return [answer?.errorCode ?? -1, answer?.baseOffset ?? -1];
  };
  try {
    const header = readBatchHeader(batch, 0);
    const { NONE, OUT_OF_ORDER_SEQUENCE_NUMBER } = ErrorCode;
    const again = Buffer.from(batch);
    stampOffsets(again, 0, 0, -1);
    same("sent again", [NONE, header.baseOffset], await send(again));
    same("behind a gap", [OUT_OF_ORDER_SEQUENCE_NUMBER, -1], await send(next(header, GAP)));
    same("what follows", [NONE, place.end], await send(next(header, 0)));
  } finally {
    asker.close();
  }
}

/** What the producer sends after a batch. */
function next(header: BatchHeader, leftOut: number): Buffer {
  const { producerId, producerEpoch, baseSequence, lastOffsetDelta } = header;
  return buildBatch({
    records: [{ key: Buffer.from("goes"), value: Buffer.from("on") }],
    timestamp: header.maxTimestamp + 1,
    producerId,
    producerEpoch,
    baseSequence: baseSequence + lastOffsetDelta + 1 + leftOut,
  });
}
