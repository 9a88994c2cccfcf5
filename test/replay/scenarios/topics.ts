import { metadata } from "../../../src/protocol/generated/metadata.ts";
import type { Replay } from "../replay.ts";
import { eventually, range, type Scenario, settled } from "../scenario.ts";

/**
 * Versions, malformed frames, metadata, and everything about topics: on a broker with an empty
 * data directory, whose `__consumer_offsets` is made by hand by one of the cases.
 */
export const topics: Scenario = {
  name: "versions, frames, metadata and topics",

  steps: [
    versions,
    malformedFrames,
    create,
    describe,
    autoCreate,
    describeByName,
    grow,
    remove,
    describeCluster,
  ],
};

async function versions(replay: Replay): Promise<void> {
  await replay.replayAll("ApiVersions", range(0, 5), "ok");
  for (const version of [6, 99, -1]) {
    await replay.replayRaw("ApiVersions", version, "unsupported-version");
  }
  await replay.replayAll("ApiVersions", 3, ["empty-software-name", "bad-software-name"], {
    on: "fresh",
  });
  const { clusterId } = await replay.call(metadata, 12, { topics: [] });
  replay.adopt("cluster", RECORDED_CLUSTER_ID, clusterId);
  await replay.replayAll("ApiVersions", 5, ["wrong-cluster-id", "wrong-node-id", "right-ids"], {
    on: "fresh",
  });
}

const RECORDED_CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw";

async function malformedFrames(replay: Replay): Promise<void> {
  for (const name of [
    "unknown-api-key",
    "controller-only-api-on-broker",
    "removed-api-key",
    "produce-v2",
    "metadata-v14",
    "negative-size",
    "too-large",
    "zero-size",
    "http",
    "null-client-id",
    "truncated-body",
    "trailing-bytes",
    "huge-array",
  ]) {
    await replay.replayRaw("ApiVersions", 0, name);
  }
}

async function create(replay: Replay): Promise<void> {
  await replay.replayAll("CreateTopics", range(2, 7), "created");
  await replay.replayAll("CreateTopics", [2, 4, 5, 7], "exists");
  await replay.replayAll("CreateTopics", 7, [
    "invalid-name-space",
    "invalid-name-dot",
    "invalid-name-dotdot",
    "empty-name",
    "name-249",
    "name-250",
    "name-unicode",
    "zero-partitions",
    "negative-partitions",
    "default-partitions-and-rf",
    "zero-rf",
    "rf-2-on-one-broker",
    "rf-minus-2",
    "unknown-config",
    "bad-config-value",
    "config-out-of-range",
    "null-config-value",
    "bad-cleanup-policy",
    "assignment-and-count",
    "assignment-ok",
    "assignment-unknown-broker",
    "assignment-gap",
    "assignment-dup-broker",
    "assignment-empty-brokers",
    "collides-dot-underscore",
    "collides-dot-underscore-2",
    "cluster-metadata-name",
    "internal-name",
    "validate-only",
    "duplicate-in-request",
    "empty",
  ]);
  await replay.replay("CreateTopics", 2, "invalid-name");
  await replay.replay("CreateTopics", 7, "timeout-zero");
}

async function describe(replay: Replay): Promise<void> {
  await settled(replay);
  await replay.replay("Metadata", 12, "all-topics");
  for (const version of range(0, 13)) {
    await replay.replay("Metadata", version, "one-topic");
    if (version === 0) await replay.replay("Metadata", version, "empty-means-all");
    else if (version !== 12) await replay.replay("Metadata", version, "null-topics");
    if (version > 0) await replay.replay("Metadata", version, "empty-topics");
    if (version >= 4) await replay.replay("Metadata", version, "unknown-topic-no-auto-create");
    await replay.replay("Metadata", version, "invalid-topic-name");
  }
}

async function autoCreate(replay: Replay): Promise<void> {
  for (const version of [0, 1, 4, 9, 12, 13]) {
    await replay.replay("Metadata", version, "auto-create-first-answer");
    const topic = [{ name: `auto-${version}` }];
    await eventually(
      () => replay.call(metadata, version, { topics: topic }),
      (answer) => answer.topics[0]?.errorCode === 0,
    );
    await replay.replay("Metadata", version, "auto-create-later-answer");
  }
}

async function describeByName(replay: Replay): Promise<void> {
  await replay.replayAll("Metadata", [10, 12, 13], ["by-topic-id", "by-unknown-topic-id"]);
  await replay.replayAll("Metadata", 12, ["null-name-zero-id", "name-and-other-id"]);
  await replay.replayAll("Metadata", [12, 8], "authorized-ops");
  await replay.replay("Metadata", 12, "order-and-duplicates");
}

async function grow(replay: Replay): Promise<void> {
  await replay.replayAll("CreatePartitions", range(0, 3), "grow");
  await replay.replayAll("CreatePartitions", 3, [
    "same-count",
    "shrink",
    "unknown-topic",
    "unknown-broker",
    "assignment-count-mismatch",
    "validate-only",
    "negative",
    "duplicate-topic",
  ]);
}

async function remove(replay: Replay): Promise<void> {
  await replay.replayAll("DeleteTopics", range(1, 5), "one-good-one-unknown");
  await replay.replayAll("DeleteTopics", 6, [
    "by-name-and-id",
    "name-and-id-both",
    "null-name-zero-id",
    "duplicate-name",
  ]);
  await replay.replayAll("Metadata", 12, ["by-id-after-delete", "by-name-after-delete"]);
  await replay.replayAll("DescribeTopicPartitions", 0, [
    "limit-3-cursor",
    "all-topics",
    "with-cursor",
    "negative-cursor",
  ]);
}

async function describeCluster(replay: Replay): Promise<void> {
  await replay.replayAll("DescribeCluster", range(0, 2), "ok");
  await replay.replay("DescribeCluster", 2, "no-authorized-ops");
  await replay.replayAll("DescribeCluster", 1, [
    "controllers-asked-of-broker",
    "bad-endpoint-type",
  ]);
}
