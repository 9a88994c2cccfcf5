import { ErrorCode } from "../protocol/errors.ts";
import { pushTelemetry } from "../protocol/generated/push-telemetry.ts";
import { asRefusal } from "./cluster-rights.ts";
import { defineHandler, type Handler } from "./handler.ts";
import { metricsClient } from "./metrics-client.ts";

/**
 * PushTelemetry takes in the metrics of a client (KIP-714).
 *
 * v0  the only version
 */
export const pushTelemetryHandler: Handler = defineHandler({
  api: pushTelemetry,

  async handle(request, context, { clientMetrics }) {
    try {
      await clientMetrics.push(request, metricsClient(context));
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE };
    } catch (error) {
      return { throttleTimeMs: 0, errorCode: asRefusal(error).code };
    }
  },
});
