import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { BrokerProcess } from "../broker/broker-process.ts";
import { fetchKafkaJars, kafkaJars, prepareKafka } from "../broker/kafka.ts";
import { prepareOdradek } from "../broker/odradek.ts";
import type { Report } from "../harness/report.ts";

const run = promisify(execFile);
const here = import.meta.dirname;

/** So long the checks may take; on two idle cores they take less than half a minute. */
const CHECKS_MS_MAX = 240_000;

export interface AdminChecks {
  readonly report: Report;
  readonly isKafka: boolean;
  /** Another build of Odradek than the present one. */
  readonly main: string | undefined;
  /** Only checks whose name holds this text. */
  readonly only?: string;
}

/** Calls every method of Java's Admin client that one broker can answer. */
export async function checkAdmin(asked: AdminChecks): Promise<void> {
  const { report, isKafka, main } = asked;
  const directory = await mkdtemp(join(tmpdir(), "odradek-admin-"));
  const classes = join(directory, "classes");
  const logDirs = [join(directory, "one"), join(directory, "two")];
  const settings = { "log.dirs": logDirs.join(",") };
  const failedBefore = report.failed;
  await compile(classes);
  const broker = isKafka
    ? await prepareKafka(directory, { ...settings, "metric.reporters": "AcceptingMetrics" }, [
        classes,
      ])
    : await prepareOdradek(directory, main, settings);
  try {
    await broker.start();
    await play({ ...asked, broker, logDirs, classes });
  } finally {
    if (report.failed > failedBefore) report.note(`the broker printed: ${await broker.tail()}`);
    await broker.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

async function compile(into: string): Promise<void> {
  await fetchKafkaJars();
  await mkdir(into);
  const sources = (await readdir(here)).filter((name) => name.endsWith(".java"));
  const paths = sources.map((name) => join(here, name));
  await run("javac", ["-nowarn", "-cp", `${kafkaJars}/*`, "-d", into, ...paths]);
}

interface Play extends AdminChecks {
  readonly broker: BrokerProcess;
  readonly logDirs: readonly string[];
  readonly classes: string;
}

/** The checks say themselves how they went, a line each. */
async function play({ report, broker, logDirs, classes, only = "" }: Play): Promise<void> {
  const jvm = ["-Xmx300m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const program = ["-cp", `${kafkaJars}/*:${classes}`, "AdminChecks"];
  const child = spawn("java", [...jvm, ...program, broker.bootstrap, ...logDirs, only], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: CHECKS_MS_MAX,
    killSignal: "SIGKILL",
  });
  const ended = once(child, "close");
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint = `${complaint}${text}`.slice(-2000);
  });
  let heard = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [outcome, name = "", reason = ""] = line.split("\t");
    if (outcome !== "ok" && outcome !== "FAIL") continue;
    heard += 1;
    if (outcome === "ok") report.pass(`Java's Admin: ${name}`);
    else report.fail(`Java's Admin: ${name}`, reason);
  }
  await ended;
  const wasCutShort = child.exitCode === null || (child.exitCode !== 0 && heard === 0);
  if (wasCutShort) report.fail("Java's Admin: the checks run to their end", complaint);
}
