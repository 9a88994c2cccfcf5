import type { BatchHeader } from "../records/batch.ts";
import type { Clock } from "../time/clock.ts";
import type { LogFiles } from "./log-files.ts";
import type { LogSegments } from "./log-segments.ts";
import type { LogSettings } from "./log-settings.ts";
import type { LogSyncer } from "./log-syncer.ts";
import type { ProducerStates } from "./producer-states.ts";
import { mustRoll } from "./rolling.ts";
import type { Segment } from "./segment.ts";

/** What a roll asks of its log. */
export interface RollHost {
  readonly endOffset: number;
  readonly producers: ProducerStates;
  readonly failure: unknown;
  readonly settings: LogSettings;
  /** Settles when nothing waits to be written. */
  written(): Promise<void>;
}

/** Begins segments, and makes those that are full durable. */
export class SegmentRoll {
  readonly #segments: LogSegments;
  readonly #files: LogFiles;
  readonly #syncer: LogSyncer;
  readonly #clock: Clock;
  readonly #host: RollHost;

  constructor(
    segments: LogSegments,
    host: RollHost,
    parts: { readonly files: LogFiles; readonly syncer: LogSyncer; readonly clock: Clock },
  ) {
    this.#segments = segments;
    this.#host = host;
    this.#files = parts.files;
    this.#syncer = parts.syncer;
    this.#clock = parts.clock;
  }

  /** The segment that takes the next batch: the active one, or a new one if that is full. */
  activeFor(next: BatchHeader): Segment {
    const { active } = this.#segments;
    if (active === undefined) {
      this.#files.create();
      return this.start();
    }
    if (!mustRoll(active, next, this.#host.settings, this.#clock.now())) return active;
    this.#files.saveSnapshot(next.baseOffset, this.#host.producers, false);
    const started = this.start();
    this.#sealLater(active, next.baseOffset);
    return started;
  }

  /** An empty segment at the end. */
  start(): Segment {
    const segment = this.#files.newSegment(this.#host.endOffset, this.#clock.now());
    segment.createFile();
    this.#segments.push(segment);
    return segment;
  }

  /** Seals those that are not appended to any more and have their indexes in memory alone. */
  sealFull(): void {
    const { all } = this.#segments;
    for (const [i, segment] of all.slice(0, -1).entries()) {
      const next = all[i + 1]?.baseOffset ?? this.#host.endOffset;
      if (segment.isUnsealed && !segment.isRetired) this.#sealLater(segment, next);
    }
  }

  /** A full segment becomes durable as a whole, once all of it is written. */
  #sealLater(segment: Segment, endOffset: number): void {
    this.#syncer.sealLater(segment, endOffset, async () => {
      await this.#host.written();
      return this.#host.failure === undefined && this.#segments.includes(segment);
    });
  }
}
