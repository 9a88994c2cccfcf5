import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Decision } from "./decisions.ts";
import type { BrokerImage, MetadataImage } from "./image.ts";
import type { MetadataStore } from "./metadata-store.ts";
import { brokerValue, keys } from "./stored.ts";

/** A broker that may lead, until it unregisters or dies. */
export interface Registration {
  /** Larger than that of any earlier registration of this id. */
  readonly epoch: number;
  unregister(): Promise<void>;
}

/** @throws KafkaError DUPLICATE_BROKER_REGISTRATION while another broker holds this id. */
export async function register(
  store: MetadataStore,
  broker: Pick<BrokerImage, "id" | "rack" | "endpoints">,
): Promise<Registration> {
  const key = keys.broker(broker.id);
  const lease = await store.lease();
  const { succeeded, revision } = await store.txn(
    [{ key, target: "createRevision", revision: 0 }],
    [{ type: "put", key, value: brokerValue(broker), lease }],
  );
  if (succeeded) return { epoch: revision, unregister: () => lease.revoke() };
  await lease.revoke();
  throw new KafkaError(
    ErrorCode.DUPLICATE_BROKER_REGISTRATION,
    `broker ${broker.id} is already running in this cluster: give this one another node.id`,
  );
}

/**
 * Takes a broker out of the cluster by this image. One that runs is forgotten too, as in Kafka: it
 * leads nothing until it is started again.
 */
export function decideRemoval(image: MetadataImage, id: number): Decision<KafkaError | undefined> {
  const broker = image.brokers.get(id);
  if (broker === undefined) {
    const message = `broker ${id} is not registered`;
    return { result: new KafkaError(ErrorCode.BROKER_ID_NOT_REGISTERED, message) };
  }
  const key = keys.broker(id);
  return {
    result: undefined,
    write: {
      comparison: { key, target: "createRevision", revision: broker.epoch },
      operations: [{ type: "delete", key }],
    },
  };
}
