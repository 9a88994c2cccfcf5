import { ErrorCode } from "../protocol/errors.ts";
import { initProducerId } from "../protocol/generated/init-producer-id.ts";
import { defineHandler, type Handler } from "./handler.ts";

const NONE = -1;

/**
 * InitProducerId gives an idempotent producer its id, unique in the cluster, and epoch 0.
 *
 * v3  the producer may name the id and epoch it had (KIP-360); without a transactional id Kafka
 *     gives a new one all the same
 * v4  PRODUCER_FENCED instead of INVALID_PRODUCER_EPOCH
 *
 * Transactional ids are refused until transactions are built: see NOT-SUPPORTED.md.
 */
export const initProducerIdHandler: Handler = defineHandler({
  api: initProducerId,

  refuse: failed,

  async handle({ transactionalId, ...had }, { clientId }, { producerIds, logger }) {
    const namesHalf = (had.producerId === NONE) !== (had.producerEpoch === NONE);
    if (transactionalId === "" || namesHalf) return failed(ErrorCode.INVALID_REQUEST);
    if (transactionalId !== null) {
      logger.warn("a producer asked for transactions, which this broker does not have", {
        transactionalId,
        clientId,
      });
      return failed(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    }
    const producerId = await producerIds.next();
    return { errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 };
  },
});

function failed(errorCode: ErrorCode) {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}
