import { expect, test } from "vitest";
import { ClientInstances } from "../../../src/telemetry/client-metrics/instances.ts";
import { OwnedLifetime } from "../../../src/time/lifetime.ts";

function made(id: string, clientId: string) {
  const requested = { metrics: [], intervalMs: 300_000 };
  const attributes = new Map([["client_id", clientId]]);
  return { id, attributes, requested, subscriptionId: 1, version: 1, usedMs: 0 };
}

test("Clients with long names are remembered as long as there is room for what they say", () => {
  const instances = new ClientInstances();
  const name = "x".repeat(32_000);
  for (let n = 0; n < 1000; n++) instances.add(made(`${n}`, name), new OwnedLifetime());

  const known = Array.from({ length: 1000 }, (_, n) => instances.find(`${n}`, 1, 0) !== undefined);

  expect(known.indexOf(true)).toBeGreaterThan(700);
  expect(known.lastIndexOf(false)).toBeLessThan(known.indexOf(true));
});

test("A client that asks again takes no more room than before", () => {
  const instances = new ClientInstances();
  const connection = new OwnedLifetime();
  instances.add(made("first", "a"), connection);
  for (let n = 0; n < 1000; n++) instances.add(made("again", "x".repeat(32_000)), connection);

  expect(instances.find("first", 1, 0)).toBeDefined();
});
