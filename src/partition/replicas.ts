import type { MetadataImage, PartitionImage, TopicImage } from "../cluster/image.ts";
import type { TopicsDelta } from "../cluster/metadata-loader.ts";
import {
  type DataDirectory,
  ForeignDirectory,
  type PartitionFolder,
} from "../storage/data-directory.ts";
import type { LogSettings } from "../storage/log-settings.ts";
import { Partition } from "./partition.ts";
import type { Partitions } from "./partitions.ts";

export interface ReplicasOptions {
  readonly directory: DataDirectory;
  readonly partitions: Partitions;
  readonly settingsOf: (topic: TopicImage) => LogSettings;
}

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
   *
   * @throws ForeignDirectory where there are folders and no metadata at all: they are another's.
   */
  async open(image: MetadataImage): Promise<void> {
    const folders = this.#directory.partitionsOnDisk();
    if (image.topicCount === 0 && folders.length > 0) {
      throw new ForeignDirectory(
        `${this.#directory.path} holds partitions but not the metadata of this broker: it was written by Apache Kafka, or has lost its odradek-metadata.log; choose another directory`,
      );
    }
    for (const folder of folders) {
      if (!(await this.#isWanted(folder, image))) await this.#directory.setAside(folder);
    }
    for (const topic of image.topics()) this.#addMissing(topic);
  }

  /** What changed in the cluster. Gives a promise only where there is something to wait for. */
  apply({ created, changed, deleted }: TopicsDelta): void | Promise<void> {
    const removing = deleted.map(({ name }) => this.#remove(name));
    for (const topic of created) this.#addMissing(topic);
    for (const topic of changed) {
      this.#update(topic);
      this.#addMissing(topic);
    }
    return removing.length === 0 ? undefined : Promise.all(removing).then(() => undefined);
  }

  async #isWanted(folder: PartitionFolder, image: MetadataImage): Promise<boolean> {
    const topic = image.topic(folder.topic);
    if (topic?.partitions[folder.partition] === undefined) return false;
    const id = await this.#directory.topicIdOf(folder);
    return id === undefined || id === topic.id;
  }

  /** Opens the partitions of the topic that are not here yet. */
  #addMissing(topic: TopicImage): void {
    const missing = topic.partitions.slice(this.#partitions.forTopic(topic.name).length);
    if (missing.length === 0) return;
    const settings = this.#settingsOf(topic);
    for (const image of missing) this.#partitions.add(this.#opened(topic, image, settings));
  }

  #opened({ name, id }: TopicImage, image: PartitionImage, settings: LogSettings): Partition {
    // The log tells its partition what is written, and is there before it.
    let partition: Partition | undefined;
    const log = this.#directory.openLog({
      topic: name,
      partition: image.index,
      topicId: id,
      settings,
      onWritten: (endOffset) => partition?.advanceTo(endOffset),
    });
    partition = new Partition(log, { id: image.leader, epoch: image.leaderEpoch });
    return partition;
  }

  #update(topic: TopicImage): void {
    const settings = this.#settingsOf(topic);
    for (const partition of this.#partitions.forTopic(topic.name)) {
      const image = topic.partitions[partition.index];
      if (image === undefined) continue;
      partition.configure(settings);
      partition.lead({ id: image.leader, epoch: image.leaderEpoch });
    }
  }

  async #remove(topic: string): Promise<void> {
    const logs = this.#partitions.remove(topic).map((partition) => partition.retire());
    await Promise.all(logs.map((log) => this.#directory.deleteLog(log)));
  }
}
