import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { BrokerProcess } from "../broker/broker-process.ts";
import { prepareKafka } from "../broker/kafka.ts";
import type { StorageSuite } from "./all.ts";
import { copies, folderIn, untilCleaned } from "./directories.ts";
import { common, type Moment, OURS } from "./odradek-writes.ts";

/** Topics and groups that Kafka filled are called so. */
export const THEIRS = "k";

export interface KafkaDirectory {
  readonly broker: BrokerProcess;
  /** Its `log.dirs`. */
  readonly data: readonly string[];
  /** After its first stop; there are topics of our names too, and nothing in them. */
  readonly stopped: Moment;
}

/** Its metadata is a snapshot, and what came since; in several segments. */
const manySnapshots: Readonly<Record<string, string>> = {
  "metadata.log.max.record.bytes.between.snapshots": "3000",
  "internal.metadata.log.segment.bytes": "4000",
};

/** A fresh Kafka, filled by a Java client as Odradek was, and with transactions; stopped. */
export async function writeWithKafka(suite: StorageSuite): Promise<KafkaDirectory> {
  const { java } = suite;
  const home = join(suite.directory, "kafka");
  await mkdir(home);
  const data = ["first", "second"].map((name) => join(home, name));
  const broker = await prepareKafka(home, {
    ...common,
    ...manySnapshots,
    "log.dirs": data.join(","),
  });
  const { bootstrap } = broker;
  try {
    await broker.start();
    const operations = "create,write,transact,trim,commit,write";
    const { written } = await java.traffic(operations, bootstrap, THEIRS);
    await java.traffic("create", bootstrap, OURS);
    await untilCleaned(data, `${THEIRS}-compacted-0`);
    const { read } = await java.traffic("read", bootstrap, THEIRS);
    await broker.stop();
    const metadata = await readdir(await folderIn(data, "__cluster_metadata-0"));
    const snapshots = metadata.filter((name) => name.endsWith(".checkpoint"));
    // The first is there before it starts.
    if (snapshots.length < 2) throw new Error("Kafka has made no snapshot of its metadata");
    const paths = await copies(data, join(home, "stopped"));
    return { broker, data, stopped: { written, read, paths } };
  } finally {
    await broker.kill();
  }
}
