import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BrokerProcess, freePort } from "./broker-process.ts";

const run = promisify(execFile);
const reference = join(import.meta.dirname, "../differential");

/** Where Apache Kafka's jars are kept, out of the repository. */
export const kafkaJars = join(import.meta.dirname, "../.cache/kafka-4.4.0/libs");

/** Fetches Apache Kafka 4.4's jars with Maven, once. */
export async function fetchKafkaJars(): Promise<void> {
  if (existsSync(kafkaJars) && (await readdir(kafkaJars)).some((n) => n.startsWith("kafka_2.13"))) {
    return;
  }
  await mkdir(kafkaJars, { recursive: true });
  const goal = ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${kafkaJars}`];
  await run("mvn", goal, { cwd: reference });
}

/**
 * Apache Kafka 4.4.0 as one combined node, not yet started, on a formatted empty directory; with
 * plugins of its own in further directories of classes.
 */
export async function prepareKafka(
  directory: string,
  more: Readonly<Record<string, string>> = {},
  plugins: readonly string[] = [],
): Promise<BrokerProcess> {
  await fetchKafkaJars();
  const [port, controllerPort] = [await freePort(), await freePort()];
  const settings: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": join(directory, "data"),
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.index.size.max.bytes": "65536",
    "log.segment.bytes": "1048576",
    ...more,
  };
  const properties = join(directory, "server.properties");
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await writeFile(properties, `${lines.join("\n")}\n`);
  const java = [
    "java",
    "-Xmx400m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    `-Dlog4j2.configurationFile=${join(reference, "log4j2.yaml")}`,
    "-cp",
    [`${kafkaJars}/*`, ...plugins].join(":"),
  ];
  const [jvm = "", ...options] = java;
  const format = ["format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", properties];
  await run(jvm, [...options, "kafka.tools.StorageTool", ...format]);
  return new BrokerProcess({
    name: "Apache Kafka 4.4.0",
    port,
    argv: [...java, "kafka.Kafka", properties],
    cwd: directory,
    log: join(directory, "broker.log"),
    ready: /Kafka Server started/,
  });
}
