import type { Replay } from "../replay.ts";
import { settled } from "../scenario.ts";
import { type Asked, askInEveryVersion } from "./asked.ts";

export const TOPIC = 2;
export const BROKER = 4;
export const LOGGER = 8;
export const CLIENT_METRICS = 16;
export const GROUP = 32;

export const SET = 0;
export const DELETE = 1;
export const APPEND = 2;
export const SUBTRACT = 3;

/** What brokers have heard of by then. */

export type Operation = readonly [name: string, operation: number, value: string | null];
export type Resource = readonly [type: number, name: string, ...operations: Operation[]];

export function altering(resources: readonly Resource[], validateOnly = false) {
  return {
    resources: resources.map(([resourceType, resourceName, ...operations]) => ({
      resourceType,
      resourceName,
      configs: operations.map(([name, configOperation, value]) => ({
        name,
        configOperation,
        value,
      })),
    })),
    validateOnly,
  };
}

export const asked = (api: string, requests: Readonly<Record<string, unknown>>): Asked[] =>
  Object.entries(requests).map(([name, request]) => ({ api, case: name, request }));

/** Asks for alterations, by the name of the case. */
export async function alter(replay: Replay, requests: Readonly<Record<string, Resource[]>>) {
  const alterations = Object.entries(requests).map(([name, resources]) => [
    name,
    altering(resources),
  ]);
  await askInEveryVersion(
    replay,
    asked("IncrementalAlterConfigs", Object.fromEntries(alterations)),
  );
}

/** What there is to say of some settings, once it has come round. */
export async function describe(
  replay: Replay,
  name: string,
  resources: readonly (readonly [type: number, name: string, keys: readonly string[] | null])[],
): Promise<void> {
  await settled(replay);
  const request = {
    resources: resources.map(([resourceType, resourceName, configurationKeys]) => ({
      resourceType,
      resourceName,
      configurationKeys,
    })),
    includeSynonyms: true,
    includeDocumentation: false,
  };
  const where = { api: "DescribeConfigs", version: 4, case: `made-up: ${name}` };
  await replay.ask(where, request);
}

/** Settings of brokers that the questions change, and some beside them. */
export const told: readonly string[] = [
  "log.retention.ms",
  "log.retention.minutes",
  "log.retention.hours",
  "log.cleanup.policy",
  "min.insync.replicas",
  "message.max.bytes",
  "no.such",
  "num.io.threads",
  "compression.type",
  "leader.replication.throttled.rate",
  "log.flush.interval.ms",
  "log.roll.ms",
];
