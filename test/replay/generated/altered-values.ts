import { readFileSync } from "node:fs";
import type { Replay } from "../replay.ts";
import { type Scenario, warmUp } from "../scenario.ts";
import { altering } from "./altering.ts";

/** Which values every setting of brokers and groups takes when it is altered. */
export const madeUpValues: Scenario = {
  name: "made up: altered values",
  steps: [warmUp, ofBrokers, ofAllBrokers, ofGroups],
};

const BROKER = 4;
const GROUP = 32;
const SET = 0;

/** Each is right for some type of setting, or at the edge of one. */
const values = [
  "",
  "x",
  "-2",
  "-1",
  "0",
  "1",
  " 2 ",
  "1.5",
  "true",
  "2147483648",
  "compact,,delete",
];

interface Listed {
  readonly configs: readonly { readonly name: string; readonly readOnly: boolean }[];
}

function listed(file: string): Listed["configs"] {
  const url = new URL(`../../golden/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as Listed).configs;
}

async function set(
  replay: Replay,
  [type, resource]: readonly [type: number, resource: string],
  name: string,
  value: string,
): Promise<void> {
  const where = {
    api: "IncrementalAlterConfigs",
    version: 1,
    case: `made-up: ${resource} ${name} '${value}'`,
  };
  await replay.ask(where, altering([[type, resource, [name, SET, value]]], true));
}

/** What belongs to TLS and SASL is refused here whatever its value is. */
const security = /^(ssl|sasl)\./;

async function ofBrokers(replay: Replay): Promise<void> {
  for (const { name, readOnly } of listed("configs-broker")) {
    const few = readOnly || security.test(name);
    for (const value of few ? ["1"] : values) await set(replay, [BROKER, "1"], name, value);
  }
}

async function ofAllBrokers(replay: Replay): Promise<void> {
  for (const { name, readOnly } of listed("configs-broker")) {
    if (!readOnly) await set(replay, [BROKER, ""], name, "1");
  }
}

async function ofGroups(replay: Replay): Promise<void> {
  for (const { name } of listed("configs-group")) {
    for (const value of [...values, "5000", "50000"]) await set(replay, [GROUP, "g"], name, value);
  }
}
