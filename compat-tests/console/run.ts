/**
 * Records what Kafka's console tools say to the command lines in test/support/console, asked of a
 * broker of ours, for the tests that compare ours:
 *
 *   npx tsx compat-tests/console/run.ts
 */
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startBroker } from "../../src/index.ts";
import {
  type ConsoleLine,
  type ConsoleSaid,
  comparable,
  consoleLines,
  consoleSettings,
  consoleTopics,
} from "../../test/support/console/lines.ts";

const cache = join(import.meta.dirname, "../.cache");
const golden = join(import.meta.dirname, "../../test/golden/cli/console.json");
const tools = {
  produce: "org.apache.kafka.tools.ConsoleProducer",
  consume: "org.apache.kafka.tools.consumer.ConsoleConsumer",
  offsets: "org.apache.kafka.tools.GetOffsetShell",
} as const;
/** The tools, and what Kafka's distribution logs with. */
const classPath = `${cache}/kafka-cli-4.3.1/libs/*:${cache}/kafka-4.4.0/libs/*`;
const logging = `-Dlog4j2.configurationFile=${join(import.meta.dirname, "log4j2.yaml")}`;

async function say(line: ConsoleLine, bootstrap: string): Promise<ConsoleSaid> {
  const server = line.words.length === 0 ? [] : ["--bootstrap-server", bootstrap];
  const words = [...line.words, ...server];
  const options = ["-Xmx200m", "-XX:TieredStopAtLevel=1", logging, "-cp", classPath];
  const child = spawn("java", [...options, tools[line.command], ...words]);
  const exited = new Promise<number>((resolve) =>
    child.once("exit", (code) => resolve(code ?? -1)),
  );
  child.stdin.end(line.stdin ?? "");
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    exited,
  ]);
  return comparable({ words: [line.command, ...line.words], exitCode, stdout, stderr });
}

await using broker = await startBroker({ topics: consoleTopics, config: consoleSettings });
const told: ConsoleSaid[] = [];
for (const line of consoleLines) {
  told.push(await say(line, broker.bootstrapServers));
  process.stdout.write(`${JSON.stringify(told.at(-1))}\n`);
}
await mkdir(join(golden, ".."), { recursive: true });
await writeFile(golden, `${JSON.stringify(told, null, 1)}\n`);
