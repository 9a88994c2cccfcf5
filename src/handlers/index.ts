import { apiVersionsHandler } from "./api-versions.ts";
import { createTopicsHandler } from "./create-topics.ts";
import type { Handler } from "./handler.ts";
import { metadataHandler } from "./metadata.ts";
import { produceHandler } from "./produce.ts";
import type { SupportedKey } from "./supported-apis.ts";

/** How to get at a handler. A start needs few of them: the rest is loaded when first asked for. */
type Load = () => Handler | Promise<Handler>;

/** Every API this broker speaks, in key order. */
const loaders: Readonly<Record<SupportedKey, Load>> = {
  0: () => produceHandler,
  1: async () => (await import("./fetch.ts")).fetchHandler,
  2: async () => (await import("./list-offsets.ts")).listOffsetsHandler,
  3: () => metadataHandler,
  8: async () => (await import("./offset-commit.ts")).offsetCommitHandler,
  9: async () => (await import("./offset-fetch.ts")).offsetFetchHandler,
  10: async () => (await import("./find-coordinator.ts")).findCoordinatorHandler,
  11: async () => (await import("./join-group.ts")).joinGroupHandler,
  12: async () => (await import("./heartbeat.ts")).heartbeatHandler,
  13: async () => (await import("./leave-group.ts")).leaveGroupHandler,
  14: async () => (await import("./sync-group.ts")).syncGroupHandler,
  15: async () => (await import("./describe-groups.ts")).describeGroupsHandler,
  16: async () => (await import("./list-groups.ts")).listGroupsHandler,
  18: () => apiVersionsHandler,
  19: () => createTopicsHandler,
  20: async () => (await import("./delete-topics.ts")).deleteTopicsHandler,
  21: async () => (await import("./delete-records.ts")).deleteRecordsHandler,
  22: async () => (await import("./init-producer-id.ts")).initProducerIdHandler,
  23: async () => (await import("./offset-for-leader-epoch.ts")).offsetForLeaderEpochHandler,
  32: async () => (await import("./describe-configs.ts")).describeConfigsHandler,
  33: async () => (await import("./alter-configs.ts")).alterConfigsHandler,
  34: async () => (await import("./alter-replica-log-dirs.ts")).alterReplicaLogDirsHandler,
  35: async () => (await import("./describe-log-dirs.ts")).describeLogDirsHandler,
  37: async () => (await import("./create-partitions.ts")).createPartitionsHandler,
  42: async () => (await import("./delete-groups.ts")).deleteGroupsHandler,
  43: async () => (await import("./elect-leaders.ts")).electLeadersHandler,
  45: async () =>
    (await import("./alter-partition-reassignments.ts")).alterPartitionReassignmentsHandler,
  46: async () =>
    (await import("./list-partition-reassignments.ts")).listPartitionReassignmentsHandler,
  44: async () => (await import("./incremental-alter-configs.ts")).incrementalAlterConfigsHandler,
  47: async () => (await import("./offset-delete.ts")).offsetDeleteHandler,
  48: async () => (await import("./describe-client-quotas.ts")).describeClientQuotasHandler,
  49: async () => (await import("./alter-client-quotas.ts")).alterClientQuotasHandler,
  55: async () => (await import("./describe-quorum.ts")).describeQuorumHandler,
  57: async () => (await import("./update-features.ts")).updateFeaturesHandler,
  60: async () => (await import("./describe-cluster.ts")).describeClusterHandler,
  61: async () => (await import("./describe-producers.ts")).describeProducersHandler,
  64: async () => (await import("./unregister-broker.ts")).unregisterBrokerHandler,
  74: async () => (await import("./list-config-resources.ts")).listConfigResourcesHandler,
  68: async () => (await import("./consumer-group-heartbeat.ts")).consumerGroupHeartbeatHandler,
  69: async () => (await import("./consumer-group-describe.ts")).consumerGroupDescribeHandler,
  71: async () =>
    (await import("./get-telemetry-subscriptions.ts")).getTelemetrySubscriptionsHandler,
  72: async () => (await import("./push-telemetry.ts")).pushTelemetryHandler,
  75: async () => (await import("./describe-topic-partitions.ts")).describeTopicPartitionsHandler,
};

const loaded = new Map<SupportedKey, Handler>();

/** The handler of an API; a promise the first time, if it has to be loaded. */
export function handlerOf(key: SupportedKey): Handler | Promise<Handler> {
  return loaded.get(key) ?? load(key);
}

function load(key: SupportedKey): Handler | Promise<Handler> {
  const keep = (handler: Handler): Handler => {
    loaded.set(key, handler);
    return handler;
  };
  const handler = loaders[key]();
  return handler instanceof Promise ? handler.then(keep) : keep(handler);
}
