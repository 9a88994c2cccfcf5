interface Deadlines {
  sessionAtMs: number;
  /** Until when partitions must be given up, and the member epoch at which that was asked. */
  rebalance: { readonly atMs: number; readonly memberEpoch: number } | undefined;
  /** Until when a member of the classic protocol must join again, and fetch its assignment. */
  joinAtMs: number;
  syncAtMs: number;
}

export type DueReason = "session" | "rebalance" | "join" | "sync";

export interface Due {
  readonly memberId: string;
  readonly reason: DueReason;
  /** For "rebalance": nothing is due if the member has another epoch by now. */
  readonly memberEpoch: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Until when the members of a consumer group must do what (monotonic ms). Not durable. */
export class MemberDeadlines {
  readonly #members = new Map<string, Deadlines>();
  /** Lower bound of all deadlines: nothing is due before it. */
  #wakeAtMs = NEVER;

  get wakeAtMs(): number {
    return this.#wakeAtMs;
  }

  /** The path of every heartbeat: no allocation, no timer. */
  renewSession(memberId: string, atMs: number): void {
    this.#of(memberId).sessionAtMs = atMs;
    this.#wakeBy(atMs);
  }

  expectRevocation(memberId: string, atMs: number, memberEpoch: number): void {
    this.#of(memberId).rebalance = { atMs, memberEpoch };
    this.#wakeBy(atMs);
  }

  revoked(memberId: string): void {
    const known = this.#members.get(memberId);
    if (known !== undefined) known.rebalance = undefined;
  }

  /** Asking again does not give more time. */
  expectJoin(memberId: string, atMs: number): void {
    const deadlines = this.#of(memberId);
    if (deadlines.joinAtMs !== NEVER) return;
    deadlines.joinAtMs = atMs;
    this.#wakeBy(atMs);
  }

  joined(memberId: string): void {
    const known = this.#members.get(memberId);
    if (known !== undefined) known.joinAtMs = NEVER;
  }

  expectSync(memberId: string, atMs: number): void {
    this.#of(memberId).syncAtMs = atMs;
    this.#wakeBy(atMs);
  }

  synced(memberId: string): void {
    const known = this.#members.get(memberId);
    if (known !== undefined) known.syncAtMs = NEVER;
  }

  forget(memberId: string): void {
    this.#members.delete(memberId);
  }

  /** Takes out what is due, and looks at every deadline again. */
  takeDue(nowMs: number): Due[] {
    const due: Due[] = [];
    this.#wakeAtMs = NEVER;
    for (const [memberId, deadlines] of this.#members) {
      const reason = reasonOf(deadlines, nowMs);
      if (reason === undefined) {
        this.#wakeBy(earliestOf(deadlines));
        continue;
      }
      due.push({ memberId, reason, memberEpoch: deadlines.rebalance?.memberEpoch ?? -1 });
      if (reason === "rebalance") {
        deadlines.rebalance = undefined;
        this.#wakeBy(earliestOf(deadlines));
      } else this.#members.delete(memberId);
    }
    return due;
  }

  #of(memberId: string): Deadlines {
    let deadlines = this.#members.get(memberId);
    if (deadlines === undefined) {
      deadlines = { sessionAtMs: NEVER, rebalance: undefined, joinAtMs: NEVER, syncAtMs: NEVER };
      this.#members.set(memberId, deadlines);
    }
    return deadlines;
  }

  #wakeBy(atMs: number): void {
    if (atMs < this.#wakeAtMs) this.#wakeAtMs = atMs;
  }
}

function reasonOf(deadlines: Deadlines, nowMs: number): DueReason | undefined {
  const { sessionAtMs, joinAtMs, syncAtMs, rebalance } = deadlines;
  if (sessionAtMs <= nowMs) return "session";
  if (joinAtMs <= nowMs) return "join";
  if (syncAtMs <= nowMs) return "sync";
  return rebalance !== undefined && rebalance.atMs <= nowMs ? "rebalance" : undefined;
}

function earliestOf({ sessionAtMs, joinAtMs, syncAtMs, rebalance }: Deadlines): number {
  return Math.min(sessionAtMs, joinAtMs, syncAtMs, rebalance?.atMs ?? NEVER);
}
