import type { KafkaError } from "../protocol/errors.ts";
import { asRefusal } from "./cluster-rights.ts";
import type { RequestContext } from "./handler.ts";

export interface Mutations<Item> {
  readonly items: readonly Item[];
  /** The version from which clients understand a refusal; older ones are made to wait (KIP-599). */
  readonly strictFrom: number;
  /** How many partitions each makes or deletes; undefined for what will be refused anyway. */
  readonly partitionsOf: () => Promise<readonly (number | undefined)[]>;
}

/**
 * Counts what a request is about to make or delete against its client's controller_mutation_rate.
 * Costs nothing while there is no such quota.
 *
 * @returns what must be left undone, with the reason: THROTTLING_QUOTA_EXCEEDED.
 */
export async function overMutationQuota<Item>(
  { usage, version }: RequestContext,
  { items, strictFrom, partitionsOf }: Mutations<Item>,
): Promise<ReadonlyMap<Item, KafkaError>> {
  const refused = new Map<Item, KafkaError>();
  if (usage?.limitsMutations !== true) return refused;
  const counts = await partitionsOf();
  for (const [at, item] of items.entries()) {
    const partitions = counts[at];
    if (partitions === undefined) continue;
    try {
      usage.mutated(partitions, version >= strictFrom);
    } catch (error) {
      refused.set(item, asRefusal(error));
    }
  }
  return refused;
}
