import type { ClusterClient } from "../../../client/cluster-client.ts";
import type { FetchedRecord } from "../../../client/fetched-records.ts";
import { Fetcher } from "../../../client/fetcher.ts";
import { offsetsAt } from "../../../client/offsets.ts";
import { byLeader, keyOf } from "../../../client/partitions.ts";
import { OffsetSpec } from "../../../protocol/offset-spec.ts";
import { integerIn } from "../settings.ts";
import type { Plan } from "./plan.ts";
import type { Reading } from "./reading.ts";
import { findTopics } from "./topics.ts";

const MISSING_RETRY_MS = 200;
const METADATA_MAX_AGE_MS = 300_000;

/** Reads one partition from where the plan says. @throws KafkaError when it is not there */
export async function partitionReading(
  client: ClusterClient,
  plan: Plan,
  topic: string,
): Promise<Reading> {
  const { partition = 0, offset = 0 } = plan.only ?? {};
  const at = { topic, partition };
  await client.topics([topic], true);
  await byLeader(client, [at]);
  const start = offset >= 0 ? offset : (await offsetsAt(client, [at], offset)).get(keyOf(at));
  const fetcher = new Fetcher(client, plan);
  fetcher.assign(new Map([[keyOf(at), start ?? 0]]));
  return { poll: (waitMs) => fetcher.poll(waitMs), close: async () => {} };
}

/**
 * Reads all partitions of all topics that are meant, without a group: nobody shares them with it, and
 * nothing is committed. Looks for topics and partitions that come later.
 */
export class AloneReading implements Reading {
  readonly #client: ClusterClient;
  readonly #plan: Plan;
  readonly #fetcher: Fetcher;
  readonly #maxAgeMs: number;
  #lookAtMs = Number.NEGATIVE_INFINITY;
  #isFirst = true;

  constructor(client: ClusterClient, plan: Plan) {
    this.#client = client;
    this.#plan = plan;
    this.#fetcher = new Fetcher(client, plan);
    this.#maxAgeMs = integerIn(plan.settings, "metadata.max.age.ms", METADATA_MAX_AGE_MS);
  }

  async poll(waitMs: number): Promise<readonly FetchedRecord[]> {
    const { clock } = this.#client;
    let longest = waitMs;
    if (clock.monotonicMs() >= this.#lookAtMs) {
      const areMissing = await this.#look();
      this.#lookAtMs = clock.monotonicMs() + (areMissing ? MISSING_RETRY_MS : this.#maxAgeMs);
    }
    longest = Math.min(longest, Math.max(1, this.#lookAtMs - clock.monotonicMs()));
    return this.#fetcher.poll(Math.ceil(longest));
  }

  async close(): Promise<void> {}

  /** What was not there at first is read from its beginning: nobody could have seen it. */
  async #look(): Promise<boolean> {
    const { partitions, areMissing } = await findTopics(this.#client, this.#plan);
    const { positions } = this.#fetcher;
    const added = partitions.filter((at) => !positions.has(keyOf(at)));
    if (added.length > 0 || partitions.length < positions.size) {
      const { resetTo = OffsetSpec.LATEST } = this.#plan;
      const spec = this.#isFirst ? resetTo : OffsetSpec.EARLIEST;
      const starts = await offsetsAt(this.#client, added, spec);
      const all = partitions.map((at) => keyOf(at));
      this.#fetcher.assign(
        new Map(all.map((key) => [key, positions.get(key) ?? starts.get(key) ?? 0])),
      );
    }
    this.#isFirst = false;
    return areMissing;
  }
}
