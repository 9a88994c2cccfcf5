import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { MetadataLoader } from "./metadata-loader.ts";
import type { Comparison, MetadataStore, Operation } from "./metadata-store.ts";

/** How often something is decided anew because somebody else was faster. */
export const MAX_ATTEMPTS = 100;

/** A result, and what must be written before it is true. */
export interface Decision<Result> {
  readonly result: Result;
  readonly write?: {
    readonly comparison: Comparison;
    /** Where one entry does not tell all that was looked at. */
    readonly also?: readonly Comparison[];
    readonly operations: readonly Operation[];
  };
}

/**
 * Makes decisions by the image true in the store: what was decided is written only if that part of
 * the store is still as the image showed it, and is decided anew where it is not.
 */
export class Decisions {
  readonly #store: MetadataStore;
  readonly #loader: MetadataLoader;

  constructor(store: MetadataStore, loader: MetadataLoader) {
    this.#store = store;
    this.#loader = loader;
  }

  /**
   * One decision per item, as many in one transaction as the store takes. Settles when they are
   * durable and carried out.
   *
   * @throws KafkaError KAFKA_STORAGE_ERROR, REQUEST_TIMED_OUT
   */
  async make<Item, Result>(
    items: readonly Item[],
    terms: { readonly validateOnly?: boolean; readonly operationsEach: number },
    decide: (item: Item) => Decision<Result>,
  ): Promise<Result[]> {
    if (terms.validateOnly === true) return items.map((item) => decide(item).result);
    const most = Math.floor(this.#store.maxOperations / terms.operationsEach);
    const results: Result[] = [];
    for (let at = 0; at < items.length; at += most) {
      const together = items.slice(at, at + most);
      for (const result of await this.#makeTogether(together, decide)) results.push(result);
    }
    return results;
  }

  async #makeTogether<Item, Result>(
    items: readonly Item[],
    decide: (item: Item) => Decision<Result>,
  ): Promise<Result[]> {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
      const decisions = items.map(decide);
      if (await this.#commit(decisions)) return decisions.map(({ result }) => result);
    }
    throw tooBusy();
  }

  /** False where the store was no longer as the decisions took it to be. */
  async #commit(decisions: readonly Decision<unknown>[]): Promise<boolean> {
    const writes = decisions.flatMap(({ write }) => write ?? []);
    if (writes.length === 0) return true;
    const { succeeded, revision } = await this.#store.txn(
      writes.flatMap(({ comparison, also = [] }) => [comparison, ...also]),
      writes.flatMap(({ operations }) => operations),
    );
    await this.#loader.reached(revision);
    return succeeded;
  }
}

export function tooBusy(): KafkaError {
  return new KafkaError(
    ErrorCode.REQUEST_TIMED_OUT,
    "others change the same metadata all the time",
  );
}
