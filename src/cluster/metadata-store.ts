/**
 * Where a cluster keeps what its brokers must agree on: a revisioned key-value store in the image of
 * etcd's, so that etcd can stand behind it. Every transaction that changes something makes the next
 * revision. Decide by comparing inside a transaction, never on what was read before it; watches tell
 * that something changed, sooner or later.
 */
export interface MetadataStore {
  /** Most operations one transaction may hold; etcd has 128. */
  readonly maxOperations: number;

  get(key: string): Promise<StoredEntry | undefined>;

  /** Every entry whose key begins so, in key order, as of one revision. */
  list(prefix: string): Promise<Listing>;

  /**
   * If every comparison holds, all operations happen, at one revision; otherwise none. Settles when
   * the outcome is durable (as durable as this store is).
   *
   * @throws KafkaError KAFKA_STORAGE_ERROR if the outcome is unknown or the store has failed.
   */
  txn(comparisons: readonly Comparison[], operations: readonly Operation[]): Promise<Outcome>;

  /** Tells of every transaction with a revision above `after` that touched keys with this prefix. */
  watch(prefix: string, after: number, listener: (change: Change) => void): Watch;

  /** Keys put under a lease go when it is revoked, or when its holder's process dies. */
  lease(): Promise<Lease>;

  close(): Promise<void>;
}

export interface StoredEntry {
  readonly key: string;
  readonly value: string;
  /** The revision that made the key. A key deleted and made again has a new one. */
  readonly createRevision: number;
  /** The revision that last put it. */
  readonly modRevision: number;
}

export interface Listing {
  readonly revision: number;
  readonly entries: readonly StoredEntry[];
}

/** The state a key must be in: revision 0 says that the key is not there. */
export interface Comparison {
  readonly key: string;
  readonly target: "createRevision" | "modRevision";
  readonly revision: number;
}

export type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: string; readonly lease?: Lease }
  | { readonly type: "delete"; readonly key: string }
  | { readonly type: "deletePrefix"; readonly prefix: string };

export interface Outcome {
  readonly succeeded: boolean;
  /** The store's revision afterwards. */
  readonly revision: number;
}

/** What one transaction did to the watched keys, in the order of its operations. */
export interface Change {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

export type StoreEvent =
  | { readonly type: "put"; readonly entry: StoredEntry }
  | { readonly type: "delete"; readonly key: string };

export interface Watch {
  cancel(): void;
}

export interface Lease {
  readonly id: number;
  revoke(): Promise<void>;
}
