import { KeySpace } from "./key-space.ts";
import type {
  Change,
  Comparison,
  Listing,
  Operation,
  StoredEntry,
  StoreEvent,
  Watch,
} from "./metadata-store.ts";

interface Held extends StoredEntry {
  readonly leaseId: number;
}

/** What a transaction did, and what of it must outlive the process. */
export interface Applied {
  readonly change: Change;
  readonly durablePuts: readonly StoredEntry[];
  readonly durableDeletes: readonly string[];
}

/** A transaction being carried out. */
interface Step {
  readonly revision: number;
  readonly events: StoreEvent[];
  readonly durablePuts: StoredEntry[];
  readonly durableDeletes: string[];
}

interface Watcher {
  readonly prefix: string;
  readonly listener: (change: Change) => void;
}

const NO_LEASE = 0;

const HISTORY = 1024;

/**
 * The keys, revisions, leases and watchers of a store that lives in this process: what the memory
 * store is, and what the embedded store keeps beside its file. The caller decides when a change has
 * become visible ({@link announce}).
 *
 * Invariant: every entry's createRevision <= modRevision <= revision.
 */
export class StoreState {
  readonly #entries = new KeySpace<Held>();
  readonly #leases = new Map<number, Set<string>>();
  readonly #watchers = new Set<Watcher>();
  /** The latest changes, for a watch that starts at a revision that has passed. */
  readonly #history: Change[] = [];
  #revision = 0;
  #lastLease = NO_LEASE;

  get revision(): number {
    return this.#revision;
  }

  /** Puts an entry back as it was when the store was closed. */
  restore(entry: StoredEntry): void {
    this.#entries.set(entry.key, { ...entry, leaseId: NO_LEASE });
  }

  /** The store is at this revision, whether or not the change that made it is still of interest. */
  restoreRevision(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  get(key: string): StoredEntry | undefined {
    const held = this.#entries.get(key);
    return held && plain(held);
  }

  list(prefix: string): Listing {
    const entries: StoredEntry[] = [];
    for (const key of this.#entries.keysBelow(prefix).sort()) {
      const held = this.#entries.get(key);
      if (held !== undefined) entries.push(plain(held));
    }
    return { revision: this.#revision, entries };
  }

  /** Entries that outlive the process. */
  *durableEntries(): Generator<StoredEntry> {
    for (const held of this.#entries.values()) if (held.leaseId === NO_LEASE) yield plain(held);
  }

  holds(comparisons: readonly Comparison[]): boolean {
    return comparisons.every(
      ({ key, target, revision }) => (this.#entries.get(key)?.[target] ?? 0) === revision,
    );
  }

  /** Carries the operations out at the next revision. */
  apply(operations: readonly Operation[]): Applied {
    const step: Step = {
      revision: this.#revision + 1,
      events: [],
      durablePuts: [],
      durableDeletes: [],
    };
    for (const operation of operations) this.#carryOut(operation, step);
    const { revision, events, durablePuts, durableDeletes } = step;
    if (events.length > 0) this.#revision = revision;
    return { change: { revision: this.#revision, events }, durablePuts, durableDeletes };
  }

  announce(change: Change): void {
    if (change.events.length === 0) return;
    this.#history.push(change);
    if (this.#history.length > HISTORY) this.#history.shift();
    for (const watcher of this.#watchers) tell(watcher, change);
  }

  /** @throws RangeError for a revision of which the changes are no longer known: list again. */
  watch(prefix: string, after: number, listener: (change: Change) => void): Watch {
    const known = this.#history[0]?.revision ?? this.#revision + 1;
    if (after + 1 < known && after < this.#revision) {
      throw new RangeError(`the changes since revision ${after} are no longer known`);
    }
    const watcher = { prefix, listener };
    for (const change of this.#history) if (change.revision > after) tell(watcher, change);
    this.#watchers.add(watcher);
    return { cancel: () => this.#watchers.delete(watcher) };
  }

  grant(): number {
    this.#lastLease += 1;
    this.#leases.set(this.#lastLease, new Set());
    return this.#lastLease;
  }

  /** Ends a lease; gives what is to be done to its keys. */
  endLease(leaseId: number): readonly Operation[] {
    const keys = this.#leases.get(leaseId) ?? [];
    this.#leases.delete(leaseId);
    return [...keys].map((key) => ({ type: "delete", key }));
  }

  #carryOut(operation: Operation, step: Step): void {
    if (operation.type === "put") this.#put(operation, step);
    else if (operation.type === "delete") this.#delete(operation.key, step);
    else for (const key of this.#entries.keysBelow(operation.prefix)) this.#delete(key, step);
  }

  #put(operation: Extract<Operation, { type: "put" }>, step: Step): void {
    const { key, value, lease } = operation;
    const before = this.#entries.get(key);
    const leaseId = lease?.id ?? NO_LEASE;
    this.#leases.get(before?.leaseId ?? NO_LEASE)?.delete(key);
    this.#leases.get(leaseId)?.add(key);
    const createRevision = before?.createRevision ?? step.revision;
    const held = { key, value, createRevision, modRevision: step.revision, leaseId };
    this.#entries.set(key, held);
    const entry = plain(held);
    step.events.push({ type: "put", entry });
    if (leaseId === NO_LEASE) step.durablePuts.push(entry);
    else if (before?.leaseId === NO_LEASE) step.durableDeletes.push(key);
  }

  #delete(key: string, step: Step): void {
    const before = this.#entries.get(key);
    if (before === undefined) return;
    this.#leases.get(before.leaseId)?.delete(key);
    this.#entries.delete(key);
    step.events.push({ type: "delete", key });
    if (before.leaseId === NO_LEASE) step.durableDeletes.push(key);
  }
}

function plain({ key, value, createRevision, modRevision }: Held): StoredEntry {
  return { key, value, createRevision, modRevision };
}

function tell({ prefix, listener }: Watcher, change: Change): void {
  const events = change.events.filter((event) =>
    (event.type === "put" ? event.entry.key : event.key).startsWith(prefix),
  );
  if (events.length === change.events.length) listener(change);
  else if (events.length > 0) listener({ revision: change.revision, events });
}
