import type { MetadataImage } from "../../../cluster/image.ts";
import type { TopicCatalog } from "./metadata-hash.ts";

/** The topics of the cluster, as its newest metadata show them. */
export class ImageCatalog implements TopicCatalog {
  readonly #image: () => MetadataImage;

  constructor(image: () => MetadataImage) {
    this.#image = image;
  }

  topicName(id: string): string | undefined {
    return this.#image().topicById(id)?.name;
  }

  topicId(name: string): string | undefined {
    return this.#image().topic(name)?.id;
  }

  partitionCount(topic: string): number | undefined {
    return this.#image().topic(topic)?.partitions.length;
  }

  revision(): number {
    return this.#image().revision;
  }

  topicNames(): readonly string[] {
    return this.#image()
      .topics()
      .map(({ name }) => name);
  }

  partitionRacks(topic: string): readonly (readonly string[])[] {
    const { brokers } = this.#image();
    const partitions = this.#image().topic(topic)?.partitions ?? [];
    return partitions.map(({ replicas }) => replicas.flatMap((id) => brokers.get(id)?.rack ?? []));
  }
}
