import { randomBytes } from "node:crypto";
import { Controller, type ControllerOptions } from "../../src/cluster/controller.ts";
import type { BrokerImage } from "../../src/cluster/image.ts";
import type { MetadataStore } from "../../src/cluster/metadata-store.ts";
import type { CreatableTopic } from "../../src/cluster/topic-creation.ts";
import type { TopicDefaults } from "../../src/cluster/topic-defaults.ts";
import { randomUuid } from "../../src/protocol/uuid.ts";

export const defaults: TopicDefaults = {
  numPartitions: 1,
  defaultReplicationFactor: 1,
  offsetsTopicNumPartitions: 50,
  offsetsTopicReplicationFactor: 3,
  offsetsTopicSegmentBytes: 104_857_600,
  transactionStateLogNumPartitions: 50,
  transactionStateLogReplicationFactor: 3,
  transactionStateLogSegmentBytes: 104_857_600,
  transactionStateLogMinIsr: 2,
  shareCoordinatorStateTopicNumPartitions: 50,
  shareCoordinatorStateTopicReplicationFactor: 3,
  shareCoordinatorStateTopicSegmentBytes: 104_857_600,
  shareCoordinatorStateTopicMinIsr: 2,
  odradekClampReplicationFactor: false,
};

export function openController(
  store: MetadataStore,
  settings: Partial<TopicDefaults> = {},
  options: Partial<ControllerOptions> = {},
): Promise<Controller> {
  return Controller.open({
    store,
    clusterId: "test-cluster",
    defaults: { ...defaults, ...settings },
    checkConfigs: () => {},
    newTopicId: () => randomUuid(randomBytes),
    random: () => 0,
    ...options,
  });
}

export function brokerCalled(id: number): Pick<BrokerImage, "id" | "rack" | "endpoints"> {
  const endpoint = { host: "localhost", port: 9092 + id, securityProtocol: "PLAINTEXT" };
  return { id, rack: null, endpoints: new Map([["PLAINTEXT", endpoint]]) };
}

export function wanted(name: string, rest: Partial<CreatableTopic> = {}): CreatableTopic {
  return {
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: new Map(),
    ...rest,
  };
}
