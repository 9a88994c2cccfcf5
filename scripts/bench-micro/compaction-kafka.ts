import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { buildBatch } from "../../src/records/records.ts";
import { type Ask, asking } from "../asking.ts";

/**
 * How fast Apache Kafka's own cleaner is with the log that `compaction.ts make` left, with one thread:
 *
 *     tsx scripts/bench-micro/compaction-kafka.ts <jars> <directory of make> <empty directory> [port]
 *
 * The log is put in the place of a topic's of a Kafka that was stopped in order; the cleaner has seen
 * nothing of it then. Beside that, what a producer of small requests sees before, and meanwhile. CPU is
 * that of the cleaner's thread alone, of the garbage collector nothing.
 */
const [jars = "", made = "", where = "", portText = "25190"] = process.argv.slice(2);
const port = Number(portText);
const data = resolve(where, "data");
const brokerLog = resolve(where, "broker.log");
const properties = resolve(where, "server.properties");

const settings: Readonly<Record<string, string>> = {
  "process.roles": "broker,controller",
  "node.id": "1",
  "controller.quorum.voters": `1@127.0.0.1:${port + 1}`,
  listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
  "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
  "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
  "controller.listener.names": "CONTROLLER",
  "log.dirs": data,
  "log.cleaner.threads": "1",
  "log.cleaner.backoff.ms": "20000",
};

function java(heap: string, ...rest: string[]): string[] {
  const layout = `-Dlog4j2.configurationFile=${resolve(where, "log4j2.yaml")}`;
  return [`-Xmx${heap}`, "-XX:+UseG1GC", layout, "-cp", `${resolve(jars)}/*`, ...rest];
}

async function start(): Promise<ChildProcess> {
  const out = openSync(brokerLog, "a");
  const before = readFileSync(brokerLog, "utf8").length;
  const child = spawn("java", java("1g", "kafka.Kafka", properties), {
    stdio: ["ignore", out, out],
  });
  while (!readFileSync(brokerLog, "utf8").slice(before).includes("Kafka Server started")) {
    if (child.exitCode !== null) throw new Error(`Kafka ended: see ${brokerLog}`);
    await sleep(100);
  }
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((settle) => child.once("exit", settle));
  child.kill("SIGTERM");
  await ended;
}

async function makeTopics(): Promise<void> {
  const compacted = { "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01" };
  const configs = Object.entries(compacted).map(([name, value]) => ({ name, value }));
  const one = { numPartitions: 1, replicationFactor: 1, assignments: [] };
  const topics = [
    { ...one, name: "bench", configs },
    { ...one, name: "other", configs: [] },
  ];
  await asking(port, (ask) =>
    ask(createTopics, 5, { topics, timeoutMs: 30_000, validateOnly: false }),
  );
}

function putLog(): void {
  for (const name of readdirSync(join(made, "bench-0"))) {
    if (name === "partition.metadata") continue;
    copyFileSync(join(made, "bench-0", name), join(data, "bench-0", name));
  }
}

/** One request of one small record after the other, milliseconds, until somebody says that it is over. */
async function latencies(ask: Ask, isOver: () => boolean): Promise<readonly number[]> {
  const records = buildBatch({ records: [{ key: null, value: Buffer.alloc(1000) }], timestamp: 0 });
  const topicData = [{ name: "other", partitionData: [{ index: 0, records }] }];
  const waits: number[] = [];
  while (!isOver()) {
    await sleep(2);
    const startMs = performance.now();
    await ask(produce, 9, { acks: -1, timeoutMs: 5000, topicData });
    waits.push(performance.now() - startMs);
  }
  return waits.sort((one, other) => one - other);
}

function percentiles(sorted: readonly number[]): string {
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(2);
  return `p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`;
}

/** User and system time of the cleaner's thread so far, seconds; Linux only. */
function cleanerSeconds({ pid }: ChildProcess): number {
  const tasks = `/proc/${pid}/task`;
  for (const task of readdirSync(tasks)) {
    const [, name = "", rest = ""] =
      /\((.*)\) (.*)/s.exec(readFileSync(`${tasks}/${task}/stat`, "utf8")) ?? [];
    if (!name.startsWith("kafka-log-clean")) continue;
    const fields = rest.split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }
  return 0;
}

mkdirSync(data, { recursive: true });
writeFileSync(brokerLog, "");
writeFileSync(
  properties,
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join(""),
);
const appender = `Console: {name: OUT, PatternLayout: {pattern: "[%d] %p %m (%c)%n"}}`;
const root = `Root: {level: INFO, AppenderRef: {ref: OUT}}`;
writeFileSync(
  resolve(where, "log4j2.yaml"),
  `Configuration:\n  Appenders: {${appender}}\n  Loggers: {${root}}\n`,
);
const format = ["format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", properties];
execFileSync("java", java("256m", "kafka.tools.StorageTool", ...format));
const first = await start();
await makeTopics();
await stop(first);
putLog();
const kafka = await start();
const isBegun = () => cleanerSeconds(kafka) > 0.3;
const isClean = () => readFileSync(brokerLog, "utf8").includes("cleaned log bench-0");
await asking(port, async (ask) => {
  // The first thousand are those of a virtual machine that is cold.
  let left = 1000;
  await latencies(ask, () => --left < 0 || isBegun());
  process.stdout.write(`produce while idle:     ${percentiles(await latencies(ask, isBegun))}\n`);
  process.stdout.write(`produce while cleaning: ${percentiles(await latencies(ask, isClean))}\n`);
});
process.stdout.write(`cleaner's thread: ${cleanerSeconds(kafka).toFixed(1)} CPU s\n`);
const printed = readFileSync(brokerLog, "utf8");
process.stdout.write(
  `${printed.slice(printed.indexOf("cleaned log bench-0")).split("\n").slice(0, 8).join("\n")}\n`,
);
await stop(kafka);
