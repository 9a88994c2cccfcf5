import type {
  Change,
  Comparison,
  Lease,
  Listing,
  MetadataStore,
  Operation,
  Outcome,
  StoredEntry,
  Watch,
} from "./metadata-store.ts";
import { StoreState } from "./store-state.ts";

/** A metadata store that is gone with the process: for `--ephemeral`, and shared by test clusters. */
export class MemoryStore implements MetadataStore {
  readonly maxOperations = Number.POSITIVE_INFINITY;
  readonly #state = new StoreState();

  async get(key: string): Promise<StoredEntry | undefined> {
    return this.#state.get(key);
  }

  async list(prefix: string): Promise<Listing> {
    return this.#state.list(prefix);
  }

  async txn(
    comparisons: readonly Comparison[],
    operations: readonly Operation[],
  ): Promise<Outcome> {
    const succeeded = this.#state.holds(comparisons);
    if (succeeded) this.#state.announce(this.#state.apply(operations).change);
    return { succeeded, revision: this.#state.revision };
  }

  watch(prefix: string, after: number, listener: (change: Change) => void): Watch {
    return this.#state.watch(prefix, after, listener);
  }

  async lease(): Promise<Lease> {
    const id = this.#state.grant();
    return {
      id,
      revoke: async () => this.#state.announce(this.#state.apply(this.#state.endLease(id)).change),
    };
  }

  async close(): Promise<void> {}
}
