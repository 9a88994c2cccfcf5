import { GROUP_METADATA_TOPIC } from "../cluster/topic-name.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { findCoordinator } from "../protocol/generated/find-coordinator.ts";
import { defineHandler, type Handler, type RequestContext, type Services } from "./handler.ts";

const GROUP = 0;
const TRANSACTION = 1;
const SHARE = 2;

const SEVERAL_KEYS_FROM_VERSION = 4;

/** Where a coordinator is, or why nobody can say. */
interface Coordinator {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/**
 * FindCoordinator names the broker that answers for a group. The internal topic is made on first
 * use, before the answer: Kafka's first answer is COORDINATOR_NOT_AVAILABLE, which costs each client
 * a retry.
 *
 * v1  key types; an error message, which says "NONE" without an error
 * v4  several keys, each with its own error and no message (KIP-699)
 * v6  share groups (KIP-932): refused as Kafka refuses them where they are not enabled
 *
 * Transactional ids are refused until transactions are built: see NOT-SUPPORTED.md.
 */
export const findCoordinatorHandler: Handler = defineHandler({
  api: findCoordinator,

  async handle(request, context, services) {
    const { keyType } = request;
    if (context.version < SEVERAL_KEYS_FROM_VERSION) {
      const found = await find(keyType, request.key, context, services);
      return { ...found, errorMessage: found.errorMessage || "NONE" };
    }
    const coordinators = request.coordinatorKeys.map(async (key) => {
      const found = await find(keyType, key, context, services);
      // Of share groups Kafka says no more than the code.
      return keyType === SHARE ? { key, ...found, errorMessage: "" } : { key, ...found };
    });
    return { coordinators: await Promise.all(coordinators) };
  },
});

async function find(
  keyType: number,
  key: string,
  context: RequestContext,
  services: Services,
): Promise<Coordinator> {
  if (keyType === TRANSACTION) {
    services.logger.warn("a client asked for transactions, which this broker does not have", {
      transactionalId: key,
      clientId: context.clientId,
    });
    return nowhere(
      ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      "This broker does not have transactions.",
    );
  }
  if (keyType !== GROUP) {
    return nowhere(ErrorCode.INVALID_REQUEST, `This broker has no coordinator of type ${keyType}.`);
  }
  if (!context.may("describe", "group", key)) {
    return nowhere(ErrorCode.GROUP_AUTHORIZATION_FAILED, "Group authorization failed.");
  }
  try {
    await services.groups.ensureTopic();
  } catch (error) {
    // A refusal says what is missing; anything else is ours, and told with its origin.
    if (error instanceof KafkaError) {
      services.logger.warn(`could not create ${GROUP_METADATA_TOPIC}: ${error.message}`);
    } else {
      services.logger.error(`could not create ${GROUP_METADATA_TOPIC}`, { error });
    }
    return nowhere(ErrorCode.COORDINATOR_NOT_AVAILABLE, "The coordinator is not available.");
  }
  return leaderOf(services.groups.partitionFor(key), context, services);
}

function leaderOf(partition: number, context: RequestContext, services: Services): Coordinator {
  const image = services.image();
  const nodeId = image.topic(GROUP_METADATA_TOPIC)?.partitions[partition]?.leader ?? -1;
  const broker = image.brokers.get(nodeId);
  const endpoint = broker?.fenced ? undefined : broker?.endpoints.get(context.listenerName);
  if (endpoint === undefined) {
    return nowhere(ErrorCode.COORDINATOR_NOT_AVAILABLE, "The coordinator is not available.");
  }
  const { host, port } = endpoint;
  return { errorCode: ErrorCode.NONE, errorMessage: "", nodeId, host, port };
}

function nowhere(errorCode: ErrorCode, errorMessage: string): Coordinator {
  return { errorCode, errorMessage, nodeId: -1, host: "", port: -1 };
}
