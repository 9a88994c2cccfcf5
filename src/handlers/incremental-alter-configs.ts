import { brokerSetting } from "../config/broker-settings.ts";
import {
  type ConfigChange,
  ConfigOperation,
  checkOperations,
  isOperation,
  withChanges,
} from "../config/config-operations.ts";
import { alterLevels } from "../config/logger-levels.ts";
import type { Setting } from "../config/setting.ts";
import { topicSetting } from "../config/topic-config.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  type AlterConfigsResource,
  incrementalAlterConfigs,
} from "../protocol/generated/incremental-alter-configs.ts";
import { type Alteration, type AlterationCall, alterResources } from "./config-alterations.ts";
import { checkBrokerId, ResourceType, rightTo } from "./config-resources.ts";
import { defineHandler, type Handler } from "./handler.ts";

/**
 * IncrementalAlterConfigs sets, deletes, appends to and subtracts from single settings of topics,
 * brokers, groups and subscriptions to client metrics, and the levels of loggers (KIP-339, KIP-412).
 *
 * v0  the first
 * v1  flexible encoding
 */
export const incrementalAlterConfigsHandler: Handler = defineHandler({
  api: incrementalAlterConfigs,

  async handle({ resources, validateOnly }, context, services) {
    const call: AlterationCall = { validateOnly, context, services };
    return { throttleTimeMs: 0, responses: await alterResources(resources, incremental, call) };
  },
});

const incremental: Alteration<AlterConfigsResource> = {
  mayBeNull: ({ configOperation }) => configOperation === ConfigOperation.DELETE,

  after(resource, before) {
    const { resourceType } = resource;
    return withChanges(before, changesOf(resource), (name) => listSetting(resourceType, name));
  },

  changed: ({ configs }) => configs.map(({ name }) => name),

  carriedOut(resource, { context, services, validateOnly }) {
    if (resource.resourceType === ResourceType.BROKER) checkOperations(changesOf(resource));
    if (resource.resourceType !== ResourceType.BROKER_LOGGER) return false;
    const refusal = rightTo("alter-configs", resource, context);
    if (refusal !== ErrorCode.NONE) throw new KafkaError(refusal, "");
    checkBrokerId(resource.resourceName, services.nodeId);
    alterLevels(services.loggers, changesOf(resource), { validateOnly });
    return true;
  },

  isSound: (resource) => changesOf(resource).every(isOperation),
};

function changesOf({ configs }: AlterConfigsResource): readonly ConfigChange[] {
  return configs.map(({ name, configOperation: operation, value }) => ({ name, operation, value }));
}

/** Lists of groups and of subscriptions are set as a whole, as in Kafka. */
function listSetting(resourceType: number, name: string): Setting | undefined {
  if (resourceType === ResourceType.BROKER) return listOnly(brokerSetting(name));
  return resourceType === ResourceType.TOPIC ? listOnly(topicSetting(name)) : undefined;
}

function listOnly(setting: Setting | undefined): Setting | undefined {
  return setting?.type === "LIST" ? setting : undefined;
}
