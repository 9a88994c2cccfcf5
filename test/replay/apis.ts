import type { ApiCodec } from "../../src/protocol/codec.ts";
import { alterClientQuotas } from "../../src/protocol/generated/alter-client-quotas.ts";
import { alterConfigs } from "../../src/protocol/generated/alter-configs.ts";
import { alterPartitionReassignments } from "../../src/protocol/generated/alter-partition-reassignments.ts";
import { alterReplicaLogDirs } from "../../src/protocol/generated/alter-replica-log-dirs.ts";
import { apiVersions } from "../../src/protocol/generated/api-versions.ts";
import { consumerGroupDescribe } from "../../src/protocol/generated/consumer-group-describe.ts";
import { consumerGroupHeartbeat } from "../../src/protocol/generated/consumer-group-heartbeat.ts";
import { createPartitions } from "../../src/protocol/generated/create-partitions.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { deleteGroups } from "../../src/protocol/generated/delete-groups.ts";
import { deleteRecords } from "../../src/protocol/generated/delete-records.ts";
import { deleteTopics } from "../../src/protocol/generated/delete-topics.ts";
import { describeClientQuotas } from "../../src/protocol/generated/describe-client-quotas.ts";
import { describeCluster } from "../../src/protocol/generated/describe-cluster.ts";
import { describeConfigs } from "../../src/protocol/generated/describe-configs.ts";
import { describeGroups } from "../../src/protocol/generated/describe-groups.ts";
import { describeLogDirs } from "../../src/protocol/generated/describe-log-dirs.ts";
import { describeProducers } from "../../src/protocol/generated/describe-producers.ts";
import { describeQuorum } from "../../src/protocol/generated/describe-quorum.ts";
import { describeTopicPartitions } from "../../src/protocol/generated/describe-topic-partitions.ts";
import { electLeaders } from "../../src/protocol/generated/elect-leaders.ts";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { findCoordinator } from "../../src/protocol/generated/find-coordinator.ts";
import { getTelemetrySubscriptions } from "../../src/protocol/generated/get-telemetry-subscriptions.ts";
import { heartbeat } from "../../src/protocol/generated/heartbeat.ts";
import { incrementalAlterConfigs } from "../../src/protocol/generated/incremental-alter-configs.ts";
import { initProducerId } from "../../src/protocol/generated/init-producer-id.ts";
import { joinGroup } from "../../src/protocol/generated/join-group.ts";
import { leaveGroup } from "../../src/protocol/generated/leave-group.ts";
import { listConfigResources } from "../../src/protocol/generated/list-config-resources.ts";
import { listGroups } from "../../src/protocol/generated/list-groups.ts";
import { listOffsets } from "../../src/protocol/generated/list-offsets.ts";
import { listPartitionReassignments } from "../../src/protocol/generated/list-partition-reassignments.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { offsetCommit } from "../../src/protocol/generated/offset-commit.ts";
import { offsetDelete } from "../../src/protocol/generated/offset-delete.ts";
import { offsetFetch } from "../../src/protocol/generated/offset-fetch.ts";
import { offsetForLeaderEpoch } from "../../src/protocol/generated/offset-for-leader-epoch.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { pushTelemetry } from "../../src/protocol/generated/push-telemetry.ts";
import { syncGroup } from "../../src/protocol/generated/sync-group.ts";
import { unregisterBroker } from "../../src/protocol/generated/unregister-broker.ts";
import { updateFeatures } from "../../src/protocol/generated/update-features.ts";

export type AnyCodec = ApiCodec<unknown, unknown, unknown, unknown>;

/** The APIs whose recorded cases are replayed: those of the classic single broker. */
const replayed = [
  pushTelemetry,
  getTelemetrySubscriptions,
  alterConfigs,
  describeClientQuotas,
  alterClientQuotas,
  updateFeatures,
  unregisterBroker,
  listPartitionReassignments,
  electLeaders,
  describeProducers,
  describeQuorum,
  alterPartitionReassignments,
  alterReplicaLogDirs,
  apiVersions,
  consumerGroupDescribe,
  consumerGroupHeartbeat,
  createPartitions,
  createTopics,
  deleteGroups,
  deleteRecords,
  deleteTopics,
  describeCluster,
  describeConfigs,
  describeGroups,
  describeLogDirs,
  describeTopicPartitions,
  fetch,
  findCoordinator,
  heartbeat,
  incrementalAlterConfigs,
  initProducerId,
  joinGroup,
  leaveGroup,
  listConfigResources,
  listGroups,
  listOffsets,
  metadata,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  offsetForLeaderEpoch,
  produce,
  syncGroup,
] as readonly unknown[] as readonly AnyCodec[];

const byName = new Map(replayed.map((codec) => [codec.name, codec]));

export const replayedApis: readonly string[] = [...byName.keys()];

export function codecOf(api: string): AnyCodec {
  const codec = byName.get(api);
  if (codec === undefined) throw new Error(`no codec for ${api}`);
  return codec;
}
