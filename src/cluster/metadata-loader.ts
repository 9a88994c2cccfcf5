import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { MetadataImage, type TopicImage } from "./image.ts";
import { imageChanges } from "./image-changes.ts";
import type { Change, MetadataStore, Watch } from "./metadata-store.ts";

/** What became of the topics between two images. */
export interface TopicsDelta {
  readonly created: readonly TopicImage[];
  /** More partitions, other leaders, other configs: as they are now. */
  readonly changed: readonly TopicImage[];
  /** As they were. A topic made again under its name is deleted and created. */
  readonly deleted: readonly TopicImage[];
}

/**
 * Carries a new image out. Where it gives a promise, whoever caused the image waits for that before
 * it tells its client: a topic that was created is there to be written to.
 */
export type ImageListener = (
  image: MetadataImage,
  previous: MetadataImage,
  delta: TopicsDelta,
) => void | Promise<void>;

interface Waiter {
  readonly revision: number;
  readonly resume: () => void;
  readonly fail: (error: KafkaError) => void;
}

/** So many failures are kept for those who have yet to ask. */
const FAILURES_MAX = 100;

/**
 * Keeps the image in step with the store: the only place where it is replaced. Listeners hear of
 * every image once, in order.
 */
export class MetadataLoader {
  readonly #listeners = new Set<ImageListener>();
  readonly #waiters: Waiter[] = [];
  /** By revision: settles when everything that listeners began for it is done. Never rejects. */
  readonly #underWay = new Map<number, Promise<unknown>>();
  /** By revision, the oldest first: what became of it here where a listener failed. */
  readonly #failures = new Map<number, unknown>();
  #image: MetadataImage;
  #watch: Watch | undefined;
  #isStopped = false;

  private constructor(clusterId: string) {
    this.#image = MetadataImage.empty(clusterId);
  }

  static async start(store: MetadataStore, clusterId: string): Promise<MetadataLoader> {
    const loader = new MetadataLoader(clusterId);
    const { revision, entries } = await store.list("");
    loader.#apply({ revision, events: entries.map((entry) => ({ type: "put", entry })) });
    loader.#watch = store.watch("", revision, (change) => loader.#apply(change));
    return loader;
  }

  get image(): MetadataImage {
    return this.#image;
  }

  /** @returns how to stop listening. */
  onImage(listener: ImageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Waits until the image shows this revision and the listeners have carried it out.
   *
   * @throws what a listener failed with at this very revision; KafkaError BROKER_NOT_AVAILABLE once
   *   this has stopped.
   */
  async reached(revision: number): Promise<void> {
    if (this.#image.revision < revision) {
      if (this.#isStopped) throw stopped();
      await new Promise<void>((resume, fail) => this.#waiters.push({ revision, resume, fail }));
    }
    for (const [begun, done] of [...this.#underWay]) if (begun <= revision) await done;
    if (!this.#failures.has(revision)) return;
    const failure = this.#failures.get(revision);
    this.#failures.delete(revision);
    throw failure;
  }

  /** Follows the store no longer: who still waits for a revision waits in vain, and is told. */
  stop(): void {
    this.#isStopped = true;
    this.#watch?.cancel();
    for (const waiter of this.#waiters.splice(0)) waiter.fail(stopped());
  }

  #apply({ revision, events }: Change): void {
    const previous = this.#image;
    // A watch may tell twice what a listing has told.
    if (revision <= previous.revision) return;
    const changes = imageChanges(previous, events);
    this.#image = previous.derive(revision, changes);
    this.#tell(previous, topicsDelta(previous, changes.topics ?? []));
    for (const waiter of this.#waiters.splice(0)) {
      if (waiter.revision <= revision) waiter.resume();
      else this.#waiters.push(waiter);
    }
  }

  #tell(previous: MetadataImage, delta: TopicsDelta): void {
    const { revision } = this.#image;
    const begun: Promise<void>[] = [];
    for (const listener of this.#listeners) {
      try {
        const doing = listener(this.#image, previous, delta);
        if (doing !== undefined) begun.push(doing.catch((error) => this.#failed(revision, error)));
      } catch (error) {
        this.#failed(revision, error);
      }
    }
    if (begun.length === 0) return;
    const done = Promise.all(begun).then(() => this.#underWay.delete(revision));
    this.#underWay.set(revision, done);
  }

  /** The change is made, whatever becomes of it here: whoever waits for that is told, nobody else. */
  #failed(revision: number, error: unknown): void {
    this.#failures.set(revision, error);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > FAILURES_MAX && oldest !== undefined) this.#failures.delete(oldest);
  }
}

function stopped(): KafkaError {
  return new KafkaError(ErrorCode.BROKER_NOT_AVAILABLE, "the broker is stopping");
}

function topicsDelta(
  previous: MetadataImage,
  topics: Iterable<readonly [string, TopicImage | undefined]>,
): TopicsDelta {
  const created: TopicImage[] = [];
  const changed: TopicImage[] = [];
  const deleted: TopicImage[] = [];
  for (const [name, topic] of topics) {
    const before = previous.topic(name);
    if (before !== undefined && before.id !== topic?.id) deleted.push(before);
    if (topic === undefined) continue;
    if (before?.id === topic.id) changed.push(topic);
    else created.push(topic);
  }
  return { created, changed, deleted };
}
