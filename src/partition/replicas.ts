import type { MetadataImage, PartitionImage, TopicImage } from "../cluster/image.ts";
import type { TopicsDelta } from "../cluster/metadata-loader.ts";
import type { DataDirectory, PartitionFolder } from "../storage/data-directory.ts";
import type { Log } from "../storage/log.ts";
import type { LogSettings } from "../storage/log-settings.ts";
import { Partition } from "./partition.ts";
import type { Partitions } from "./partitions.ts";

export interface ReplicasOptions {
  readonly directory: DataDirectory;
  readonly partitions: Partitions;
  readonly settingsOf: (topic: TopicImage) => LogSettings;
}

/** Logs that are loaded at the same time: enough to keep the disk busy, few enough for its files. */
const LOADS_AT_ONCE = 32;

/**
 * Carries out what the metadata says: makes, loads and removes the partitions of this broker. The
 * only one who adds to, or takes from, {@link Partitions}.
 */
export class Replicas {
  readonly #directory: DataDirectory;
  readonly #partitions: Partitions;
  readonly #settingsOf: (topic: TopicImage) => LogSettings;

  constructor({ directory, partitions, settingsOf }: ReplicasOptions) {
    this.#directory = directory;
    this.#partitions = partitions;
    this.#settingsOf = settingsOf;
  }

  /**
   * Opens the logs of all partitions there are. A folder of an earlier topic of the same name, or of
   * none, is set aside: the metadata is right.
   */
  async open(image: MetadataImage): Promise<void> {
    for (const folder of this.#directory.partitionsOnDisk()) {
      if (!(await this.#isWanted(folder, image))) await this.#directory.setAside(folder);
    }
    const waiting = [...image.topics()];
    const work = Array.from({ length: LOADS_AT_ONCE }, async () => {
      for (let topic = waiting.pop(); topic !== undefined; topic = waiting.pop()) {
        await this.#addMissing(topic);
      }
    });
    await Promise.all(work);
  }

  /** What changed in the cluster. Gives a promise only where there is something to wait for. */
  apply({ created, changed, deleted }: TopicsDelta): void | Promise<void> {
    const begun: Promise<void>[] = [];
    const note = (doing: void | Promise<void>) => {
      if (doing !== undefined) begun.push(doing);
    };
    for (const topic of deleted) note(this.#remove(topic.name));
    for (const topic of created) note(this.#addMissing(topic));
    for (const topic of changed) {
      this.#update(topic);
      note(this.#addMissing(topic));
    }
    return begun.length === 0 ? undefined : Promise.all(begun).then(() => undefined);
  }

  async #isWanted(folder: PartitionFolder, image: MetadataImage): Promise<boolean> {
    const topic = image.topic(folder.topic);
    if (topic?.partitions[folder.partition] === undefined) return false;
    const id = await this.#directory.topicIdOf(folder);
    return id === undefined || id === topic.id;
  }

  /** Partitions of the topic that are not here yet. Synchronous where none has a folder. */
  #addMissing(topic: TopicImage): void | Promise<void> {
    const missing = topic.partitions.slice(this.#partitions.forTopic(topic.name).length);
    if (missing.length === 0) return undefined;
    const settings = this.#settingsOf(topic);
    const opened = missing.map((partition) => this.#openLog(topic, partition, settings));
    if (opened.some((one) => one instanceof Promise)) {
      return Promise.all(opened).then((all) => this.#addAll(all));
    }
    this.#addAll(opened as Opened[]);
    return undefined;
  }

  #addAll(all: readonly Opened[]): void {
    for (const { log, image, link } of all) {
      const partition = new Partition(log, { id: image.leader, epoch: image.leaderEpoch });
      link.partition = partition;
      this.#partitions.add(partition);
    }
  }

  #openLog(
    { name, id }: TopicImage,
    image: PartitionImage,
    settings: LogSettings,
  ): Opened | Promise<Opened> {
    const link: { partition: Partition | undefined } = { partition: undefined };
    const log = this.#directory.openLog({
      topic: name,
      partition: image.index,
      topicId: id,
      settings,
      onWritten: (endOffset) => link.partition?.advanceTo(endOffset),
    });
    return log instanceof Promise
      ? log.then((loaded) => ({ log: loaded, image, link }))
      : { log, image, link };
  }

  #update(topic: TopicImage): void {
    const settings = this.#settingsOf(topic);
    for (const partition of this.#partitions.forTopic(topic.name)) {
      const image = topic.partitions[partition.index];
      if (image === undefined) continue;
      partition.log.settings = settings;
      partition.lead({ id: image.leader, epoch: image.leaderEpoch });
    }
  }

  async #remove(topic: string): Promise<void> {
    const removed = this.#partitions.remove(topic);
    for (const partition of removed) partition.retire();
    await Promise.all(removed.map(({ log }) => this.#directory.deleteLog(log)));
  }
}

interface Opened {
  readonly log: Log;
  readonly image: PartitionImage;
  /** The log tells its partition what is written; the partition is made after the log. */
  readonly link: { partition: Partition | undefined };
}
