import { ErrorCode } from "../protocol/errors.ts";
import {
  type ListConfigResourcesResponseInput,
  listConfigResources,
} from "../protocol/generated/list-config-resources.ts";
import { CLUSTER_NAME } from "./authorized-operations.ts";
import { ResourceType } from "./config-resources.ts";
import { defineHandler, type Handler, type Services } from "./handler.ts";

type Resource = ListConfigResourcesResponseInput["configResources"][number];

/** In the order of the answer. */
const types: readonly number[] = [
  ResourceType.GROUP,
  ResourceType.CLIENT_METRICS,
  ResourceType.BROKER_LOGGER,
  ResourceType.BROKER,
  ResourceType.TOPIC,
];

/**
 * ListConfigResources names what has settings, by type: all topics and brokers, but groups and
 * subscriptions to client metrics only where something is set.
 *
 * v0  subscriptions to client metrics only (KIP-1000, ListClientMetricsResources)
 * v1  the types that are asked for; none for all (KIP-1142)
 */
export const listConfigResourcesHandler: Handler = defineHandler({
  api: listConfigResources,

  handle({ resourceTypes }, context, services) {
    if (!context.may("describe-configs", "cluster", CLUSTER_NAME)) {
      return failed(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    }
    if (context.version === 0) return found([ResourceType.CLIENT_METRICS], services);
    if (resourceTypes.length === 0) return found(types, services);
    if (resourceTypes.some((type) => !types.includes(type))) {
      return failed(ErrorCode.UNSUPPORTED_VERSION);
    }
    const asked = new Set(resourceTypes);
    return found(
      types.filter((type) => asked.has(type)),
      services,
    );
  },
});

function found(asked: readonly number[], { image }: Services): ListConfigResourcesResponseInput {
  const now = image();
  const namesOf = (type: number): readonly string[] => {
    switch (type) {
      case ResourceType.GROUP:
        return now.namesWithConfigs("groups");
      case ResourceType.CLIENT_METRICS:
        return now.namesWithConfigs("client-metrics");
      case ResourceType.TOPIC:
        return now.topics().map(({ name }) => name);
      default:
        return [...now.brokers.values()]
          .filter(({ fenced }) => !fenced)
          .map(({ id }) => String(id));
    }
  };
  const configResources = asked.flatMap((resourceType) =>
    namesOf(resourceType).map((resourceName): Resource => ({ resourceName, resourceType })),
  );
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, configResources };
}

function failed(errorCode: ErrorCode): ListConfigResourcesResponseInput {
  return { throttleTimeMs: 0, errorCode, configResources: [] };
}
