import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type BrokerProcess, said, stopped } from "./processes.ts";
import { prepareProperties } from "./properties.ts";

const run = promisify(execFile);

const here = import.meta.dirname;
const jars = join(here, "../.cache/kafka-4.4.0/libs");

const javaOptions = ["-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/** Why Apache Kafka cannot be started here, or undefined. */
export async function missingForKafka(): Promise<string | undefined> {
  for (const tool of ["java", "mvn"]) {
    const found = await run(tool, ["-version"]).then(
      () => true,
      () => false,
    );
    if (!found) return `${tool} is not installed`;
  }
  return undefined;
}

async function fetchJars(): Promise<void> {
  if (existsSync(jars) && (await readdir(jars)).some((jar) => jar.startsWith("kafka_2.13"))) return;
  await mkdir(jars, { recursive: true });
  const goal = ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${jars}`];
  await run("mvn", goal, { cwd: here });
}

/** Apache Kafka 4.4.0 as one combined node on an empty data directory, ready to serve. */
export async function startKafka(): Promise<BrokerProcess> {
  await fetchJars();
  const { directory, properties, port } = await prepareProperties("kafka");
  const logging = join(here, "log4j2.yaml");
  const java = [...javaOptions, `-Dlog4j2.configurationFile=${logging}`, "-cp", `${jars}/*`];
  const format = ["format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", properties];
  await run("java", [...java, "kafka.tools.StorageTool", ...format]);
  const child = spawn("java", [...java, "kafka.Kafka", properties]);
  await said(child, "Kafka Server started");
  return {
    name: "Apache Kafka 4.4.0",
    host: "127.0.0.1",
    port,
    async stop() {
      await stopped(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
