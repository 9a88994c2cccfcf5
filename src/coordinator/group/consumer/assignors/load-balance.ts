/**
 * Walks the subscribers of one topic from the least and from the most loaded end, while the caller
 * moves partitions from the one end to the other. `loads` are the caller's and change under way: who
 * was given out by `nextLeastLoaded` is taken to have one more, by `nextMostLoaded` one less.
 */
export class LoadBalance {
  readonly #loads: readonly number[];
  readonly #members: number[];
  #leastEnd = 0;
  #leastLoad: number;
  #nextLeast = 0;
  #mostStart: number;
  #mostEnd: number;
  #mostLoad: number;
  #nextMost: number;

  /** `members` are indexes into `loads`, and not empty. */
  constructor(loads: readonly number[], members: readonly number[]) {
    this.#loads = loads;
    this.#members = [...members].sort((a, b) => this.#load(a) - this.#load(b) || a - b);
    this.#leastLoad = this.#load(this.#members[0]) - 1;
    this.#mostLoad = this.#load(this.#members.at(-1)) + 1;
    this.#mostStart = this.#members.length;
    this.#mostEnd = this.#members.length;
    this.#nextMost = this.#members.length - 1;
    this.imbalance = this.#mostLoad - this.#leastLoad - 2;
  }

  /** Partitions that the most loaded had more than the least loaded at the beginning. */
  readonly imbalance: number;

  /** The range of the most loaded has come down to that of the least loaded. */
  get isBalanced(): boolean {
    return this.#mostLoad - this.#leastLoad <= 1;
  }

  nextLeastLoaded(): number {
    if (this.#nextLeast >= this.#leastEnd) {
      this.#leastLoad++;
      while (
        this.#leastEnd < this.#members.length &&
        this.#load(this.#members[this.#leastEnd]) === this.#leastLoad
      ) {
        this.#leastEnd++;
      }
      this.#nextLeast = 0;
    }
    const member = this.#members[this.#nextLeast] as number;
    this.#nextLeast++;
    return member;
  }

  /** Undefined once all are excluded. */
  nextMostLoaded(): number | undefined {
    if (this.#nextMost < this.#mostStart) {
      const isSpent = this.#mostEnd <= this.#mostStart && this.#mostStart > 0;
      if (isSpent) this.#mostLoad = this.#load(this.#members[this.#mostStart - 1]);
      else this.#mostLoad--;
      while (
        this.#mostStart > 0 &&
        this.#load(this.#members[this.#mostStart - 1]) === this.#mostLoad
      ) {
        this.#mostStart--;
      }
      this.#nextMost = this.#mostEnd - 1;
    }
    if (this.#nextMost < 0) return undefined;
    const member = this.#members[this.#nextMost] as number;
    this.#nextMost--;
    return member;
  }

  /** The one that `nextMostLoaded` gave out last has nothing to give: it is not given out again. */
  excludeMostLoaded(): void {
    const excluded = this.#nextMost + 1;
    const last = this.#mostEnd - 1;
    const member = this.#members[excluded] as number;
    this.#members[excluded] = this.#members[last] as number;
    this.#members[last] = member;
    this.#mostEnd--;
  }

  #load(member: number | undefined): number {
    return this.#loads[member ?? -1] ?? 0;
  }
}
