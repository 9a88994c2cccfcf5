import type { StorageSuite } from "./all.ts";
import { joined, labelled, type Readable, sameRead } from "./contents.ts";
import { takePlace } from "./directories.ts";
import { goOn, unclosedProducer, withoutGoingOn } from "./going-on.ts";
import { compareWritten } from "./inspected.ts";
import { type KafkaDirectory, THEIRS } from "./kafka-writes.ts";
import type { NamedMoment } from "./odradek-opens.ts";
import { OURS, type OurDirectories } from "./odradek-writes.ts";

/**
 * Apache Kafka starts on its directories again, which Odradek has had meanwhile, with partitions of ours
 * in the place of its own; in the end it is killed.
 *
 * @param had what clients read in Kafka's topics while Odradek served them.
 */
export async function checkKafkaServes(
  { report, java }: StorageSuite,
  { restarted: ours }: OurDirectories,
  { broker, data }: KafkaDirectory,
  had: Readable,
): Promise<NamedMoment> {
  const moved = await takePlace(ours.paths, data);
  const { bootstrap } = broker;
  const all = `(${OURS}|${THEIRS})`;
  const unclosed = await unclosedProducer(data, ours.read, OURS);
  const theirs = await unclosedProducer(data, had, THEIRS);
  const failedBefore = report.failed;
  try {
    await broker.start();
    const { read } = await java.traffic("read", bootstrap, all);
    await report.check("Apache Kafka serves our partitions: records, offsets, groups", async () => {
      sameRead("read", asIn(read, ours.read), labelled(read, OURS));
      return `${moved.length} partitions, ${Object.keys(ours.read.groups).length} groups`;
    });
    await report.check("Apache Kafka serves its own after Odradek did", async () => {
      // Their groups were in the partitions that ours have taken the place of.
      sameRead("read", { ...had, groups: {} }, { ...labelled(read, THEIRS), groups: {} });
      return undefined;
    });
    await report.check("a producer of ours goes on at Kafka", () => goOn(broker, unclosed));
    await report.check("a producer of Kafka's that Odradek knew goes on at Kafka", () =>
      goOn(broker, theirs),
    );
    const more = await java.traffic("write,commit", bootstrap, OURS);
    const last = (await java.traffic("read", bootstrap, all)).read;
    await report.check("Kafka writes on in our partitions and groups", async () => {
      const written = joined(ours.written, more.written);
      compareWritten(last, written, withoutGoingOn(last, unclosed));
      return `${Object.values(more.written).flat().length} records more`;
    });
    await broker.kill();
    return { name: "killed", paths: data, written: {}, read: last };
  } finally {
    if (report.failed > failedBefore) report.note(`Kafka printed: ${await broker.tail()}`);
    await broker.kill();
  }
}

/** Topics under the ids that another broker knows them by. */
function asIn(broker: Readable, { topics, groups }: Readable): Readable {
  const named = Object.entries(topics).map(([name, topic]) => [
    name,
    { ...topic, id: broker.topics[name]?.id ?? "" },
  ]);
  return { topics: Object.fromEntries(named), groups };
}
