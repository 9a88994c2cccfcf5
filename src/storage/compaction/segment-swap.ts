import type { KafkaError } from "../../protocol/errors.ts";
import type { LogFiles } from "../log-files.ts";
import type { LogSegments } from "../log-segments.ts";
import { SEGMENT_FILES, type Segment, segmentName } from "../segment.ts";
import { storageError } from "../storage-error.ts";
import type { LogTail } from "../tail-cache.ts";

/**
 * Puts a cleaned segment in the place of those it was made of, in Kafka's steps, so that a crash
 * between any two leaves what the next start completes or throws away (swap-recovery.ts):
 *
 * 1. `.cleaned` files become `.swap` files: from now on the new segment counts. The `.log` is renamed
 *    first: as long as a `.cleaned` file is there, the `.swap` files do not count.
 * 2. Readers are given the new segment.
 * 3. The old files become `.deleted`, to be removed later.
 * 4. The `.swap` files get their names.
 *
 * One at a time; whoever else wants to change which segments there are waits for {@link settled}.
 */
export class SegmentSwap {
  readonly #files: LogFiles;
  readonly #segments: LogSegments;
  readonly #tail: LogTail;
  #underWay: Promise<unknown> | undefined;
  #failure: KafkaError | undefined;
  #isStopped = false;

  constructor(files: LogFiles, segments: LogSegments, tail: LogTail) {
    this.#files = files;
    this.#segments = segments;
    this.#tail = tail;
  }

  /** A step that failed has left files that only a start can put in order. */
  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  async settled(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
  }

  /** None begins from now on. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * @returns false if the old segments are not all there any more.
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  async run(replaced: readonly Segment[], by: Segment, deleteDelayMs: number): Promise<boolean> {
    await this.settled();
    if (this.#isStopped || !this.#segments.includesAll(replaced)) return false;
    const swap = this.#run(replaced, by, deleteDelayMs);
    this.#underWay = swap.catch(() => undefined);
    try {
      await swap;
      return true;
    } catch (cause) {
      this.#failure ??= storageError(cause);
      throw this.#failure;
    } finally {
      this.#underWay = undefined;
    }
  }

  async #run(replaced: readonly Segment[], by: Segment, deleteDelayMs: number): Promise<void> {
    by.rename(".swap");
    await this.#files.syncNames();
    const end = replaced.at(-1) as Segment;
    this.#segments.replace(replaced, by);
    this.#tail.forgetSegments(by.baseOffset, end.baseOffset);
    await this.#files.deleteFiles(replaced, deleteDelayMs, ({ baseOffset }) => [
      ...SEGMENT_FILES.map((suffix) => segmentName(baseOffset, suffix)),
      // The producers at the beginning of the new segment are those at the beginning of the first.
      ...(baseOffset === by.baseOffset ? [] : [segmentName(baseOffset, ".snapshot")]),
    ]);
    by.rename("");
    await this.#files.syncNames();
  }
}
