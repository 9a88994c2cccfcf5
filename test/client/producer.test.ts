import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterClient } from "../../src/client/cluster-client.ts";
import { Fetcher } from "../../src/client/fetcher.ts";
import { partitionOfKey } from "../../src/client/partitioner.ts";
import { Producer } from "../../src/client/producer.ts";
import type { Delivery, ProducerOptions } from "../../src/client/producer-options.ts";
import { type Broker, startBroker } from "../../src/index.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { clientOf, producing, textRecord } from "../support/client/connected.ts";

describe("a producer", () => {
  let broker: Broker;
  let client: ClusterClient;

  beforeEach(async () => {
    broker = await startBroker({ topics: { orders: 3, one: 1 } });
    client = clientOf(broker.port);
  });

  afterEach(async () => {
    await client.close();
    await broker.stop();
  });

  function producer(options: Partial<ProducerOptions> & { topic: string }) {
    const deliveries: Delivery[] = [];
    const taken = (delivery: Delivery) => void deliveries.push(delivery);
    return { deliveries, producer: new Producer(client, producing(options), taken) };
  }

  /** The values of a partition, in the order of their offsets. */
  async function valuesOf(topic: string, partition: number, count: number): Promise<string[]> {
    const fetcher = new Fetcher(client, { isolationLevel: "read_uncommitted", resetTo: undefined });
    fetcher.assign(new Map([[`${topic}:${partition}`, 0]]));
    const values: string[] = [];
    while (values.length < count) {
      for (const { value } of await fetcher.poll(100)) values.push(String(value));
    }
    return values;
  }

  test("keeps the order of records over many batches", async () => {
    const { producer: writer, deliveries } = producer({ topic: "one", batchBytes: 500 });
    const values = Array.from({ length: 500 }, (_, at) => `value ${at}`);

    for (const value of values) await writer.send(textRecord(value));
    await writer.flush();

    expect(await valuesOf("one", 0, 500)).toEqual(values);
    expect(deliveries.length).toBeGreaterThan(10);
    expect(deliveries.flatMap(({ records }) => records).length).toBe(500);
  });

  test("keeps the order of records whose first are given before it knows the topic", async () => {
    const { producer: writer } = producer({ topic: "one", lingerMs: 0 });
    const values = Array.from({ length: 30 }, (_, at) => `value ${at}`);

    await Promise.all(values.map((value, at) => writer.send(textRecord(value, `key-${at}`))));
    await writer.flush();

    expect(await valuesOf("one", 0, 30)).toEqual(values);
  });

  test("puts a key where Java's producer puts it", async () => {
    const { producer: writer, deliveries } = producer({ topic: "orders" });
    const keys = Array.from({ length: 30 }, (_, at) => `key-${at}`);

    for (const key of keys) await writer.send(textRecord("x", key));
    await writer.flush();

    const placed = deliveries.flatMap((delivery) =>
      delivery.error === undefined
        ? delivery.records.map(({ key }) => [String(key), delivery.partition] as const)
        : [],
    );
    const expected = keys.map((key) => [key, partitionOfKey(Buffer.from(key), 3)] as const);
    expect(new Map(placed)).toEqual(new Map(expected));
  });

  test("stays with one partition for a batch's worth of records without a key, then goes on", async () => {
    const drawn = [0.9, 0, 0.5];
    const random = () => drawn.shift() ?? 0;
    const { producer: writer, deliveries } = producer({
      topic: "orders",
      batchBytes: 1000,
      random,
    });

    for (let at = 0; at < 30; at++) await writer.send(textRecord("x".repeat(18)));
    await writer.flush();

    const partitions = deliveries.map((delivery) =>
      "partition" in delivery ? delivery.partition : -1,
    );
    expect(new Set(partitions)).toEqual(new Set([2, 0, 1]));
    expect(deliveries.map(({ records }) => records.length).sort()).toEqual([10, 10, 10]);
  });

  test("refuses a record that is larger than a request may be, and goes on", async () => {
    const { producer: writer, deliveries } = producer({ topic: "one", recordBytesMax: 1000 });

    await writer.send(textRecord("x".repeat(2000)));
    await writer.send(textRecord("small"));
    await writer.flush();

    expect(deliveries[0]?.error?.code).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    expect(deliveries[0]?.error?.message).toContain("2082 bytes when serialized");
    expect(await valuesOf("one", 0, 1)).toEqual(["small"]);
  });

  test("cuts a batch that the topic finds too large, and keeps its order", async () => {
    await broker.stop();
    await client.close();
    broker = await startBroker({ topics: { one: 1 }, config: { "message.max.bytes": "800" } });
    client = clientOf(broker.port);
    const { producer: writer, deliveries } = producer({ topic: "one" });
    const values = Array.from({ length: 40 }, (_, at) => `${at}`.padStart(60, "-"));

    for (const value of values) await writer.send(textRecord(value));
    await writer.flush();

    expect(await valuesOf("one", 0, 40)).toEqual(values);
    expect(deliveries.every(({ error }) => error === undefined)).toBe(true);
  });

  test("waits while its buffer is full, so that a fast writer needs no more memory", async () => {
    const { producer: writer, deliveries } = producer({
      topic: "one",
      lingerMs: 1_000_000,
      batchBytes: 100_000,
      bufferBytes: 1000,
    });

    for (let at = 0; at < 100; at++) await writer.send(textRecord("x".repeat(100)));

    expect(deliveries.length).toBeGreaterThan(5);
    await writer.flush();
  });

  test("does without answers when nobody is to acknowledge", async () => {
    const { producer: writer, deliveries } = producer({
      topic: "one",
      acks: 0,
      isIdempotent: false,
    });

    await writer.send(textRecord("nobody waits"));
    await writer.flush();

    expect(deliveries).toMatchObject([{ baseOffset: -1, partition: 0 }]);
    expect(await valuesOf("one", 0, 1)).toEqual(["nobody waits"]);
  });

  test("says of a topic that never comes what Kafka's producer says", async () => {
    await client.close();
    await broker.stop();
    broker = await startBroker({ config: { "auto.create.topics.enable": "false" } });
    client = clientOf(broker.port, 300);
    const { producer: writer, deliveries } = producer({ topic: "nobody" });

    await writer.send(textRecord("x"));

    expect(deliveries[0]?.error?.message).toBe(
      "Topic nobody not present in metadata after 300 ms.",
    );
  });

  test("writes each record once although connections break all the time", async () => {
    const { producer: writer, deliveries } = producer({
      topic: "one",
      batchBytes: 300,
      retries: 1000,
    });
    const values = Array.from({ length: 300 }, (_, at) => `value ${at}`);

    for (const [at, value] of values.entries()) {
      await writer.send(textRecord(value));
      // Whatever is under way loses its answer.
      if (at % 20 === 19) await client.close();
    }
    await writer.flush();

    expect(await valuesOf("one", 0, 300)).toEqual(values);
    expect(deliveries.filter(({ error }) => error !== undefined)).toEqual([]);
  });
});
