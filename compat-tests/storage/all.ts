import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../harness/report.ts";
import { same } from "./contents.ts";
import { checkInspected, checkMoment, openTransactions } from "./inspected.ts";
import { JavaPrograms } from "./java-programs.ts";
import { checkKafkaServes } from "./kafka-serves.ts";
import { writeWithKafka } from "./kafka-writes.ts";
import {
  forgetAdoption,
  type NamedMoment,
  opensKilled,
  opensStopped,
  withoutMetadata,
} from "./odradek-opens.ts";
import { writeWithOdradek } from "./odradek-writes.ts";

export interface StorageChecks {
  readonly report: Report;
  /** Another build of Odradek than the present one. */
  readonly main: string | undefined;
  /** A machine that cannot run this is a failure. */
  readonly noSkip?: boolean;
  /** Leaves all directories where they are. */
  readonly keep?: boolean;
}

/** What all parts of the suite share. */
export interface StorageSuite extends StorageChecks {
  readonly java: JavaPrograms;
  /** Of the run's own. */
  readonly directory: string;
}

/**
 * The same files, both ways: Apache Kafka's classes read what Odradek wrote, Kafka serves it, and
 * Odradek opens what a Kafka of this very run wrote.
 */
export async function checkStorage(asked: StorageChecks): Promise<void> {
  const { report, noSkip = false, keep = false } = asked;
  const missing = await JavaPrograms.missing();
  if (missing !== undefined) {
    if (noSkip) report.fail("the same files, both ways", missing);
    else report.skip("the same files, both ways", missing);
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), "odradek-storage-"));
  const classes = join(directory, "classes");
  await mkdir(classes);
  const java = await JavaPrograms.start(classes);
  try {
    await report.check("the same files, both ways", async () => {
      const began = performance.now();
      await bothWays({ ...asked, directory, java });
      return `${((performance.now() - began) / 1000).toFixed(1)} s`;
    });
  } finally {
    java.stop();
    if (keep) report.note(`kept: ${directory}`);
    else await rm(directory, { recursive: true, force: true });
  }
}

async function bothWays(suite: StorageSuite): Promise<void> {
  const [ours, theirs] = await Promise.all([writeWithOdradek(suite), writeWithKafka(suite)]);
  const { data, stopped } = theirs;
  const name = "with __cluster_metadata";
  const [had] = await Promise.all([
    opensStopped(suite, { ...stopped, name, paths: data }),
    checkInspected(suite, ours),
  ]);
  const [alone, killed] = await Promise.all([
    withoutMetadata(suite, stopped).then((moment) => opensStopped(suite, moment)),
    checkKafkaServes(suite, ours, theirs, had.read),
  ]);
  await forgetAdoption(data);
  const last = await opensKilled(suite, killed);
  await checkLeft(suite, stopped.paths, [had, alone, last]);
}

/** What Odradek left of Kafka's directories, as Kafka's classes see it. */
async function checkLeft(
  suite: StorageSuite,
  before: readonly string[],
  moments: readonly NamedMoment[],
): Promise<void> {
  const all = [before, ...moments.map(({ paths }) => paths)];
  const inspected = await suite.java.inspect(all.flat());
  const parts = all.map((paths) => inspected.splice(0, paths.length));
  const [stopped = [], ...left] = parts;
  for (const [index, moment] of moments.entries()) {
    await checkMoment(suite, moment, left[index] ?? []);
  }
  await suite.report.check(
    "a transaction that was open with Kafka is so after Odradek",
    async () => {
      const open = openTransactions(stopped);
      for (const one of left) same("open", open, openTransactions(one));
      return `${Object.keys(open).length} partitions`;
    },
  );
}
