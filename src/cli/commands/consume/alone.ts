import type { ClusterClient } from "../../../client/cluster-client.ts";
import type { FetchedRecord } from "../../../client/fetched-records.ts";
import { Fetcher } from "../../../client/fetcher.ts";
import { offsetsAt } from "../../../client/offsets.ts";
import { byLeader, keyOf } from "../../../client/partitions.ts";
import { OffsetSpec } from "../../../protocol/offset-spec.ts";
import type { Plan } from "./plan.ts";
import type { Reading } from "./reading.ts";
import { startsAt } from "./starts.ts";
import { TopicWatch } from "./topic-watch.ts";
import type { FoundTopics } from "./topics.ts";

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
 * nothing is committed. Looks for topics and partitions that come later, and goes on without those that
 * are deleted.
 */
export class AloneReading implements Reading {
  readonly #client: ClusterClient;
  readonly #plan: Plan;
  readonly #fetcher: Fetcher;
  readonly #watch: TopicWatch;
  #isFirst = true;

  constructor(client: ClusterClient, plan: Plan) {
    this.#client = client;
    this.#plan = plan;
    this.#fetcher = new Fetcher(client, plan);
    this.#watch = new TopicWatch(client, plan);
  }

  async poll(waitMs: number): Promise<readonly FetchedRecord[]> {
    const found = await this.#watch.look(this.#fetcher.areMissing);
    if (found !== undefined) await this.#follow(found);
    return this.#fetcher.poll(this.#watch.waitMs(waitMs, this.#fetcher.areMissing));
  }

  async close(): Promise<void> {}

  /** What was not there at first is read from its beginning: nobody could have seen it. */
  async #follow({ partitions }: FoundTopics): Promise<void> {
    const { positions } = this.#fetcher;
    const added = partitions.filter((at) => !positions.has(keyOf(at)));
    if (added.length > 0 || partitions.length < positions.size) {
      const { resetTo = OffsetSpec.LATEST } = this.#plan;
      const spec = this.#isFirst ? resetTo : OffsetSpec.EARLIEST;
      const starts = await startsAt(this.#client, added, spec);
      if (starts.size < added.length) this.#watch.hurry();
      const kept = partitions.flatMap((at) => {
        const offset = positions.get(keyOf(at));
        return offset === undefined ? [] : [[keyOf(at), offset] as const];
      });
      this.#fetcher.assign(new Map([...kept, ...starts]));
    }
    this.#isFirst = false;
  }
}
