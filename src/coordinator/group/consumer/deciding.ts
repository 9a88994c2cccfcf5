import type { ClassicGroup } from "../classic/classic-group.ts";
import type { GroupRecord, Outcome } from "../group-record.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { RegexEngine } from "./regular-expressions.ts";
import type { ConsumerSurroundings } from "./surroundings.ts";

/** How a group has its regular expressions resolved while it goes on. */
export interface RegexRefresh {
  /** Undefined as long as no member has subscribed by one. */
  readonly engine: RegexEngine | undefined;
  readonly isUnderWay: boolean;
  /** The revision of the metadata that added topics last. */
  readonly newTopicsRevision: number;
  start(regexes: readonly string[]): void;
}

/** What a decision needs besides its group. */
export interface Means {
  readonly world: ConsumerSurroundings;
  readonly regexes: RegexRefresh;
  /** Puts a classic group in the place of the consumer group. */
  readonly install: (group: ClassicGroup) => void;
}

/** A decision about a consumer group on its way: what will be true of it, and what comes then. */
export class Deciding {
  readonly group: ConsumerGroup;
  readonly world: ConsumerSurroundings;
  readonly regexes: RegexRefresh;
  readonly records: GroupRecord[] = [];
  readonly #install: Means["install"];
  readonly #next: (() => void)[] = [];

  constructor(group: ConsumerGroup, { world, regexes, install }: Means) {
    this.group = group;
    this.world = world;
    this.regexes = regexes;
    this.#install = install;
  }

  /** What to do once the records are true: for all that is not durable, deadlines above all. */
  whenReplayed(next: () => void): void {
    this.#next.push(next);
  }

  /** The group goes on as a classic one. */
  install(group: ClassicGroup): void {
    this.whenReplayed(() => this.#install(group));
  }

  outcome(then?: Pick<Outcome, "whenCommitted" | "whenNotCommitted">): Outcome {
    const whenReplayed = () => {
      for (const next of this.#next) next();
    };
    return { records: this.records, whenReplayed, ...then };
  }
}
