import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { prepareOdradek } from "../broker/odradek.ts";
import type { StorageSuite } from "./all.ts";
import { joined, type Readable, type Written } from "./contents.ts";
import { copies, untilCleaned } from "./directories.ts";

/** Topics and groups that Odradek holds are called so. */
export const OURS = "o";

/** Settings of both brokers: few partitions for groups, and a cleaner that does not wait long. */
export const common: Readonly<Record<string, string>> = {
  "offsets.topic.num.partitions": "4",
  "log.cleaner.backoff.ms": "200",
};

/** One moment of a data directory: copies of its parts, and what clients had written and read by then. */
export interface Moment {
  readonly paths: readonly string[];
  readonly written: Written;
  readonly read: Readable;
}

export interface OurDirectories {
  readonly stopped: Moment;
  /** Copied right after SIGKILL, while records came. */
  readonly killed: readonly string[];
  /** Started after that, written to, and stopped. */
  readonly restarted: Moment;
}

/** Two `log.dirs`, filled by a Java client: stopped in order, killed, started again and stopped. */
export async function writeWithOdradek(suite: StorageSuite): Promise<OurDirectories> {
  const { java, main } = suite;
  const home = join(suite.directory, "odradek");
  await mkdir(home);
  const paths = ["first", "second"].map((name) => join(home, name));
  const settings = { ...common, "log.dirs": paths.join(",") };
  const broker = await prepareOdradek(home, main, settings);
  const { bootstrap } = broker;
  try {
    await broker.start();
    const first = await java.traffic("create,write,trim,commit,read", bootstrap, OURS);
    await untilCleaned(paths, `${OURS}-compacted-0`);
    const { read } = await java.traffic("read", bootstrap, OURS);
    await broker.stop();
    const stopped = {
      written: first.written,
      read,
      paths: await copies(paths, join(home, "stopped")),
    };

    await broker.start();
    const load = java.load(bootstrap, OURS);
    await load.going;
    await broker.kill();
    const killed = await copies(paths, join(home, "killed"));
    await broker.start();
    const written = joined(first.written, await load.written);
    const last = await java.traffic("commit,read", bootstrap, OURS);
    await broker.stop();
    const restarted = {
      written,
      read: last.read,
      paths: await copies(paths, join(home, "restarted")),
    };
    return { stopped, killed, restarted };
  } finally {
    await broker.kill();
  }
}
