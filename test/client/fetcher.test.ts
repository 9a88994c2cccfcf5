import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterClient } from "../../src/client/cluster-client.ts";
import { Fetcher } from "../../src/client/fetcher.ts";
import { logOffsets, offsetsAt } from "../../src/client/offsets.ts";
import { Producer } from "../../src/client/producer.ts";
import { type Broker, startBroker } from "../../src/index.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { deleteRecords } from "../../src/protocol/generated/delete-records.ts";
import { OffsetSpec } from "../../src/protocol/offset-spec.ts";
import { clientOf, producing, textRecord } from "../support/client/connected.ts";

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
