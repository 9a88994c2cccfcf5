import { produce } from "../../../src/protocol/generated/produce.ts";
import { buildBatch } from "../../../src/records/records.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, warmUp } from "../scenario.ts";
import { askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions about who has produced to a partition. */
export const madeUpProducers: Scenario = {
  name: "made up: producers",
  steps: [prepare, describeProducers],
};

/** The same in every run: the broker tells it again. */
const FIRST_SENT_MS = 1_700_000_000_000;

/** Two producers in one partition, an older epoch of one, and one that is not idempotent. */
async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  await makeTopic(replay, "producers", { partitions: 3 });
  const sent = [
    { partition: 0, producerId: 4711, producerEpoch: 0, baseSequence: 0, count: 3 },
    { partition: 0, producerId: 4711, producerEpoch: 0, baseSequence: 3, count: 2 },
    { partition: 0, producerId: 4712, producerEpoch: 5, baseSequence: 0, count: 1 },
    { partition: 1, producerId: 4711, producerEpoch: 0, baseSequence: 0, count: 4 },
    { partition: 1, producerId: 4711, producerEpoch: 1, baseSequence: 0, count: 1 },
    { partition: 2, producerId: -1, producerEpoch: -1, baseSequence: -1, count: 2 },
  ];
  for (const [index, { partition, count, ...producer }] of sent.entries()) {
    const value = { key: null, value: Buffer.from("value"), headers: [] };
    const records = Array.from({ length: count }, () => value);
    const batch = buildBatch({ records, timestamp: FIRST_SENT_MS + index, ...producer });
    const partitionData = [{ index: partition, records: batch }];
    await replay.call(produce, 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: "producers", partitionData }],
    });
  }
}

async function describeProducers(replay: Replay): Promise<void> {
  const of = (name: string, ...partitionIndexes: number[]) => ({ name, partitionIndexes });
  const base = { topics: [of("producers", 0)] };
  await askInEveryVersion(
    replay,
    variants("DescribeProducers", base, {
      "two producers": {},
      "a newer epoch": { topics: [of("producers", 1)] },
      "none that is idempotent": { topics: [of("producers", 2)] },
      "all partitions": { topics: [of("producers", 2, 0, 1)] },
      "one twice": { topics: [of("producers", 0, 0), of("producers", 0)] },
      "no such partition": { topics: [of("producers", 7, -1, 0)] },
      "no such topic": { topics: [of("nope", 0, 1), of("producers", 2)] },
      "bad names": { topics: [of("", 0), of("a/b", 0), of("..", 0)] },
      "no partitions": { topics: [of("producers"), of("nope")] },
      "no topics": { topics: [] },
    }),
  );
}
