import type { KafkaError } from "../../protocol/errors.ts";
import type { LogFiles } from "../log-files.ts";
import type { LogSegments } from "../log-segments.ts";
import { SEGMENT_FILES, type Segment, segmentName } from "../segment.ts";
import { storageError } from "../storage-error.ts";
import type { LogTail } from "../tail-cache.ts";

/** What a swap asks of its log. */
export interface SwapHost {
  readonly tail: LogTail;
  deleteDelayMs(): number;
  /** Settles when everything of full segments is written, and not about to be written again. */
  settle(): Promise<void>;
}

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
  readonly #host: SwapHost;
  #underWay: Promise<unknown> | undefined;
  #failure: KafkaError | undefined;
  #isStopped = false;

  constructor(files: LogFiles, segments: LogSegments, host: SwapHost) {
    this.#files = files;
    this.#segments = segments;
    this.#host = host;
  }

  /** A step that failed has left files that only a start can put in order. */
  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  async settled(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
  }

  /** Gets full segments ready to be replaced. */
  async prepare(): Promise<void> {
    await this.settled();
    await this.#host.settle();
  }

  /** A segment that is to take the place of others, with files that a start would throw away. */
  newSegment(baseOffset: number, createdMs: number): Segment {
    return this.#files.newSegment(baseOffset, createdMs, ".cleaned");
  }

  /** The log is let go of, or gone: nothing of it is to be put in the place of anything. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** None begins from now on. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Puts a segment, which is sealed, in the place of others that follow each other (Kafka's
   * LocalLog.replaceSegments). Offsets do not change; readers of the old ones can finish.
   *
   * @returns false if the old ones are not all there any more: then nothing happens.
   * @throws KafkaError KAFKA_STORAGE_ERROR; the log takes no more then.
   */
  async run(replaced: readonly Segment[], by: Segment): Promise<boolean> {
    await this.settled();
    if (this.#isStopped || !this.#segments.includesAll(replaced)) return false;
    const swap = this.#run(replaced, by);
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

  async #run(replaced: readonly Segment[], by: Segment): Promise<void> {
    const { tail } = this.#host;
    by.rename(".swap");
    await this.#files.syncNames();
    const end = replaced.at(-1) as Segment;
    this.#segments.replace(replaced, by);
    tail.forgetSegments(by.baseOffset, end.baseOffset);
    for (const segment of replaced) segment.retire();
    const names = replaced.flatMap(({ baseOffset }) => namesOf(baseOffset, by.baseOffset));
    await this.#files.deleteFiles(names, this.#host.deleteDelayMs());
    by.rename("");
    await this.#files.syncNames();
  }
}

/** Of a segment that another one takes the place of, which begins with the first of them. */
function namesOf(baseOffset: number, first: number): readonly string[] {
  const names = SEGMENT_FILES.map((suffix) => segmentName(baseOffset, suffix));
  // The producers at the beginning of the new segment are those at the beginning of the first.
  return baseOffset === first ? names : [...names, segmentName(baseOffset, ".snapshot")];
}
