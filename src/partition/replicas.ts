import { isDeepStrictEqual } from "node:util";
import type { MetadataImage, PartitionImage, TopicImage } from "../cluster/image.ts";
import type { TopicsDelta } from "../cluster/metadata-loader.ts";
import type { DataDirectory, LogOptions } from "../storage/data-directory.ts";
import type { PartitionFolder } from "../storage/directory-contents.ts";
import type { Log } from "../storage/log.ts";
import type { FoundFolder, LogDirs } from "../storage/log-dirs.ts";
import type { LogSettings } from "../storage/log-settings.ts";
import { storageError } from "../storage/storage-error.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Partition } from "./partition.ts";
import type { Partitions } from "./partitions.ts";
import type { ReplicaMoves } from "./replica-moves.ts";

export interface ReplicasOptions {
  readonly logDirs: LogDirs;
  readonly partitions: Partitions;
  readonly moves: ReplicaMoves;
  readonly settingsOf: (topic: TopicImage) => LogSettings;
  readonly logger: Logger;
}

/** A partition that is to be opened. */
interface Wanted {
  readonly topic: TopicImage;
  readonly image: PartitionImage;
  readonly settings: LogSettings;
  /** It is being made now: nothing of it can be anywhere. */
  readonly isNew: boolean;
}

/**
 * Carries out what the metadata says: makes, loads and removes the partitions of this broker. The
 * only one who adds to, or takes from, {@link Partitions}.
 */
export class Replicas {
  readonly #logDirs: LogDirs;
  readonly #partitions: Partitions;
  readonly #moves: ReplicaMoves;
  readonly #settingsOf: (topic: TopicImage) => LogSettings;
  readonly #logger: Logger;
  /** Of topics that set nothing themselves, which are most: one object for thousands of logs. */
  #plainSettings: LogSettings | undefined;
  /** They are those that hold now. */
  #isPlainKnown = false;
  /** Deleted topics whose logs have not left the disk, and the checkpoints, by name. */
  readonly #leaving = new Map<string, Promise<void>>();
  /** Topics of the same names that have been made since. */
  readonly #coming = new Map<string, TopicImage>();

  constructor({ logDirs, partitions, moves, settingsOf, logger }: ReplicasOptions) {
    this.#logDirs = logDirs;
    this.#partitions = partitions;
    this.#moves = moves;
    this.#settingsOf = settingsOf;
    this.#logger = logger;
    logDirs.onFailure((directory) => this.#lose(directory));
  }

  /**
   * Opens the logs of all partitions there are. A folder of an earlier topic of the same name, or of
   * none, is set aside: the metadata is right. (Where there was none, topics have been made of the
   * folders before: cluster/adoption.)
   */
  async open(image: MetadataImage): Promise<void> {
    for (const { directory, folder } of this.#logDirs.partitionsOnDisk()) {
      if (!isWanted(directory, folder, image)) await directory.setAside(folder);
    }
    const copies = await this.#copies(image);
    this.#isPlainKnown = false;
    for (const topic of image.topics()) this.#addMissing(topic, { isNew: false });
    for (const { directory, folder } of copies.values()) {
      const partition = this.#partitions.get(folder.topic, folder.partition);
      if (partition !== undefined && !partition.isOffline) this.#moves.begin(partition, directory);
    }
  }

  /** What changed in the cluster. Gives a promise only where there is something to wait for. */
  apply({ created, changed, deleted }: TopicsDelta): void | Promise<void> {
    const underWay: (void | Promise<void>)[] = deleted.map(({ name }) => this.#remove(name));
    this.#isPlainKnown = false;
    for (const topic of created) underWay.push(this.#add(topic));
    for (const topic of changed) {
      this.#update(topic);
      underWay.push(this.#add(topic));
    }
    const waits = underWay.filter((one) => one !== undefined);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  /** Opens what is missing of a topic, once an earlier one of its name has left the disk. */
  #add(topic: TopicImage): void | Promise<void> {
    const { name } = topic;
    const leaving = this.#leaving.get(name);
    if (leaving === undefined) return this.#addMissing(topic, { isNew: true });
    this.#coming.set(name, topic);
    return leaving.then(() => {
      const newest = this.#coming.get(name);
      this.#coming.delete(name);
      if (newest !== undefined) this.#addMissing(newest, { isNew: true });
    });
  }

  /**
   * Sees to partitions of which there is more than one log: a copy was under way, or was just taking
   * the log's place. While a directory is offline nobody knows which there are, and copies are left
   * alone.
   *
   * @returns copies that are to be gone on with.
   */
  async #copies(image: MetadataImage): Promise<ReadonlyMap<string, FoundFolder>> {
    const goOn = new Map<string, FoundFolder>();
    if (this.#logDirs.hasOffline) return goOn;
    for (const [name, found] of this.#logDirs.severalOnDisk()) {
      const wanted: FoundFolder[] = [];
      for (const one of found) {
        if (isWanted(one.directory, one.folder, image)) wanted.push(one);
        else await one.directory.discard(one.folder);
      }
      const topic = image.topic(found[0]?.folder.topic ?? "");
      const partition = topic?.partitions[found[0]?.folder.partition ?? -1];
      if (topic === undefined || partition === undefined) continue;
      const settings = this.#settingsOf(topic);
      const copy = await this.#settle(wanted, { topic, image: partition, settings, isNew: false });
      if (copy !== undefined) goOn.set(name, copy);
    }
    return goOn;
  }

  /**
   * One that is no copy is the log, even if a crash took its end and not the copy's: that one may lack
   * something else. Among equals it is the one that is further, by its leader epoch and then by its
   * end. Of the others only one that is a copy under way is kept (see {@link ReplicaMove}).
   */
  async #settle(found: readonly FoundFolder[], wanted: Wanted): Promise<FoundFolder | undefined> {
    const ranked = found.map((one) => ({ ...one, ...this.#lookInto(one, wanted) }));
    ranked.sort(
      (one, other) =>
        Number(one.folder.future !== undefined) - Number(other.folder.future !== undefined) ||
        other.epoch - one.epoch ||
        other.endOffset - one.endOffset,
    );
    const [best, ...rest] = ranked;
    const copies = rest.filter(({ folder }) => folder.future !== undefined);
    const copy = best?.folder.future === undefined ? copies[0] : undefined;
    // After a crash nobody knows which gaps of a copy there were in the log: it is begun anew.
    if (copy !== undefined && isInDoubt(copy, wanted.settings)) {
      await copy.directory.discard(copy.folder);
    }
    for (const one of rest) {
      if (one === copy) continue;
      this.#logger.warn(
        `${one.directory.path} has a copy of ${one.folder.topic}-${one.folder.partition} that is not needed: it is removed, ${best?.directory.path} has all of it`,
      );
      await one.directory.discard(one.folder);
    }
    if (best?.folder.future !== undefined) await best.directory.adopt(best.folder);
    return copy;
  }

  #lookInto({ directory, folder }: FoundFolder, wanted: Wanted) {
    return directory.lookInto(
      folder,
      this.#options(wanted, () => undefined),
    );
  }

  /** Opens the partitions of the topic that are not here yet. */
  #addMissing(topic: TopicImage, { isNew }: { readonly isNew: boolean }): void {
    const missing = topic.partitions.slice(this.#partitions.forTopic(topic.name).length);
    if (missing.length === 0) return;
    const settings = this.#settingsFor(topic);
    for (const image of missing) {
      this.#partitions.add(this.#opened({ topic, image, settings, isNew }));
    }
  }

  #opened(wanted: Wanted): Partition {
    // The log tells its partition what is written, and is there before it.
    let partition: Partition | undefined;
    const options = this.#options(wanted, (endOffset) => partition?.advanceTo(endOffset));
    const { leader: id, leaderEpoch: epoch } = wanted.image;
    let log: Log;
    let failure: unknown;
    try {
      log = this.#logDirs.openLog(options, wanted.isNew);
    } catch (error) {
      failure = error;
      log = this.#logDirs.openStandIn(options);
    }
    partition = new Partition(log, { id, epoch });
    if (failure === undefined) return partition;
    partition.fail(storageError(failure));
    this.#logger.error(`${options.topic}-${options.partition} is offline`, { error: failure });
    return partition;
  }

  #options({ topic, image, settings }: Wanted, onWritten: LogOptions["onWritten"]): LogOptions {
    return {
      topic: topic.name,
      partition: image.index,
      topicId: topic.id,
      settings,
      onWritten,
    };
  }

  #settingsFor(topic: TopicImage): LogSettings {
    if (topic.configs.size > 0) return this.#settingsOf(topic);
    if (!this.#isPlainKnown || this.#plainSettings === undefined) {
      const settings = this.#settingsOf(topic);
      const isSame = isDeepStrictEqual(settings, this.#plainSettings);
      this.#plainSettings = isSame ? (this.#plainSettings ?? settings) : settings;
      this.#isPlainKnown = true;
    }
    return this.#plainSettings;
  }

  #update(topic: TopicImage): void {
    const settings = this.#settingsFor(topic);
    for (const partition of this.#partitions.forTopic(topic.name)) {
      const image = topic.partitions[partition.index];
      if (image === undefined) continue;
      partition.configure(settings);
      partition.lead({ id: image.leader, epoch: image.leaderEpoch });
    }
  }

  async #remove(topic: string): Promise<void> {
    this.#coming.delete(topic);
    const removed = this.#partitions.remove(topic);
    for (const partition of removed) partition.retire();
    const deletions = removed.map((partition) =>
      this.#moves.isMoving(partition)
        ? this.#removeMoving(partition)
        : this.#logDirs.deleteLog(partition.log),
    );
    const all = Promise.allSettled(deletions).then(() => undefined);
    this.#leaving.set(topic, all);
    await all;
    if (this.#leaving.get(topic) === all) this.#leaving.delete(topic);
    await Promise.all(deletions);
  }

  /** Which of its logs is the partition's is known once nothing moves any more. */
  async #removeMoving(partition: Partition): Promise<void> {
    try {
      await this.#moves.cancel(partition);
    } finally {
      await this.#logDirs.deleteLog(partition.log);
    }
  }

  #lose(directory: DataDirectory): void {
    const { failure } = directory;
    if (failure === undefined) return;
    let count = 0;
    for (const partition of this.#partitions.all()) {
      if (partition.isOffline || !directory.holds(partition.log)) continue;
      partition.fail(failure);
      count += 1;
    }
    this.#logger.warn(`${count} partitions are offline with ${directory.path}`);
  }
}

function isInDoubt({ directory, folder }: FoundFolder, settings: LogSettings): boolean {
  return !directory.wasCleanShutdown && directory.mayHaveGaps(folder, settings);
}

function isWanted(
  directory: DataDirectory,
  folder: PartitionFolder,
  image: MetadataImage,
): boolean {
  const topic = image.topic(folder.topic);
  if (topic?.partitions[folder.partition] === undefined) return false;
  const id = directory.topicIdOf(folder);
  return id === undefined || id === topic.id;
}
