import { beforeEach, describe, expect, test } from "vitest";
import { describeProducersHandler } from "../../src/handlers/describe-producers.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { describeProducers } from "../../src/protocol/generated/describe-producers.ts";
import { buildBatch } from "../../src/records/records.ts";
import { wanted } from "../cluster/support.ts";
import { START_MS } from "../support/storage/logs.ts";
import { ask, everything, fill, type May, type SmallBroker, smallBroker } from "./support.ts";

let broker: SmallBroker;

beforeEach(async () => {
  broker = await smallBroker();
  await broker.controller.createTopics([wanted("orders"), wanted("plain")]);
  await fill(broker, "plain", 3);
});

async function produce(producerId: number, baseSequence: number, count: number): Promise<void> {
  const records = Array.from({ length: count }, () => ({
    key: null,
    value: Buffer.from("value"),
    headers: [],
  }));
  const producer = { producerId, producerEpoch: 2, baseSequence };
  const batch = buildBatch({ records, timestamp: START_MS + baseSequence, ...producer });
  await broker.services.partitions.get("orders", 0)?.append(batch, "client").written;
}

async function described(name: string, index: number, may: May = everything) {
  const request = { topics: [{ name, partitionIndexes: [index] }] };
  const options = { broker, may };
  const answer = await ask(describeProducersHandler, describeProducers, request, options);
  return answer.topics.flatMap(({ partitions }) => partitions)[0];
}

describe("DescribeProducers", () => {
  test("tells each idempotent producer's last sequence and time, and that none has a transaction", async () => {
    await produce(7, 0, 3);
    await produce(7, 3, 2);
    await produce(8, 0, 1);

    const { errorCode, activeProducers = [] } = (await described("orders", 0)) ?? {};

    expect(errorCode).toBe(ErrorCode.NONE);
    const none = { coordinatorEpoch: -1, currentTxnStartOffset: -1 };
    expect(activeProducers).toEqual([
      { producerId: 7, producerEpoch: 2, lastSequence: 4, lastTimestamp: START_MS + 3, ...none },
      { producerId: 8, producerEpoch: 2, lastSequence: 0, lastTimestamp: START_MS, ...none },
    ]);
  });

  test("knows nothing of producers that are not idempotent", async () => {
    expect(await described("plain", 0)).toMatchObject({ errorCode: 0, activeProducers: [] });
  });

  test("says why it tells nothing, in the order in which Kafka looks", async () => {
    const nobody: May = () => false;
    expect(await described("not/a name", 0, nobody)).toMatchObject({
      errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION,
    });
    expect(await described("nowhere", 0, nobody)).toMatchObject({
      errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    });
    expect(await described("nowhere", 0)).toMatchObject({
      errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    });
    expect(await described("orders", 9)).toMatchObject({
      errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    });
  });
});
