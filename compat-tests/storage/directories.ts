import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type CheckpointEntry,
  formatCheckpoint,
  parseCheckpoint,
} from "../../src/storage/checkpoint.ts";

const CHECKPOINTS = [
  "recovery-point-offset-checkpoint",
  "replication-offset-checkpoint",
  "log-start-offset-checkpoint",
];
const CLEANED = "cleaner-offset-checkpoint";
const CLEANING_MS_MAX = 30_000;

/** The folder of a partition, in whichever of the directories it is. */
export async function folderIn(paths: readonly string[], partition: string): Promise<string> {
  for (const path of paths) {
    if ((await readdir(path)).includes(partition)) return join(path, partition);
  }
  throw new Error(`no ${partition} in ${paths.join(", ")}`);
}

/** Copies of data directories, each under its own number; gives their paths. */
export async function copies(paths: readonly string[], into: string): Promise<readonly string[]> {
  await mkdir(into, { recursive: true });
  return Promise.all(
    paths.map(async (path, index) => {
      const copy = join(into, String(index));
      await cp(path, copy, { recursive: true });
      return copy;
    }),
  );
}

/** Waits until the cleaner has been through a part of a partition. */
export async function untilCleaned(paths: readonly string[], partition: string): Promise<void> {
  const began = performance.now();
  for (;;) {
    for (const path of paths) {
      if (((await offsetsIn(path, CLEANED)).get(partition) ?? 0) > 0) return;
    }
    if (performance.now() - began > CLEANING_MS_MAX) throw new Error(`${partition} is not cleaned`);
    await sleep(50);
  }
}

/**
 * Puts partitions of ours in the place of Kafka's of the same name, as somebody would who moves them:
 * the folders, with the id that Kafka knows the topic by, and their lines in the checkpoints.
 */
export async function takePlace(
  ours: readonly string[],
  kafka: readonly string[],
): Promise<readonly string[]> {
  const moved: string[] = [];
  for (const path of ours) {
    for (const { name } of (await readdir(path, { withFileTypes: true })).filter(isFolder)) {
      const place = await folderIn(kafka, name);
      const identity = await readFile(join(place, "partition.metadata"));
      await rm(place, { recursive: true });
      await cp(join(path, name), place, { recursive: true });
      await writeFile(join(place, "partition.metadata"), identity);
      moved.push(name);
    }
  }
  for (const path of kafka) {
    for (const file of CHECKPOINTS) await mergeCheckpoint(file, { ours, path, moved });
  }
  return moved;
}

function isFolder(entry: { isDirectory(): boolean }): boolean {
  return entry.isDirectory();
}

/** Lines of partitions that have moved into this directory. */
async function mergeCheckpoint(
  file: string,
  given: {
    readonly ours: readonly string[];
    readonly path: string;
    readonly moved: readonly string[];
  },
): Promise<void> {
  const { ours, path, moved } = given;
  const offsets = await offsetsIn(path, file);
  for (const name of moved) offsets.delete(name);
  const here = new Set(await readdir(path));
  for (const from of ours) {
    for (const [name, offset] of await offsetsIn(from, file)) {
      if (here.has(name)) offsets.set(name, offset);
    }
  }
  const entries = [...offsets].map(([name, offset]): CheckpointEntry => {
    const at = name.lastIndexOf("-");
    return { topic: name.slice(0, at), partition: Number(name.slice(at + 1)), offset };
  });
  await writeFile(join(path, file), formatCheckpoint(entries));
}

async function offsetsIn(path: string, file: string): Promise<Map<string, number>> {
  return parseCheckpoint(await readFile(join(path, file), "utf8").catch(() => ""));
}
