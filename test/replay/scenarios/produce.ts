import { metadata } from "../../../src/protocol/generated/metadata.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, range, type Scenario, warmUp } from "../scenario.ts";

/** Records on their way in: what is accepted, what is refused, and idempotent producers. */
export const produceAndProducers: Scenario = {
  name: "produce and producers",

  steps: [warmUp, makeTopics, acks, framing, topicsAndRules, laterBatches, idempotence],
};

const onFresh = { on: "fresh" } as const;

async function makeTopics(replay: Replay): Promise<void> {
  const hour = "3600000";
  const topicId = await makeTopic(replay, "prod", { partitions: 3 });
  replay.adopt("topic", recordedTopicId(replay), topicId);
  await makeTopic(replay, "compact", { configs: { "cleanup.policy": "compact" } });
  await makeTopic(replay, "lat", { configs: { "message.timestamp.type": "LogAppendTime" } });
  await makeTopic(replay, "small", { configs: { "max.message.bytes": "200" } });
  await makeTopic(replay, "gz", { configs: { "compression.type": "gzip" } });
  const bounds = {
    "message.timestamp.after.max.ms": hour,
    "message.timestamp.before.max.ms": hour,
  };
  await makeTopic(replay, "tscheck", { configs: bounds });
  await makeTopic(replay, "minisr", { configs: { "min.insync.replicas": "2" } });
}

function recordedTopicId(replay: Replay): string {
  const request = replay.recordedRequest("Produce", 13, "ok-acks-all");
  return (request as { topicData: { topicId: string }[] }).topicData[0]?.topicId ?? "";
}

async function acks(replay: Replay): Promise<void> {
  await replay.replayAll("Produce", range(3, 13), "ok-acks-all", onFresh);
  await replay.replay("Produce", 9, "ok-acks-1", onFresh);
  const connection = await replay.connect();
  await replay.replay("Produce", 9, "acks-0", { on: connection });
  await replay.call(metadata, 1, { topics: [] }, connection);
  await replay.replay("Produce", 9, "acks-0-error", onFresh);
}

async function framing(replay: Replay): Promise<void> {
  await replay.replayAll("Produce", 9, ["codec-gzip", "codec-snappy", "codec-zstd"], onFresh);
  await replay.replayAll("Produce", 9, ["codec-5-unknown", "codec-7-unknown"], onFresh);
  await replay.replay("Produce", 6, "zstd-in-old-version", onFresh);
  await replay.replayAll("Produce", 9, ["bad-crc", "magic-1-in-v2-layout", "magic-3"], onFresh);
  await replay.replay("Produce", 3, "real-magic-1-message", onFresh);
  await replay.replayAll(
    "Produce",
    9,
    [
      "real-magic-0-message",
      "null-records",
      "empty-records",
      "two-batches",
      "truncated-batch",
      "trailing-garbage",
      "empty-batch",
      "count-too-large",
      "last-offset-delta-mismatch",
      "count-too-small",
      "base-offset-77",
      "control-batch-from-client",
      "transactional-without-txn-id",
      "client-sets-log-append-time-bit",
    ],
    onFresh,
  );
}

async function topicsAndRules(replay: Replay): Promise<void> {
  await replay.replayAll("Produce", 9, ["unknown-topic", "unknown-partition"], onFresh);
  await replay.replayAll("Produce", 13, ["unknown-topic-id", "zero-topic-id"], onFresh);
  await replay.replay("Produce", 12, "invalid-topic-name", onFresh);
  await replay.replayAll("Produce", 9, ["acks-2", "acks-minus-2", "too-large"], onFresh);
  await replay.replayAll("Produce", [9, 7], "no-key-compacted", onFresh);
  await replay.replayAll(
    "Produce",
    9,
    [
      "some-without-key-compacted",
      "log-append-time",
      "min-isr-not-met",
      "min-isr-not-met-acks-1",
      "timestamp-too-late",
      "timestamp-too-early",
      "timestamp-2h-ahead-default-topic",
      "timestamp-minus-1",
      "internal-topic",
      "recompressed-to-gzip",
      "no-topics",
      "mixed",
      "timeout-0",
    ],
    onFresh,
  );
}

/** Recorded after the rest of these cases, by the script that fetches. */
async function laterBatches(replay: Replay): Promise<void> {
  await replay.replayAll(
    "Produce",
    9,
    ["codec-lz4", "codec-lz4-linked-blocks", "codec-snappy-raw-no-xerial"],
    onFresh,
  );
}

async function idempotence(replay: Replay): Promise<void> {
  await replay.replayAll("InitProducerId", range(0, 5), "ok");
  // Recorded with the producer id -1: no producer at all, yet a sequence.
  await replay.replay("Produce", 9, "idem-first-seq-5", onFresh);
  await replay.replay("InitProducerId", 4, "ok-2");
  await replay.replayAll(
    "Produce",
    9,
    range(0, 7).map((sequence) => `idem-seq-${sequence}`),
    onFresh,
  );
  await replay.replayAll(
    "Produce",
    9,
    [
      "idem-dup-last",
      "idem-dup-5th-back",
      "idem-dup-6th-back",
      "idem-dup-8th-back",
      "idem-gap",
      "idem-multi",
      "idem-inside-a-batch",
      "idem-new-epoch-seq-0",
      "idem-old-epoch",
      "idem-new-epoch-seq-4",
      "idem-epoch-minus-1",
      "idem-seq-minus-1",
      "idem-unknown-pid-seq-0",
      "idem-unknown-pid-seq-7",
    ],
    onFresh,
  );
  await replay.replay("InitProducerId", 4, "ok-3");
  await replay.replayAll("Produce", 9, ["wrap-start", "wrap-across", "wrap-after"], onFresh);
  await replay.replayAll("InitProducerId", 4, ["pid-without-epoch", "idempotent-with-pid"]);
}
