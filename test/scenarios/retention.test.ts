import { expect, test, vi } from "vitest";
import { startBroker } from "../../src/index.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { listOffsets } from "../../src/protocol/generated/list-offsets.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { buildBatch } from "../../src/records/records.ts";
import { RawClient } from "./client.ts";

const EARLIEST = -2;

test("a topic that may keep no bytes forgets full segments, and the offsets go on", async () => {
  await using broker = await startBroker({
    config: { "log.retention.check.interval.ms": "20" },
  });
  const client = await RawClient.open(broker.port);
  const configs = [
    { name: "retention.bytes", value: "1" },
    { name: "internal.segment.bytes", value: "300" },
  ];
  await client.ask(createTopics, 7, {
    topics: [{ name: "t", numPartitions: 1, replicationFactor: 1, assignments: [], configs }],
    timeoutMs: 5000,
  });

  const baseOffsets: number[] = [];
  for (let i = 0; i < 6; i++) {
    const records = buildBatch({
      timestamp: Date.now(),
      records: [{ key: null, value: Buffer.alloc(150, i) }],
    });
    const answer = await client.ask(produce, 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 5000,
      topicData: [{ name: "t", partitionData: [{ index: 0, records }] }],
    });
    baseOffsets.push(answer.responses[0]?.partitionResponses[0]?.baseOffset ?? -1);
  }

  expect(baseOffsets).toEqual([0, 1, 2, 3, 4, 5]);
  await vi.waitFor(async () => {
    const found = await client.ask(listOffsets, 7, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: "t", partitions: [{ partitionIndex: 0, timestamp: EARLIEST }] }],
    });
    expect(found.topics[0]?.partitions[0]?.offset).toBe(5);
  });
  client.connection.close();
});
