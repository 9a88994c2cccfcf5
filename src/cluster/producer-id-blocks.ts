import { MAX_ATTEMPTS, tooBusy } from "./decisions.ts";
import type { MetadataStore } from "./metadata-store.ts";
import { keys, nextProducerId, producerIdsValue } from "./stored.ts";

/** Ids in a block (KIP-730). */
const BLOCK = 1000;

/** The next producer ids; durable before they are given, so that they are given once. */
export async function nextProducerIdBlock(
  store: MetadataStore,
): Promise<{ readonly first: number; readonly count: number }> {
  const key = keys.producerIds;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    const entry = await store.get(key);
    const first = nextProducerId(entry);
    const { succeeded } = await store.txn(
      [{ key, target: "modRevision", revision: entry?.modRevision ?? 0 }],
      [{ type: "put", key, value: producerIdsValue(first + BLOCK) }],
    );
    if (succeeded) return { first, count: BLOCK };
  }
  throw tooBusy();
}
