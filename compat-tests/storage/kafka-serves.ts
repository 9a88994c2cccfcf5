import { join } from "node:path";
import type { StorageSuite } from "./all.ts";
import { joined, readRecords, same } from "./contents.ts";
import { takePlace } from "./directories.ts";
import { compareWritten } from "./inspected.ts";
import type { KafkaDirectory } from "./kafka-writes.ts";
import { OURS, type OurDirectories } from "./odradek-writes.ts";
import { lastIdempotentBatch, producerGoesOn } from "./sequences.ts";

/** Apache Kafka serves our partitions in the place of its own. */
export async function checkKafkaServes(
  { report, java }: StorageSuite,
  ours: OurDirectories,
  { broker, data }: KafkaDirectory,
): Promise<void> {
  const { read, paths, written } = ours.restarted;
  const moved = await takePlace(paths, data);
  const { bootstrap } = broker;
  const went = { topic: `${OURS}-codecs`, partition: 0 };
  const batch = await lastIdempotentBatch(join(data, `${went.topic}-${went.partition}`));
  const end = read.topics[went.topic]?.partitions["0"]?.end ?? -1;
  const failedBefore = report.failed;
  try {
    await broker.start();
    await report.check("Apache Kafka serves our partitions: records and offsets", async () => {
      const found = (await java.traffic("read", bootstrap, OURS)).read;
      for (const [name, { partitions }] of Object.entries(read.topics)) {
        same(name, partitions, found.topics[name]?.partitions);
      }
      same("groups", read.groups, found.groups);
      return `${moved.length} partitions, ${Object.keys(found.groups).length} groups`;
    });
    await report.check("a producer of ours goes on at Kafka", async () => {
      await producerGoesOn(bootstrap, { ...went, end }, batch);
      return undefined;
    });
    await report.check("Kafka writes on in our partitions and groups", async () => {
      const more = await java.traffic("write,commit,read", bootstrap, OURS);
      const all = joined(written, more.written);
      const found = { ...readRecords(more.read) };
      found["o-codecs-0"] = (found["o-codecs-0"] ?? []).filter(([offset]) => offset !== end);
      compareWritten(more.read, all, found);
      return `${Object.values(more.written).flat().length} records more`;
    });
    await broker.stop();
  } finally {
    if (report.failed > failedBefore) report.note(`Kafka printed: ${await broker.tail()}`);
    await broker.kill();
  }
}
