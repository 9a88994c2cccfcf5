import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../harness/report.ts";
import { checkInspected } from "./inspected.ts";
import { JavaPrograms } from "./java-programs.ts";
import { checkKafkaServes } from "./kafka-serves.ts";
import { writeWithKafka } from "./kafka-writes.ts";
import { checkOdradekOpens } from "./odradek-opens.ts";
import { writeWithOdradek } from "./odradek-writes.ts";

export interface StorageChecks {
  readonly report: Report;
  /** Another build of Odradek than the present one. */
  readonly main: string | undefined;
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
  const { report, keep = false } = asked;
  const directory = await mkdtemp(join(tmpdir(), "odradek-storage-"));
  try {
    const classes = join(directory, "classes");
    await mkdir(classes);
    const suite: StorageSuite = { ...asked, directory, java: await JavaPrograms.compile(classes) };
    await report.check("the same files, both ways", async () => {
      const began = performance.now();
      const [ours, theirs] = await Promise.all([writeWithOdradek(suite), writeWithKafka(suite)]);
      await Promise.all([
        checkInspected(suite, ours),
        checkKafkaServes(suite, ours, theirs),
        checkOdradekOpens(suite, theirs),
      ]);
      return `${((performance.now() - began) / 1000).toFixed(1)} s`;
    });
  } finally {
    if (keep) report.note(`kept: ${directory}`);
    else await rm(directory, { recursive: true, force: true });
  }
}
