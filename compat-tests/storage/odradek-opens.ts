import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { prepareOdradek } from "../broker/odradek.ts";
import type { StorageSuite } from "./all.ts";
import { joined, type Readable, readRecords, same } from "./contents.ts";
import { copies } from "./directories.ts";
import { checkMoment, compareWritten } from "./inspected.ts";
import { type KafkaDirectory, THEIRS } from "./kafka-writes.ts";
import { common, type Moment } from "./odradek-writes.ts";
import { lastIdempotentBatch, producerGoesOn } from "./sequences.ts";

/** Odradek starts on the directory of Apache Kafka, with and without Kafka's own metadata. */
export async function checkOdradekOpens(
  suite: StorageSuite,
  { stopped }: KafkaDirectory,
): Promise<void> {
  const left = [
    await opens(suite, stopped, { name: "with __cluster_metadata", hasMetadata: true }),
    await opens(suite, stopped, { name: "without __cluster_metadata", hasMetadata: false }),
  ];
  const inspected = await suite.java.inspect(left.flatMap(({ paths }) => paths));
  for (const [index, moment] of left.entries()) {
    await checkMoment(suite, moment, inspected.slice(index, index + 1));
  }
}

async function opens(
  suite: StorageSuite,
  { paths, written, read }: KafkaDirectory["stopped"],
  { name, hasMetadata }: { readonly name: string; readonly hasMetadata: boolean },
): Promise<Moment & { readonly name: string }> {
  const { report, java, main } = suite;
  const home = join(suite.directory, `opened-${hasMetadata}`);
  await mkdir(home);
  const [data = ""] = await copies(paths, join(home, "copy"));
  if (!hasMetadata) await rm(join(data, "__cluster_metadata-0"), { recursive: true });
  const broker = await prepareOdradek(home, main, { ...common, "log.dirs": data });
  const { bootstrap } = broker;
  const went = { topic: `${THEIRS}-codecs`, partition: 0 };
  const batch = await lastIdempotentBatch(join(data, `${went.topic}-${went.partition}`));
  const end = read.topics[went.topic]?.partitions["0"]?.end ?? -1;
  const failedBefore = report.failed;
  try {
    await broker.start();
    await report.check(`Odradek opens what Apache Kafka wrote: ${name}`, async () => {
      const found = (await java.traffic("read", bootstrap, THEIRS)).read;
      same("read", hasMetadata ? read : withoutConfigs(read), found);
      return `${Object.values(readRecords(found)).flat().length} records`;
    });
    await report.check(`a producer of Kafka's goes on at Odradek: ${name}`, async () => {
      await producerGoesOn(bootstrap, { ...went, end }, batch);
      return undefined;
    });
    const more = await java.traffic("write,commit,read", bootstrap, THEIRS);
    const all = joined(written, more.written);
    await report.check(`Odradek writes on in what Kafka wrote: ${name}`, async () => {
      const found = { ...readRecords(more.read) };
      found["k-codecs-0"] = (found["k-codecs-0"] ?? []).filter(([offset]) => offset !== end);
      compareWritten(more.read, all, found);
      return `${Object.values(more.written).flat().length} records more`;
    });
    await broker.stop();
    const left = await copies([data], join(home, "inspected"));
    return { name: `Kafka's, ${name}`, paths: left, written: {}, read: more.read };
  } finally {
    if (report.failed > failedBefore) report.note(`Odradek printed: ${await broker.tail()}`);
    await broker.kill();
  }
}

/** What is set on topics is nowhere but in the metadata. */
function withoutConfigs(read: Readable): Readable {
  const topics = Object.entries(read.topics).map(([name, topic]) => [
    name,
    { ...topic, configs: {} },
  ]);
  return { ...read, topics: Object.fromEntries(topics) };
}
