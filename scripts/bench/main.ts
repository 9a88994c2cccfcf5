import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { fetchKafkaJars, kafkaJars } from "../../compat-tests/broker/kafka.ts";

const root = join(import.meta.dirname, "../..");
const kbenchFolder = join(root, "scripts/kbench");
const kbench = join(root, ".cache/kbench/kbench");
const odradek = join(root, "dist/main.js");
const floors = {
  append: join(root, ".cache/kbench/floor-append.mjs"),
  relay: join(root, ".cache/kbench/floor-relay.mjs"),
};

const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

/** Whether a program is there to be run. */
function has(program: string, versionFlag: string): boolean {
  try {
    execFileSync(program, [versionFlag], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Why Apache Kafka cannot be measured here; undefined, with its jars in the cache, if it can. */
async function kafkaMissing(): Promise<string | undefined> {
  if (!has("java", "-version")) return "java (17 or newer) is not installed";
  try {
    await fetchKafkaJars();
    return undefined;
  } catch (error) {
    return `its jars are missing and Maven (mvn) did not fetch them: ${(error as Error).message}`;
  }
}

/** The files of the brokers that can be measured here, Apache Kafka, the reference, first. */
async function brokerFiles(): Promise<string[]> {
  const files = ["kfake.json", "sink.json", "node-floor.json"];
  if (existsSync(odradek)) files.unshift("odradek.json");
  else say("Odradek is left out: dist/main.js is missing, run `npm run build` first");
  const reason = await kafkaMissing();
  if (reason === undefined) files.unshift("apache-kafka.json");
  else say(`Apache Kafka is left out: ${reason}`);
  return files.map((file) => join(kbenchFolder, "brokers", file));
}

/** What Node itself can do, as brokers that kbench starts. */
async function bundleFloors(): Promise<void> {
  for (const [name, outfile] of Object.entries(floors)) {
    await build({
      entryPoints: [join(import.meta.dirname, "floor", `${name}.ts`)],
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      outfile,
      logLevel: "warning",
    });
  }
}

async function main(): Promise<void> {
  if (!has("go", "version")) {
    say("kbench is written in Go: install Go 1.26 or newer");
    process.exitCode = 1;
    return;
  }
  mkdirSync(join(kbench, ".."), { recursive: true });
  execFileSync("go", ["build", "-o", kbench, "."], { cwd: kbenchFolder, stdio: "inherit" });
  await bundleFloors();
  // kbench's own flags are passed on: -work, -only, -ref, -rounds, -quick, -json, -dir.
  const flags = ["-brokers", (await brokerFiles()).join(","), ...process.argv.slice(2)];
  const env = {
    ...process.env,
    KAFKA_LIBS: kafkaJars,
    ODRADEK_MAIN: odradek,
    FLOOR_APPEND: floors.append,
    FLOOR_RELAY: floors.relay,
  };
  const child = spawn(kbench, flags, { env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  child.once("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

await main();
