import type { Plan } from "../../../src/cli/commands/consume/plan.ts";
import type { Reading } from "../../../src/cli/commands/consume/reading.ts";
import type { ClusterClient } from "../../../src/client/cluster-client.ts";
import { Producer } from "../../../src/client/producer.ts";
import { createPartitions } from "../../../src/protocol/generated/create-partitions.ts";
import { deleteTopics } from "../../../src/protocol/generated/delete-topics.ts";
import { OffsetSpec } from "../../../src/protocol/offset-spec.ts";
import { producing, textRecord } from "../client/connected.ts";

/** What a test does not say of what is read: all, from the beginning. */
export function planFor(plan: Partial<Plan> & Pick<Plan, "topics">): Plan {
  return {
    only: undefined,
    group: undefined,
    commits: plan.group !== undefined,
    commitIntervalMs: 60_000,
    resetTo: OffsetSpec.EARLIEST,
    isolationLevel: "read_uncommitted",
    maxMessages: Number.POSITIVE_INFINITY,
    timeoutMs: Number.POSITIVE_INFINITY,
    settings: {},
    ...plan,
  };
}

/** Writes each value under itself as key. */
export async function write(
  client: ClusterClient,
  topic: string,
  values: readonly string[],
): Promise<void> {
  const producer = new Producer(client, producing({ topic }), () => {});
  for (const value of values) await producer.send(textRecord(value, value));
  await producer.flush();
}

export async function deleteTopic(client: ClusterClient, name: string): Promise<void> {
  const request = { topics: [{ name }], topicNames: [name], timeoutMs: 30_000 };
  await client.any(deleteTopics, request);
}

export async function grow(client: ClusterClient, name: string, count: number): Promise<void> {
  const topics = [{ name, count, assignments: null }];
  await client.any(createPartitions, { topics, timeoutMs: 30_000, validateOnly: false });
}

/** Polls into `seen` until it has so many, and once more. */
export async function readUntil(reading: Reading, seen: string[], count: number): Promise<void> {
  const take = async () => {
    for (const { value } of await reading.poll(50)) seen.push(String(value));
  };
  while (seen.length < count) await take();
  await take();
}
