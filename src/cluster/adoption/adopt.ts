import { ForeignDirectory } from "../../storage/foreign-directory.ts";
import type { Log } from "../../storage/log.ts";
import type { LogDirs } from "../../storage/log-dirs.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { entityKey, quotasValue } from "../client-quotas.ts";
import { knownFeature } from "../features.ts";
import type { MetadataStore, Operation } from "../metadata-store.ts";
import {
  configsValue,
  featureLevelValue,
  keys,
  nextProducerId,
  producerIdsValue,
  topicValue,
} from "../stored.ts";
import { type AdoptionTerms, adoptedTopics, type Takeover } from "./adopted-topics.ts";
import { topicsInFolders } from "./folders.ts";
import type { KafkaMetadata } from "./kafka-metadata.ts";
import { METADATA_FOLDER, type ReadMetadata, readMetadataLog } from "./metadata-log.ts";

export interface AdoptionOptions extends AdoptionTerms {
  readonly store: MetadataStore;
  readonly logDirs: LogDirs;
  readonly logger: Logger;
}

/** What was taken over, in numbers. */
export interface Adoption {
  readonly topics: number;
  readonly partitions: number;
  /** Where Kafka's metadata was; undefined: topics are known by their folders alone. */
  readonly metadataFolder: string | undefined;
}

/** The partitions of this broker, which are above this layer. */
interface HeldPartitions {
  all(): Iterable<{ readonly log: Pick<Log, "producers"> }>;
}

/** The coordinator of groups, likewise. */
interface LoadedGroups {
  listGroups(filters: {
    readonly statesFilter: readonly string[];
    readonly typesFilter: readonly string[];
  }): { readonly groups: readonly unknown[] };
}

/** In the directory of the metadata, once its content has been taken over. */
const ADOPTED_FILE = "odradek-adopted";

/**
 * Takes over what lies in `log.dirs` if this broker has no metadata of its own: topics and their ids,
 * partition counts, configs, quotas and feature levels from Kafka's `__cluster_metadata` log, or, where
 * that is missing, topics by their folders. All of it is one transaction, so that a crash leaves nothing
 * or all; afterwards nothing is taken over again, and Kafka's log stays as it is.
 *
 * Must come before the first image is loaded and before the broker registers.
 *
 * @returns undefined where there was nothing, or nothing to be done any more.
 * @throws ForeignDirectory if a later Kafka wrote what this broker cannot read.
 */
export async function adoptLogDirs(options: AdoptionOptions): Promise<Adoption | undefined> {
  const { store, logDirs, logger } = options;
  if ((await store.list("")).revision > 0) return undefined;
  const { disk, directories, metadataPath } = logDirs;
  const readText = async (path: string) => (await disk.readFile(path))?.toString("utf8");
  const folders = await topicsInFolders(directories, readText);
  const log = await findMetadataLog(logDirs);
  if (log === undefined && folders.size === 0) return undefined;
  if (log === undefined && logDirs.hasOffline) {
    throw new ForeignDirectory(
      `${metadataPath} has no metadata, and not all of log.dirs can be read to find the topics by their folders: start with all of them, or choose another directory`,
    );
  }
  const marker = `${metadataPath}/${ADOPTED_FILE}`;
  const isStale = (await disk.readFile(marker)) !== undefined;
  const takeover = adoptedTopics({ kafka: log?.read, isStale, folders }, options);
  const operations = takeover.topics.map(
    (topic): Operation => ({ type: "put", key: keys.topic(topic.name), value: topicValue(topic) }),
  );
  if (log !== undefined) operations.push(...settingsOf(log.read.metadata));
  if (operations.length === 0) return undefined;
  tell(takeover, { log, isStale, path: metadataPath, logger });
  await store.txn([], [...operations, { type: "put", key: keys.adoption, value: "{}" }]);
  await disk.replaceFile(marker, Buffer.from("version=0\n"));
  return {
    topics: takeover.topics.length,
    partitions: takeover.topics.reduce((sum, { partitions }) => sum + partitions.length, 0),
    metadataFolder: log === undefined ? undefined : `${log.path}/${METADATA_FOLDER}`,
  };
}

/**
 * The other half, once the logs are open and the groups loaded: producer ids that are in use in the
 * logs are not given to new producers, whatever was known of them. Done at the next start if a crash
 * came between the halves.
 *
 * @param adoption undefined where this start has taken nothing over
 */
export async function finishAdoption(given: {
  readonly store: MetadataStore;
  readonly adoption: Adoption | undefined;
  readonly partitions: HeldPartitions;
  readonly groups: LoadedGroups;
  readonly logger: Logger;
}): Promise<void> {
  const { store, adoption, partitions, groups, logger } = given;
  if ((await store.get(keys.adoption)) !== undefined) await settleProducerIds(store, partitions);
  if (adoption === undefined) return;
  const { topics, partitions: count, metadataFolder } = adoption;
  const groupCount = groups.listGroups({ statesFilter: [], typesFilter: [] }).groups.length;
  const from =
    metadataFolder === undefined ? "as their folders tell" : `as ${metadataFolder} tells`;
  logger.info(
    `took over ${topics} topics with ${count} partitions and ${groupCount} groups, ${from}; this is not done again`,
  );
}

async function settleProducerIds(store: MetadataStore, partitions: HeldPartitions): Promise<void> {
  const next = nextProducerId(await store.get(keys.producerIds));
  let first = next;
  for (const { log } of partitions.all()) {
    for (const { producerId } of log.producers.all()) first = Math.max(first, producerId + 1);
  }
  const operations: Operation[] = [{ type: "delete", key: keys.adoption }];
  if (first > next) {
    operations.push({ type: "put", key: keys.producerIds, value: producerIdsValue(first) });
  }
  await store.txn([], operations);
}

interface FoundLog {
  readonly path: string;
  readonly read: ReadMetadata;
}

/** It may lie in any of the directories; metadata.log.dir comes first. */
async function findMetadataLog({
  disk,
  directories,
  metadataPath,
}: LogDirs): Promise<FoundLog | undefined> {
  for (const path of new Set([metadataPath, ...directories.map((one) => one.path)])) {
    const read = await readMetadataLog(disk, path);
    if (read !== undefined) return { path, read };
  }
  return undefined;
}

/** All that Kafka's log says beside topics. */
function settingsOf(metadata: KafkaMetadata): Operation[] {
  const operations: Operation[] = [];
  const put = (key: string, value: string) => operations.push({ type: "put", key, value });
  for (const type of ["brokers", "groups", "client-metrics"] as const) {
    for (const [name, values] of metadata.configs(type)) {
      put(keys.configsOf(type, name), configsValue(values));
    }
  }
  for (const { entity, values } of metadata.quotas) {
    put(keys.quotasOf(entityKey(entity)), quotasValue(entity, values));
  }
  for (const [name, level] of metadata.features) {
    const known = knownFeature(name);
    if (known === undefined || level === known.initialLevel || level > known.maxVersion) continue;
    put(keys.feature(name), featureLevelValue(level));
  }
  if (metadata.nextProducerId > 0) {
    put(keys.producerIds, producerIdsValue(metadata.nextProducerId));
  }
  return operations;
}

/** A log without records has no files. */
const NO_FOLDER =
  "a topic that was never written to is not found, and one whose last partitions were not has fewer: compare them before producers with keys go on";

/** What will not be as it was. */
function tell(
  { elsewhere, refusedConfigs }: Takeover,
  given: {
    readonly log: FoundLog | undefined;
    readonly isStale: boolean;
    readonly path: string;
    readonly logger: Logger;
  },
): void {
  const { log, isStale, path, logger } = given;
  if (isStale) {
    logger.warn(
      `${path} has lost its odradek-metadata.log: what was changed since it was taken over from Apache Kafka is lost, but for topics and their records, which are found by their folders; ${NO_FOLDER}`,
    );
  } else if (log === undefined) {
    logger.warn(
      `${path} has neither an odradek-metadata.log nor a ${METADATA_FOLDER}: topics are found by their folders; what was set on them, on brokers, groups and clients is lost; ${NO_FOLDER}`,
    );
  }
  const damagedAt = log?.read.damagedAt;
  if (damagedAt !== undefined) {
    logger.warn(
      `${damagedAt} is damaged: what Apache Kafka wrote behind that is lost; topics that have folders are taken over`,
    );
  }
  if (elsewhere > 0) {
    logger.warn(`${elsewhere} partitions were on other brokers only: here they are empty`);
  }
  for (const config of refusedConfigs)
    logger.warn(`a topic's setting is not taken over: ${config}`);
  for (const [name, count] of log?.read.metadata.lost ?? []) {
    logger.warn(
      `${count} records of the kind "${name}" are not taken over: nothing here obeys them`,
    );
  }
}
