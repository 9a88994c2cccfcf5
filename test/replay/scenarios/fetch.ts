import type { fetch } from "../../../src/protocol/generated/fetch.ts";
import { produce } from "../../../src/protocol/generated/produce.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, range, type Scenario, sleep, warmUp } from "../scenario.ts";

/** Records on their way out: fetches, sessions, offsets by time and epoch, deleted records. */
export const fetchAndOffsets: Scenario = {
  name: "fetch, sessions and offsets",
  isTimed: true,

  steps: [
    warmUp,
    prepare,
    positions,
    limits,
    refusals,
    sessions,
    wokenByProduce,
    listOffsets,
    epochs,
    deleteRecords,
  ],
};

/** The ten records that the recorded fetches read, one batch each, and the topics beside them. */
async function prepare(replay: Replay): Promise<void> {
  await makeTopic(replay, "compact", { configs: { "cleanup.policy": "compact" } });
  const topicId = await makeTopic(replay, "fet", { partitions: 2 });
  const byId = replay.recordedRequest("Fetch", 13, "two-batches-from-8");
  const { topics } = byId as { topics: { topicId: string }[] };
  replay.adopt("topic", topics[0]?.topicId, topicId);
  const batches = recordedBatches(replay, "session-new");
  for (const batch of batches) await append(replay, batch);
}

/** The batches of partition 0 in a recorded fetch, one by one, with this run's times. */
function recordedBatches(replay: Replay, name: string): Buffer[] {
  const answer = replay.recordedAnswer("Fetch", 12, name) as ReturnType<
    typeof fetch.decodeResponse
  >;
  const records = answer.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0);
  const batches: Buffer[] = [];
  for (let at = 0; at < records.length; ) {
    const end = at + 12 + records.readInt32BE(at + 8);
    const batch = Buffer.from(records.subarray(at, end));
    batch.writeBigInt64BE(0n, 0);
    batches.push(batch);
    at = end;
  }
  return batches;
}

async function append(replay: Replay, records: Buffer): Promise<void> {
  const connection = await replay.connect();
  await replay.call(
    produce,
    9,
    {
      transactionalId: null,
      acks: -1,
      timeoutMs: 5000,
      topicData: [{ name: "fet", partitionData: [{ index: 0, records }] }],
    },
    connection,
  );
  connection.close();
}

async function positions(replay: Replay): Promise<void> {
  await replay.replayAll("Fetch", range(4, 18), "two-batches-from-8");
  await replay.replayAll("Fetch", 12, [
    "at-the-end-waits-500",
    "at-the-end-no-wait",
    "at-the-end-min-bytes-0",
    "beyond-end",
    "negative-offset",
  ]);
  await replay.replay("Fetch", 4, "beyond-end");
}

async function limits(replay: Replay): Promise<void> {
  await replay.replayAll("Fetch", 12, [
    "partition-max-10-bytes",
    "max-bytes-10",
    "partition-max-400",
    "partition-max-0",
    "max-bytes-0",
    "min-bytes-not-reached",
  ]);
}

async function refusals(replay: Replay): Promise<void> {
  await replay.replayAll("Fetch", 12, ["unknown-topic", "unknown-partition"]);
  await replay.replayAll("Fetch", 13, ["unknown-topic-id", "zero-topic-id"]);
  await replay.replayAll("Fetch", [12, 16], "unknown-leader-epoch");
  await replay.replayAll("Fetch", 12, [
    "right-leader-epoch",
    "last-fetched-epoch-0",
    "last-fetched-epoch-3",
    "last-fetched-epoch-0-offset-50",
    "read-committed",
    "read-committed-at-end",
    "isolation-7",
    "from-replica-99",
    "no-topics",
  ]);
  await replay.replay("Fetch", 17, "from-replica-1-self");
  await replay.replay("Fetch", 12, "same-partition-twice");
  await replay.replay("Fetch", 4, "two-partitions-one-empty");
}

async function sessions(replay: Replay): Promise<void> {
  await replay.replayAll("Fetch", 12, [
    "session-new",
    "session-incremental-no-change",
    "session-advance",
  ]);
  for (const batch of recordedBatches(replay, "session-incremental-new-data")) {
    await append(replay, batch);
  }
  await replay.replayAll("Fetch", 12, [
    "session-incremental-new-data",
    "session-epoch-repeated",
    "session-epoch-skipped",
    "session-unknown-id",
    "session-forget",
    "session-close-with-full-fetch",
    "session-after-close",
  ]);
  await replay.replay("Fetch", 13, "session-new-topic-id");
  await replay.replayAll("Fetch", 12, ["session-id-0-epoch-5", "session-new-no-topics"]);
}

async function wokenByProduce(replay: Replay): Promise<void> {
  const answered = replay.replay("Fetch", 12, "woken-by-produce");
  await sleep(300);
  for (const batch of recordedBatches(replay, "woken-by-produce")) await append(replay, batch);
  await answered;
}

async function listOffsets(replay: Replay): Promise<void> {
  await replay.replayAll("ListOffsets", range(1, 11), "latest");
  await replay.replayAll(
    "ListOffsets",
    [1, 7, 11],
    [
      "earliest",
      "max-timestamp",
      "earliest-local",
      "latest-tiered",
      "earliest-pending-upload",
      "minus-7",
    ],
  );
  await replay.replayAll(
    "ListOffsets",
    [2, 8, 9, 10],
    ["max-timestamp", "earliest-local", "latest-tiered"],
  );
  await replay.replayAll("ListOffsets", [7, 1], "by-time-hit");
  await replay.replayAll("ListOffsets", 7, [
    "by-time-after-last",
    "by-time-0",
    "unknown-topic",
    "unknown-partition",
    "unknown-epoch",
    "right-epoch",
    "max-timestamp-empty",
    "latest-empty",
    "by-time-empty",
    "latest-read-committed",
    "same-partition-twice",
  ]);
}

async function epochs(replay: Replay): Promise<void> {
  await replay.replayAll("OffsetForLeaderEpoch", [2, 3, 4], ["epoch-0", "epoch-1", "epoch--1"]);
  await replay.replay("OffsetForLeaderEpoch", 4, "unknown-current-epoch-and-topic");
}

async function deleteRecords(replay: Replay): Promise<void> {
  await replay.replayAll("DeleteRecords", [0, 1, 2], "ok");
  await replay.replayAll("DeleteRecords", 2, [
    "to-high-watermark",
    "beyond-end",
    "minus-5",
    "below-start",
    "unknown-and-compacted",
  ]);
  await replay.replay("Fetch", 12, "below-log-start");
  await replay.replay("ListOffsets", 7, "earliest-after-delete-records");
}
