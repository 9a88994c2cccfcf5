import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  type ConsoleLine,
  type ConsoleSaid,
  comparable,
} from "../../test/support/console/lines.ts";

const cache = join(import.meta.dirname, "../.cache");
const tools = {
  produce: "org.apache.kafka.tools.ConsoleProducer",
  consume: "org.apache.kafka.tools.consumer.ConsoleConsumer",
  offsets: "org.apache.kafka.tools.GetOffsetShell",
} as const;
/** The tools, and what Kafka's distribution logs with. */
const classPath = `${cache}/kafka-cli-4.3.1/libs/*:${cache}/kafka-4.4.0/libs/*`;
const logging = `-Dlog4j2.configurationFile=${join(import.meta.dirname, "log4j2.yaml")}`;

/** What Kafka's tool says to a command line. */
export async function saidByKafka(line: ConsoleLine, bootstrap: string): Promise<ConsoleSaid> {
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
