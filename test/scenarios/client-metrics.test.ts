import { expect, test } from "vitest";
import { startBroker } from "../../src/index.ts";
import { getTelemetrySubscriptions } from "../../src/protocol/generated/get-telemetry-subscriptions.ts";
import { incrementalAlterConfigs } from "../../src/protocol/generated/incremental-alter-configs.ts";
import { pushTelemetry } from "../../src/protocol/generated/push-telemetry.ts";
import { ZERO_UUID } from "../../src/protocol/uuid.ts";
import { clientOf } from "../support/client/connected.ts";
import { doubleField, metric, metricsData } from "../telemetry/client-metrics/otlp-messages.ts";

const CLIENT_METRICS = 16;

test("Whoever runs the broker in a test reads there what clients push of their metrics", async () => {
  await using broker = await startBroker();
  const client = clientOf(broker.port);
  const configs = [{ name: "metrics", configOperation: 0, value: "org.apache.kafka" }];
  await client.any(incrementalAlterConfigs, {
    resources: [{ resourceType: CLIENT_METRICS, resourceName: "all", configs }],
    validateOnly: false,
  });
  expect(broker.clientMetrics()).toEqual([]);

  const asked = await client.any(getTelemetrySubscriptions, { clientInstanceId: ZERO_UUID });
  expect(asked.requestedMetrics).toEqual(["org.apache.kafka"]);
  const { clientInstanceId, subscriptionId } = asked;
  const metrics = metricsData(metric("org.apache.kafka.sent", "", 7, doubleField(4, 42)));
  const push = { clientInstanceId, subscriptionId, terminating: true, compressionType: 0, metrics };
  expect((await client.any(pushTelemetry, push)).errorCode).toBe(0);

  expect(broker.clientMetrics()).toMatchObject([
    { clientInstanceId, metrics: [{ name: "org.apache.kafka.sent", points: [{ value: 42 }] }] },
  ]);
  await client.close();
});
