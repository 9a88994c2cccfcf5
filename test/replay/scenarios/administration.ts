import { incrementalAlterConfigs } from "../../../src/protocol/generated/incremental-alter-configs.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, range, type Scenario, settled } from "../scenario.ts";

/** What administrators ask a cluster of one broker: leaders, replicas, the quorum, quotas, features. */
export const administration: Scenario = {
  name: "administration",

  steps: [elections, reassignments, quorum, features, quotas, telemetry],
};

async function elections(replay: Replay): Promise<void> {
  await makeTopic(replay, "adm", { partitions: 2 });
  await replay.replayAll("ElectLeaders", range(0, 2), "preferred");
  await replay.replayAll("ElectLeaders", 2, ["unclean-not-needed", "bad-type"]);
  await replay.replay("ElectLeaders", 2, "all-partitions", { part: ofTopic("adm") });
}

/** Every topic of the recorded broker is in the answer. */
const ofTopic = (name: string) => (answer: unknown) => {
  const { replicaElectionResults: results, ...rest } = answer as {
    replicaElectionResults: { topic: string }[];
  };
  return { ...rest, results: results.filter(({ topic }) => topic === name) };
};

async function reassignments(replay: Replay): Promise<void> {
  await replay.replayAll("AlterPartitionReassignments", range(0, 1), "to-same");
  await replay.replayAll("AlterPartitionReassignments", 1, [
    "cancel-none",
    "unknown-broker",
    "unknown-topic",
    "empty-replicas",
    "duplicate-replicas",
  ]);
  await replay.replayAll("ListPartitionReassignments", 0, ["none", "unknown"]);
  await replay.replayAll("AlterReplicaLogDirs", range(1, 2), "unknown-dir");
}

async function quorum(replay: Replay): Promise<void> {
  await replay.replayAll("DescribeQuorum", range(0, 2), "ok");
  await replay.replay("DescribeQuorum", 2, "other-topic");
  await replay.replay("UnregisterBroker", 0, "unknown-broker");
}

async function features(replay: Replay): Promise<void> {
  await replay.replayAll("UpdateFeatures", range(0, 2), "unknown-feature-validate");
  await replay.replayAll("UpdateFeatures", 2, [
    "same-level",
    "too-high",
    "empty",
    "downgrade-as-upgrade",
    "safe-downgrade-validate",
  ]);
}

async function quotas(replay: Replay): Promise<void> {
  await replay.replayAll("DescribeClientQuotas", range(0, 1), "empty");
  await replay.replayAll("AlterClientQuotas", range(0, 1), "set");
  await replay.replayAll("AlterClientQuotas", 1, [
    "user-and-default-client",
    "unknown-key",
    "unknown-entity",
    "negative",
    "ip",
    "empty-entity",
    "request-percentage",
  ]);
  await settled(replay);
  await replay.replayAll("DescribeClientQuotas", range(0, 1), "exact");
  await replay.replayAll("DescribeClientQuotas", 1, [
    "default",
    "any-strict",
    "bad-entity",
    "bad-match-type",
  ]);
  await replay.replay("AlterClientQuotas", 1, "remove");
}

async function telemetry(replay: Replay): Promise<void> {
  // The recorded broker had a subscription by then, which asked for no metrics.
  const configs = [{ name: "interval.ms", configOperation: 0, value: "5000" }];
  await replay.call(incrementalAlterConfigs, 1, {
    resources: [{ resourceType: 16, resourceName: "sub", configs }],
    validateOnly: false,
  });
  await settled(replay);
  await replay.replay("GetTelemetrySubscriptions", 0, "not-advertised");
  await replay.replay("PushTelemetry", 0, "not-advertised");
}
