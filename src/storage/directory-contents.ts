import { crc32c } from "../records/crc32c.ts";
import { formatOffsets, parseCheckpoint } from "./checkpoint.ts";
import { CLEAN_LOGS_FILE, type CleanLog, parseCleanLogs } from "./clean-logs.ts";
import { ForeignDirectory } from "./foreign-directory.ts";
import type { Disk } from "./fs.ts";
import {
  type FoundProperties,
  formatMetaProperties,
  type MetaProperties,
  parseMetaProperties,
} from "./meta-properties.ts";

export const META_FILE = "meta.properties";
export const CLEAN_SHUTDOWN_FILE = ".kafka_cleanshutdown";
export const RECOVERY_POINTS_FILE = "recovery-point-offset-checkpoint";
/** Of each log the first offset that was not compacted. */
export const CLEANER_OFFSETS_FILE = "cleaner-offset-checkpoint";
export const LOG_STARTS_FILE = "log-start-offset-checkpoint";
export const HIGH_WATERMARKS_FILE = "replication-offset-checkpoint";

export interface PartitionFolder {
  readonly topic: string;
  readonly partition: number;
  /** The folder's name, where it is not `<topic>-<partition>`: a copy that is not complete. */
  readonly future?: string | undefined;
}

/** What a directory says of itself before any log is opened. */
export interface DirectoryContents {
  readonly properties: MetaProperties;
  readonly wasCleanShutdown: boolean;
  /** By `<topic>-<partition>`. */
  readonly folders: Map<string, PartitionFolder>;
  readonly futures: Map<string, PartitionFolder>;
  readonly recoveryPoints: ReadonlyMap<string, number>;
  readonly logStarts: ReadonlyMap<string, number>;
  /** Logs that need not be looked at before they are used. */
  readonly cleanLogs: Map<string, CleanLog>;
  readonly cleanerOffsets: ReadonlyMap<string, number>;
}

export interface Identity {
  readonly path: string;
  readonly disk: Disk;
  readonly nodeId: number;
  /** Of a directory that has none yet; undefined: a new one. */
  readonly clusterId?: string | undefined;
  readonly newUuid: () => string;
}

/** Reads it, and takes the mark of a clean shutdown away. @throws ForeignDirectory */
export async function directoryContents(options: Identity): Promise<DirectoryContents> {
  const { disk, path } = options;
  const names = await disk.list(path);
  const properties = await metaProperties(options);
  const wasCleanShutdown = names.includes(CLEAN_SHUTDOWN_FILE);
  const cleanLogs = wasCleanShutdown ? await readCleanLogs(disk, path) : new Map();
  // From now on a crash is one, whatever happened before.
  if (names.includes(CLEAN_LOGS_FILE)) await disk.remove(`${path}/${CLEAN_LOGS_FILE}`);
  if (wasCleanShutdown) {
    await disk.remove(`${path}/${CLEAN_SHUTDOWN_FILE}`);
    await disk.syncDirectory(path);
  }
  for (const name of names) {
    if (DELETED_FOLDER.test(name)) await disk.remove(`${path}/${name}`);
  }
  const found = partitionFolders(names);
  const checkpoint = async (file: string) =>
    parseCheckpoint((await disk.readFile(`${path}/${file}`))?.toString("utf8") ?? "");
  // Of logs that are not here any more, whose names others may get before the next checkpoint.
  const ofThese = async (file: string) => {
    const all = await checkpoint(file);
    const isHere = (name: string) => found.folders.has(name) || found.futures.has(name);
    const these = new Map([...all].filter(([name]) => isHere(name)));
    const text = these.size < all.size ? formatOffsets(these) : undefined;
    if (text !== undefined) await disk.replaceFile(`${path}/${file}`, Buffer.from(text));
    return these;
  };
  return {
    properties,
    wasCleanShutdown,
    ...found,
    recoveryPoints: await ofThese(RECOVERY_POINTS_FILE),
    logStarts: await ofThese(LOG_STARTS_FILE),
    cleanLogs,
    cleanerOffsets: await checkpoint(CLEANER_OFFSETS_FILE),
  };
}

/** Changes with every checkpoint that says something else: a broker was here that does not know ours. */
export async function sealOf(disk: Disk, path: string): Promise<number> {
  const files = [RECOVERY_POINTS_FILE, LOG_STARTS_FILE];
  const texts = await Promise.all(files.map((file) => disk.readFile(`${path}/${file}`)));
  return crc32c(Buffer.concat(texts.map((text) => text ?? Buffer.alloc(0))));
}

async function readCleanLogs(disk: Disk, path: string): Promise<Map<string, CleanLog>> {
  const text = await disk.readFile(`${path}/${CLEAN_LOGS_FILE}`);
  if (text === undefined) return new Map();
  return parseCleanLogs(text.toString("utf8"), await sealOf(disk, path));
}

/** What `meta.properties` says; undefined where there is none. @throws ForeignDirectory */
export async function readMetaProperties(
  disk: Disk,
  path: string,
): Promise<FoundProperties | undefined> {
  const text = (await disk.readFile(`${path}/${META_FILE}`))?.toString("utf8");
  if (text === undefined) return undefined;
  const found = parseMetaProperties(text);
  if (found !== undefined) return found;
  throw new ForeignDirectory(
    `${path}/${META_FILE} does not say whose directory this is (node.id, cluster.id): restore it, or move it away to make the directory this broker's`,
  );
}

const PARTITION_FOLDER = /^([a-zA-Z0-9._-]+)-(\d+)$/;
const FUTURE_FOLDER = /^([a-zA-Z0-9._-]+)-(\d+)\.[0-9a-f]{32}-future$/;
const DELETED_FOLDER = /\.[0-9a-f]{32}-delete$/;

/** Kafka's own metadata log: it is no topic's. */
const CLUSTER_METADATA = "__cluster_metadata";

function partitionFolders(
  names: readonly string[],
): Pick<DirectoryContents, "folders" | "futures"> {
  const folders = new Map<string, PartitionFolder>();
  const futures = new Map<string, PartitionFolder>();
  for (const name of names) {
    const [, topic, digits] = PARTITION_FOLDER.exec(name) ?? FUTURE_FOLDER.exec(name) ?? [];
    if (topic === undefined || topic === CLUSTER_METADATA) continue;
    const partition = Number(digits);
    if (PARTITION_FOLDER.test(name)) folders.set(name, { topic, partition });
    else futures.set(`${topic}-${partition}`, { topic, partition, future: name });
  }
  return { folders, futures };
}

async function metaProperties(options: Identity): Promise<MetaProperties> {
  const { disk, path, nodeId, clusterId, newUuid } = options;
  const known = await readMetaProperties(disk, path);
  const identified = async (properties: MetaProperties) => {
    await disk.replaceFile(`${path}/${META_FILE}`, Buffer.from(formatMetaProperties(properties)));
    return properties;
  };
  if (known === undefined) {
    return identified({ clusterId: clusterId ?? newUuid(), nodeId, directoryId: newUuid() });
  }
  if (known.nodeId !== nodeId) {
    throw new ForeignDirectory(
      `${path} belongs to node ${known.nodeId}, this is node ${nodeId}; set node.id or choose another directory`,
    );
  }
  if (clusterId !== undefined && clusterId !== known.clusterId) {
    throw new ForeignDirectory(
      `${path} belongs to cluster ${known.clusterId}, not to ${clusterId}; choose another directory`,
    );
  }
  const { directoryId } = known;
  return directoryId === undefined
    ? identified({ ...known, directoryId: newUuid() })
    : { ...known, directoryId };
}
