import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { prepareOdradek } from "../broker/odradek.ts";
import type { StorageSuite } from "./all.ts";
import { joined, labelled, type Readable, readRecords, sameRead } from "./contents.ts";
import { copies } from "./directories.ts";
import { goOn, unclosedProducer, withoutGoingOn } from "./going-on.ts";
import { compareWritten } from "./inspected.ts";
import { THEIRS } from "./kafka-writes.ts";
import { common, type Moment, OURS } from "./odradek-writes.ts";

export type NamedMoment = Moment & { readonly name: string };

/** Starts Odradek on directories of Apache Kafka, in which it writes on; they are left stopped. */
export async function opensStopped(suite: StorageSuite, kafka: NamedMoment): Promise<NamedMoment> {
  const { report, java } = suite;
  const { name, paths, read, written } = kafka;
  const unclosed = await unclosedProducer(paths, read, THEIRS);
  return withOdradek(suite, kafka, async (broker) => {
    const { bootstrap } = broker;
    await report.check(`Odradek opens what Apache Kafka wrote: ${name}`, async () => {
      const found = (await java.traffic("read", bootstrap, THEIRS)).read;
      sameRead("read", read, found);
      return `${Object.values(readRecords(found)).flat().length} records`;
    });
    await report.check(`a producer of Kafka's goes on at Odradek: ${name}`, () =>
      goOn(broker, unclosed),
    );
    const more = await java.traffic("write,commit,read", bootstrap, THEIRS);
    await report.check(`Odradek writes on in what Kafka wrote: ${name}`, async () => {
      const all = joined(written, more.written);
      compareWritten(more.read, all, withoutGoingOn(more.read, unclosed));
      return `${Object.values(more.written).flat().length} records more`;
    });
    return more.read;
  });
}

/** Starts Odradek on directories of an Apache Kafka that was killed. */
export async function opensKilled(suite: StorageSuite, kafka: NamedMoment): Promise<NamedMoment> {
  const { report, java } = suite;
  const { name, paths, read } = kafka;
  const unclosed = await Promise.all(
    [OURS, THEIRS].map((label) => unclosedProducer(paths, labelled(read, label), label)),
  );
  return withOdradek(suite, kafka, async (broker) => {
    const { bootstrap } = broker;
    await report.check(`Odradek opens what Apache Kafka wrote: ${name}`, async () => {
      const found = (await java.traffic("read", bootstrap, `(${OURS}|${THEIRS})`)).read;
      sameRead("read", read, found);
      return `${Object.values(readRecords(found)).flat().length} records`;
    });
    for (const one of unclosed) {
      await report.check(`the producer of ${one.topic} goes on at Odradek: ${name}`, () =>
        goOn(broker, one),
      );
    }
    return (await java.traffic("read", bootstrap, `(${OURS}|${THEIRS})`)).read;
  });
}

async function withOdradek(
  { report, main, directory }: StorageSuite,
  { name, paths }: NamedMoment,
  work: (broker: Awaited<ReturnType<typeof prepareOdradek>>) => Promise<Readable>,
): Promise<NamedMoment> {
  const home = join(directory, `opens ${name}`);
  await mkdir(home);
  const broker = await prepareOdradek(home, main, { ...common, "log.dirs": paths.join(",") });
  const failedBefore = report.failed;
  try {
    await broker.start();
    const read = await work(broker);
    await broker.stop();
    const left = await copies(paths, join(home, "left"));
    return { name: `Kafka's, ${name}, then Odradek's`, paths: left, written: {}, read };
  } finally {
    if (report.failed > failedBefore) report.note(`Odradek printed: ${await broker.tail()}`);
    await broker.kill();
  }
}

/** A copy of directories of Apache Kafka without Kafka's metadata, and what is lost with it. */
export async function withoutMetadata(
  { directory }: StorageSuite,
  { paths, read, written }: Moment,
): Promise<NamedMoment> {
  const copied = await copies(paths, join(directory, "without metadata"));
  for (const path of copied) {
    await rm(join(path, "__cluster_metadata-0"), { recursive: true, force: true });
  }
  const topics = Object.entries(read.topics).map(([name, topic]) => [
    name,
    { ...topic, configs: {} },
  ]);
  const left = { ...read, topics: Object.fromEntries(topics) };
  return { name: "without __cluster_metadata", paths: copied, written, read: left };
}

/** Nothing tells any more that Odradek has had these directories. */
export async function forgetAdoption(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    for (const name of ["odradek-metadata.log", "odradek-adopted", "odradek-clean-logs"]) {
      await rm(join(path, name), { force: true });
    }
  }
}
