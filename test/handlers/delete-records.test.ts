import { beforeEach, describe, expect, test } from "vitest";
import { deleteRecordsHandler } from "../../src/handlers/delete-records.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { deleteRecords } from "../../src/protocol/generated/delete-records.ts";
import { wanted } from "../cluster/support.ts";
import { ask, fill, type May, type SmallBroker, smallBroker } from "./support.ts";

let broker: SmallBroker;

beforeEach(async () => {
  broker = await smallBroker();
  const compacted = { configs: new Map([["cleanup.policy", "compact"]]) };
  const both = { configs: new Map([["cleanup.policy", "compact,delete"]]) };
  await broker.controller.createTopics([
    wanted("orders"),
    wanted("compacted", compacted),
    wanted("both", both),
  ]);
  for (const topic of ["orders", "compacted", "both"]) await fill(broker, topic, 10);
});

async function deleteBefore(
  wantedOffsets: readonly (readonly [topic: string, offset: number, partitionIndex?: number])[],
  { may, timeoutMs = 1000 }: { may?: May; timeoutMs?: number } = {},
): Promise<(readonly [number, number])[]> {
  const topics = wantedOffsets.map(([name, offset, partitionIndex = 0]) => ({
    name,
    partitions: [{ partitionIndex, offset }],
  }));
  const options = { broker, ...(may && { may }) };
  const answer = await ask(deleteRecordsHandler, deleteRecords, { topics, timeoutMs }, options);
  return answer.topics.flatMap(({ partitions }) =>
    partitions.map(({ errorCode, lowWatermark }) => [errorCode, lowWatermark] as const),
  );
}

describe("DeleteRecords", () => {
  test("the log starts where it was told to, and never goes back", async () => {
    expect(await deleteBefore([["orders", 4]])).toEqual([[ErrorCode.NONE, 4]]);
    expect(await deleteBefore([["orders", 1]])).toEqual([[ErrorCode.NONE, 4]]);
    expect(await deleteBefore([["orders", -1]])).toEqual([[ErrorCode.NONE, 10]]);
    expect(broker.services.partitions.get("orders", 0)?.logStartOffset).toBe(10);
  });

  test("an offset that is not there is refused, and changes nothing", async () => {
    const refused = [ErrorCode.OFFSET_OUT_OF_RANGE, -1];

    expect(await deleteBefore([["orders", 11]])).toEqual([refused]);
    expect(await deleteBefore([["orders", -2]])).toEqual([refused]);
    expect(broker.services.partitions.get("orders", 0)?.logStartOffset).toBe(0);
  });

  test("what cannot be deleted from is refused beside what can", async () => {
    await broker.controller.autoCreate("__consumer_offsets");

    const results = await deleteBefore([
      ["compacted", 1],
      ["both", 1],
      ["nowhere", 1],
      ["orders", 1, 7],
      ["orders", 1],
      ["__consumer_offsets", 0],
    ]);

    expect(results).toEqual([
      [ErrorCode.POLICY_VIOLATION, -1],
      [ErrorCode.NONE, 1],
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1],
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1],
      [ErrorCode.NONE, 1],
      [ErrorCode.INVALID_TOPIC_EXCEPTION, -1],
    ]);
  });

  test("a partition that is named twice is answered once: the last offset counts", async () => {
    const results = await deleteBefore([
      ["orders", 2],
      ["orders", 1],
    ]);

    expect(results).toEqual([[ErrorCode.NONE, 1]]);
  });

  test("the right to delete is asked for per topic", async () => {
    const may: May = (operation, _, name) => operation === "delete" && name === "orders";

    const results = await deleteBefore(
      [
        ["both", 1],
        ["orders", 1],
      ],
      { may },
    );

    expect(results).toEqual([
      [ErrorCode.TOPIC_AUTHORIZATION_FAILED, -1],
      [ErrorCode.NONE, 1],
    ]);
  });

  test("a client without patience is answered all the same: there is nobody to wait for", async () => {
    expect(await deleteBefore([["orders", 3]], { timeoutMs: 0 })).toEqual([[ErrorCode.NONE, 3]]);
  });

  test("nor does a disk that takes longer than the client's patience make it fail", async () => {
    const answer = deleteBefore([["orders", 3]], { timeoutMs: 5 });
    await broker.clock.advance(60_000);

    expect(await answer).toEqual([[ErrorCode.NONE, 3]]);
  });
});
