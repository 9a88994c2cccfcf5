import { deepStrictEqual } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "../../src/index.ts";
import {
  type ConsoleLine,
  type ConsoleSaid,
  comparable,
  consoleLines,
  consoleSettings,
  consoleTopics,
} from "../../test/support/console/lines.ts";
import { ran } from "../../test/support/console/ran.ts";
import { prepareKafka } from "../broker/kafka.ts";
import type { Report } from "../harness/report.ts";
import { saidByKafka } from "./kafka-tools.ts";

const golden = join(import.meta.dirname, "../../test/golden/cli/console.json");

/** Odradek's produce, consume and offsets on Apache Kafka say what Kafka's tools said on Odradek. */
export async function checkConsole(report: Report): Promise<void> {
  const recorded = JSON.parse(await readFile(golden, "utf8")) as readonly ConsoleSaid[];
  const directory = await mkdtemp(join(tmpdir(), "odradek-console-"));
  const kafka = await prepareKafka(directory, consoleSettings);
  try {
    await kafka.start();
    const server = ["--bootstrap-server", `127.0.0.1:${kafka.command.port}`];
    await makeTopics(server);
    for (const [at, line] of consoleLines.entries()) {
      const words = [line.command, ...line.words];
      await report.check(`odradek on Kafka: ${words.join(" ")}`, async () => {
        deepStrictEqual(await saidByUs(line, server), recorded[at]);
        return undefined;
      });
    }
  } finally {
    await kafka.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Writes down what Kafka's console tools say, asked of a broker of ours: the truth of the tests. */
export async function recordConsole(print: (line: string) => void): Promise<void> {
  await using broker = await startBroker({ topics: consoleTopics, config: consoleSettings });
  const told: ConsoleSaid[] = [];
  for (const line of consoleLines) {
    told.push(await saidByKafka(line, broker.bootstrapServers));
    print(JSON.stringify(told.at(-1)));
  }
  await writeFile(golden, `${JSON.stringify(told, null, 1)}\n`);
}

async function saidByUs(
  { command, words, stdin = "" }: ConsoleLine,
  server: readonly string[],
): Promise<ConsoleSaid> {
  const said = await ran([command, ...words, ...(words.length === 0 ? [] : server)], { stdin });
  return comparable({ words: [command, ...words], ...said });
}

async function makeTopics(server: readonly string[]): Promise<void> {
  for (const [topic, partitions] of Object.entries(consoleTopics)) {
    const how = ["--create", "--topic", topic, "--partitions", String(partitions)];
    const { exitCode, stderr } = await ran(["topics", ...server, ...how]);
    if (exitCode !== 0) throw new Error(stderr);
  }
}
