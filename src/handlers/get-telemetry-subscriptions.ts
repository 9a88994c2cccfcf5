import { ErrorCode } from "../protocol/errors.ts";
import {
  type GetTelemetrySubscriptionsResponseInput,
  getTelemetrySubscriptions,
} from "../protocol/generated/get-telemetry-subscriptions.ts";
import { ZERO_UUID } from "../protocol/uuid.ts";
import { acceptedCompressionTypes } from "../telemetry/client-metrics/client-metrics.ts";
import { asRefusal } from "./cluster-rights.ts";
import { defineHandler, type Handler } from "./handler.ts";
import { metricsClient } from "./metrics-client.ts";

const NOTHING: GetTelemetrySubscriptionsResponseInput = {
  throttleTimeMs: 0,
  errorCode: ErrorCode.NONE,
  clientInstanceId: ZERO_UUID,
  subscriptionId: 0,
  acceptedCompressionTypes: [],
  pushIntervalMs: 0,
  telemetryMaxBytes: 0,
  deltaTemporality: false,
  requestedMetrics: [],
};

/**
 * GetTelemetrySubscriptions tells a client which of its metrics to push, and how often (KIP-714).
 *
 * v0  the only version
 */
export const getTelemetrySubscriptionsHandler: Handler = defineHandler({
  api: getTelemetrySubscriptions,

  async handle({ clientInstanceId }, context, { clientMetrics, config }) {
    try {
      const client = metricsClient(context);
      const instance = await clientMetrics.subscribe(clientInstanceId, client);
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        clientInstanceId: instance.id,
        subscriptionId: instance.subscriptionId,
        acceptedCompressionTypes,
        pushIntervalMs: instance.requested.intervalMs,
        telemetryMaxBytes: config.telemetryMaxBytes,
        deltaTemporality: true,
        requestedMetrics: instance.requested.metrics,
      };
    } catch (error) {
      return { ...NOTHING, errorCode: asRefusal(error).code };
    }
  },
});
