import { ErrorCode } from "../protocol/errors.ts";
import { unregisterBroker } from "../protocol/generated/unregister-broker.ts";
import { asRefusal, checkClusterRight, messageOf } from "./cluster-rights.ts";
import { defineHandler, type Handler } from "./handler.ts";

/**
 * UnregisterBroker takes a broker out of the cluster. A live one goes too, and does nothing until it
 * is started again; so says Kafka.
 *
 * v0  the only version
 */
export const unregisterBrokerHandler: Handler = defineHandler({
  api: unregisterBroker,

  async handle({ brokerId }, context, { controller }) {
    try {
      checkClusterRight(context, "alter");
      await controller.unregisterBroker(brokerId);
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: "" };
    } catch (error) {
      const refusal = asRefusal(error);
      return { throttleTimeMs: 0, errorCode: refusal.code, errorMessage: messageOf(refusal) };
    }
  },
});
