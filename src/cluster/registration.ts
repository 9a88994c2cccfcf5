import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { BrokerImage } from "./image.ts";
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
