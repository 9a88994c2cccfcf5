export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

const UNDEFINED_EPOCH = -1;
const NOTHING = { leaderEpoch: -1, endOffset: -1 };

/**
 * At which offset each epoch of leaders began (Kafka's LeaderEpochFileCache). What tells replicas and
 * clients where their log and the leader's part.
 */
export class LeaderEpochs {
  #entries: EpochStart[] = [];
  #changed = false;

  /** The text of a leader-epoch-checkpoint: version 0, count, `epoch startOffset` lines. */
  static parse(text: string): LeaderEpochs {
    const epochs = new LeaderEpochs();
    for (const line of text.split("\n").slice(2)) {
      const [epoch, startOffset] = line.trim().split(" ").map(Number);
      if (epoch !== undefined && startOffset !== undefined) epochs.begin(epoch, startOffset);
    }
    epochs.#changed = false;
    return epochs;
  }

  /** Differs from what was last written. */
  get isChanged(): boolean {
    return this.#changed;
  }

  /** -1 if there has been none. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? -1;
  }

  /** Notes a new epoch; one that is not newer says nothing new. An epoch without records gives way. */
  begin(epoch: number, startOffset: number): void {
    if (epoch <= this.latest) return;
    while ((this.#entries.at(-1)?.startOffset ?? -1) >= startOffset) this.#entries.pop();
    const entry = { epoch, startOffset };
    // An array that grows makes room for many, and most logs have one.
    if (this.#entries.length === 0) this.#entries = [entry];
    else this.#entries.push(entry);
    this.#changed = true;
  }

  /**
   * The newest epoch up to this one, and where it ended.
   * @param logEndOffset where the latest one ends.
   */
  endOf(epoch: number, logEndOffset: number): { leaderEpoch: number; endOffset: number } {
    if (epoch === UNDEFINED_EPOCH) return NOTHING;
    if (epoch === this.latest) return { leaderEpoch: epoch, endOffset: logEndOffset };
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch);
    if (next === -1) return NOTHING;
    const following = this.#entries[next] as EpochStart;
    const known = this.#entries[next - 1];
    // Before the first epoch we know of: it ended where that one began.
    return { leaderEpoch: known?.epoch ?? epoch, endOffset: following.startOffset };
  }

  /** The epoch in which an offset was written; -1 if that is before all we know. */
  epochFor(offset: number): number {
    return this.#entries.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1;
  }

  truncateFromEnd(endOffset: number): void {
    const kept = this.#entries.filter(({ startOffset }) => startOffset < endOffset);
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    this.#changed = true;
  }

  /** The log begins at this offset now: the epoch it lies in begins there, older ones are gone. */
  truncateFromStart(startOffset: number): void {
    const first = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    const holding = this.#entries[first];
    if (holding === undefined || holding.startOffset === startOffset) return;
    this.#entries = [{ epoch: holding.epoch, startOffset }, ...this.#entries.slice(first + 1)];
    this.#changed = true;
  }

  /** What was taken to be written was not. */
  markUnsaved(): void {
    this.#changed = true;
  }

  /** What belongs into the file; from now on it counts as written. */
  takeText(): string {
    this.#changed = false;
    const lines = this.#entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`);
    return `0\n${lines.length}\n${lines.join("")}`;
  }
}
