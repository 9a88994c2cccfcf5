import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";
import {
  type ConsoleSaid,
  comparable,
  consoleLines,
  consoleSettings,
  consoleTopics,
} from "../support/console/lines.ts";
import { ran } from "../support/console/ran.ts";

const golden = new URL("../golden/cli/console.json", import.meta.url);
const kafkas = JSON.parse(readFileSync(golden, "utf8")) as readonly ConsoleSaid[];

describe("produce, consume and offsets say what Kafka's console tools say", () => {
  let broker: Broker;

  beforeAll(async () => {
    broker = await startBroker({ topics: consoleTopics, config: consoleSettings });
  });

  afterAll(() => broker.stop());

  test("to as many command lines as were recorded", () => {
    expect(kafkas.map(({ words }) => words)).toEqual(
      consoleLines.map(({ command, words }) => [command, ...words]),
    );
  });

  for (const [at, { command, words, stdin = "" }] of consoleLines.entries()) {
    test(`${at + 1}: ${command} ${words.join(" ")}`, async () => {
      const server = words.length === 0 ? [] : ["--bootstrap-server", broker.bootstrapServers];

      const said = await ran([command, ...words, ...server], { stdin });

      expect(comparable({ words: [command, ...words], ...said })).toEqual(kafkas[at]);
    });
  }
});
