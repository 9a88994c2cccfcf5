import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterClient } from "../../src/client/cluster-client.ts";
import { Fetcher } from "../../src/client/fetcher.ts";
import { logOffsets, offsetsAt } from "../../src/client/offsets.ts";
import { Producer } from "../../src/client/producer.ts";
import { type Broker, startBroker } from "../../src/index.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { deleteRecords } from "../../src/protocol/generated/delete-records.ts";
import { deleteTopics } from "../../src/protocol/generated/delete-topics.ts";
import { OffsetSpec } from "../../src/protocol/offset-spec.ts";
import { clientOf, producing, textRecord } from "../support/client/connected.ts";
import { DoctoredClient, type Doctoring } from "../support/client/doctored.ts";

describe("a fetcher", () => {
  let broker: Broker;
  let client: ClusterClient;
  const reading = { isolationLevel: "read_uncommitted", resetTo: undefined } as const;

  beforeEach(async () => {
    broker = await startBroker({ topics: { one: 1 } });
    client = clientOf(broker.port);
    const producer = new Producer(client, producing({ topic: "one" }), () => {});
    for (const [at, value] of ["a", "b", "c"].entries()) {
      await producer.send({ ...textRecord(value), timestamp: 1000 + at });
    }
    await producer.flush();
  });

  afterEach(async () => {
    await client.close();
    await broker.stop();
  });

  function deleteBefore(offset: number) {
    const partitions = [{ partitionIndex: 0, offset }];
    return client.any(deleteRecords, { topics: [{ name: "one", partitions }], timeoutMs: 30_000 });
  }

  test("begins in the middle of a batch, and knows where it goes on", async () => {
    const fetcher = new Fetcher(client, reading);
    fetcher.assign(new Map([["one:0", 1]]));

    const records = await fetcher.poll(1000);

    expect(records.map(({ offset, value }) => [offset, String(value)])).toEqual([
      [1, "b"],
      [2, "c"],
    ]);
    expect([...fetcher.positions]).toEqual([["one:0", 3]]);
  });

  test("goes on elsewhere when its offset is not in the log any more, if it may", async () => {
    await deleteBefore(2);
    const fetcher = new Fetcher(client, { ...reading, resetTo: OffsetSpec.EARLIEST });
    fetcher.assign(new Map([["one:0", 0]]));

    expect(await fetcher.poll(100)).toEqual([]);
    expect((await fetcher.poll(1000)).map(({ offset }) => offset)).toEqual([2]);
  });

  test("says so when it may not", async () => {
    await deleteBefore(2);
    const fetcher = new Fetcher(client, reading);
    fetcher.assign(new Map([["one:0", 0]]));

    await expect(fetcher.poll(100)).rejects.toMatchObject({ code: ErrorCode.OFFSET_OUT_OF_RANGE });
  });

  test("survives that its connections are closed", async () => {
    const fetcher = new Fetcher(client, reading);
    fetcher.assign(new Map([["one:0", 0]]));
    await fetcher.poll(100);
    await client.close();

    fetcher.assign(new Map([["one:0", 2]]));

    expect((await fetcher.poll(1000)).map(({ value }) => String(value))).toEqual(["c"]);
  });

  test("offsets are those of the ends of the log, and the newest record by its own", async () => {
    const at = { topic: "one", partition: 0 };

    expect([...(await offsetsAt(client, [at], OffsetSpec.LATEST)).values()]).toEqual([3]);
    expect([...(await offsetsAt(client, [at], OffsetSpec.EARLIEST)).values()]).toEqual([0]);
    const { offsets, refused } = await logOffsets(client, [
      { ...at, timestamp: OffsetSpec.MAX_TIMESTAMP },
    ]);
    expect([offsets[0]?.offset, refused.size]).toEqual([2, 0]);
  });

  test("a partition that is not there is named", async () => {
    const nowhere = { topic: "one", partition: 7 };

    await expect(offsetsAt(client, [nowhere], OffsetSpec.LATEST)).rejects.toThrow(
      "there is no partition 7 of topic one",
    );
  });
});

describe("a fetcher of several partitions", () => {
  let broker: Broker;
  const clients: ClusterClient[] = [];
  const reading = { isolationLevel: "read_uncommitted", resetTo: undefined } as const;

  beforeEach(async () => {
    broker = await startBroker({ topics: { early: 2, late: 1 } });
    for (const [topic, values] of Object.entries({ early: ["a", "b", "c", "d"], late: ["x"] })) {
      const producer = new Producer(newClient(), producing({ topic }), () => {});
      for (const value of values) await producer.send(textRecord(value, value));
      await producer.flush();
    }
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await broker.stop();
  });

  function newClient(doctoring: Doctoring = {}): ClusterClient {
    const client = new DoctoredClient(broker.port, doctoring);
    clients.push(client);
    return client;
  }

  const everything = new Map([
    ["early:0", 0],
    ["early:1", 0],
    ["late:0", 0],
  ]);

  /** What so many polls gave, in the order of its text. */
  async function valuesOf(fetcher: Fetcher, polls: number): Promise<string[]> {
    const values: string[] = [];
    for (let poll = 0; poll < polls; poll++) {
      values.push(...(await fetcher.poll(50)).map(({ value }) => String(value)));
    }
    return values.sort();
  }

  function deleteTopic(name: string) {
    const request = { topics: [{ name }], topicNames: [name], timeoutMs: 30_000 };
    return newClient().any(deleteTopics, request);
  }

  test("loses nothing that came with the refusal of another partition", async () => {
    let refusals = 1;
    const client = newClient({
      answered: (topic, data) => {
        if (topic !== "late" || refusals-- <= 0) return data;
        return { ...data, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, records: null };
      },
    });
    const fetcher = new Fetcher(client, reading);
    fetcher.assign(everything);

    expect(await valuesOf(fetcher, 4)).toEqual(["a", "b", "c", "d", "x"]);
  });

  test("loses nothing that came while another leader could not be reached", async () => {
    const unreachable = 77;
    const led = { by: unreachable, topic: "late", times: 1 };
    const fetcher = new Fetcher(newClient({ led }), reading);
    fetcher.assign(everything);

    expect(await valuesOf(fetcher, 4)).toEqual(["a", "b", "c", "d", "x"]);
  });

  test("gives what it read before it says what it may not read", async () => {
    const client = newClient({
      answered: (topic, data) => {
        if (topic !== "late") return data;
        return { ...data, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, records: null };
      },
    });
    const fetcher = new Fetcher(client, reading);
    fetcher.assign(everything);

    expect(await valuesOf(fetcher, 1)).toEqual(["a", "b", "c", "d"]);
    const refusal = { code: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
    await expect(fetcher.poll(50)).rejects.toMatchObject(refusal);
  });

  test("gives the batches before one that cannot be read, and then says so", async () => {
    const client = newClient({
      answered: (topic, data) => {
        if (topic !== "late" || data.records === null) return data;
        const broken = Buffer.from(data.records);
        broken.writeInt32BE(1000, 57);
        return { ...data, records: Buffer.concat([data.records, broken]) };
      },
    });
    const fetcher = new Fetcher(client, reading);
    fetcher.assign(new Map([["late:0", 0]]));

    expect(await valuesOf(fetcher, 1)).toEqual(["x"]);
    expect([...fetcher.positions]).toEqual([["late:0", 1]]);
    await expect(fetcher.poll(50)).rejects.toThrow();
  });

  test("reads on when a topic is deleted, says so once, and knows that it is missing", async () => {
    const warned: string[] = [];
    const client = newClient({ warn: (sentence) => warned.push(sentence) });
    const fetcher = new Fetcher(client, reading);
    fetcher.assign(new Map([...everything, ["late:0", 1]]));
    expect(await valuesOf(fetcher, 1)).toEqual(["a", "b", "c", "d"]);
    await deleteTopic("late");
    const producer = new Producer(newClient(), producing({ topic: "early" }), () => {});
    await producer.send(textRecord("e", "e"));
    await producer.flush();

    expect(await valuesOf(fetcher, 5)).toEqual(["e"]);
    expect(fetcher.areMissing).toBe(true);
    expect(warned).toEqual(["partition late-0 is not known to the cluster; reading on without it"]);
  });

  test("reads a partition that comes to be known later", async () => {
    const fetcher = new Fetcher(newClient(), reading);
    fetcher.assign(new Map([["later:0", 0]]));
    expect(await valuesOf(fetcher, 1)).toEqual([]);
    const producer = new Producer(newClient(), producing({ topic: "later" }), () => {});
    await producer.send(textRecord("first"));
    await producer.flush();

    expect(await valuesOf(fetcher, 8)).toEqual(["first"]);
    expect(fetcher.areMissing).toBe(false);
  });
});
