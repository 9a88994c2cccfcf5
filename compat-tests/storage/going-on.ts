import type { BrokerProcess } from "../broker/broker-process.ts";
import { type Readable, type Row, readRecords, type Written } from "./contents.ts";
import { folderIn } from "./directories.ts";
import { lastIdempotentBatch, producerGoesOn } from "./sequences.ts";

/** An idempotent producer that has not been closed when its partition comes to another broker. */
export interface Unclosed {
  readonly topic: string;
  readonly end: number;
  readonly batch: Buffer;
}

/** The one that wrote last to the codecs topic of a label, and where that partition ends. */
export async function unclosedProducer(
  paths: readonly string[],
  read: Readable,
  label: string,
): Promise<Unclosed> {
  const topic = `${label}-codecs`;
  const batch = await lastIdempotentBatch(await folderIn(paths, `${topic}-0`));
  return { topic, batch, end: read.topics[topic]?.partitions["0"]?.end ?? -1 };
}

export async function goOn({ bootstrap }: BrokerProcess, unclosed: Unclosed): Promise<undefined> {
  const { topic, end, batch } = unclosed;
  await producerGoesOn(bootstrap, { topic, partition: 0, end }, batch);
  return undefined;
}

/** What was read, but for the record with which that producer went on. */
export function withoutGoingOn(read: Readable, { topic, end }: Unclosed): Written {
  const records: Record<string, readonly Row[]> = { ...readRecords(read) };
  const partition = `${topic}-0`;
  records[partition] = (records[partition] ?? []).filter(([offset]) => offset !== end);
  return records;
}
