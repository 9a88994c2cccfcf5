import { readdir, readFile } from "node:fs/promises";
import { MemoryDisk } from "../../../src/storage/memory-disk.ts";

/** A data directory that Apache Kafka 4.4.0 left behind. */
const GOLDEN = new URL("../../golden/log-dir/", import.meta.url);

/** Its copy on a disk in memory, as `/data`. */
export async function goldenDisk(
  options: { clean: boolean } = { clean: true },
): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.makeDirectory("/data");
  for (const entry of await readdir(GOLDEN, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const url = new URL(`${entry.parentPath}/${entry.name}`, "file://");
    const path = `/data/${url.pathname.slice(GOLDEN.pathname.length)}`.replace("//", "/");
    if (!options.clean && entry.name === ".kafka_cleanshutdown") continue;
    await disk.makeDirectory(path.slice(0, path.lastIndexOf("/")));
    await disk.replaceFile(path, await readFile(url));
  }
  return disk;
}
