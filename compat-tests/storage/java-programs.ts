import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { fetchKafkaJars, kafkaJars } from "../broker/kafka.ts";
import { missingForKafka } from "../differential/kafka.ts";
import type { InspectedDirectory, Readable, Written } from "./contents.ts";

const run = promisify(execFile);
const RUN_MS_MAX = 120_000;

/** `Inspect` and `Traffic`, compiled against Apache Kafka's jars. */
export class JavaPrograms {
  readonly #classPath: string;

  private constructor(classPath: string) {
    this.#classPath = classPath;
  }

  /** Why they cannot be run here; undefined: they can. */
  static async missing(): Promise<string | undefined> {
    const noJdk = await run("javac", ["-version"]).then(
      () => undefined,
      () => "javac is not installed",
    );
    return noJdk ?? (await missingForKafka());
  }

  static async compile(into: string): Promise<JavaPrograms> {
    await fetchKafkaJars();
    const here = import.meta.dirname;
    const sources = (await readdir(here)).filter((name) => name.endsWith(".java"));
    const paths = sources.map((name) => join(here, name));
    await run("javac", ["-cp", `${kafkaJars}/*`, "-d", into, ...paths]);
    return new JavaPrograms(`${kafkaJars}/*:${into}`);
  }

  /** What Kafka's classes find in copies of data directories, which they may write to. */
  async inspect(directories: readonly string[]): Promise<InspectedDirectory[]> {
    const [line = "{}"] = await this.#start("Inspect", directories).end();
    const found = JSON.parse(line) as Record<string, InspectedDirectory>;
    return directories.map((path) => found[path] as InspectedDirectory);
  }

  /** Sends or reads in topics whose names begin with `label`: see Traffic.java. */
  async traffic(operations: string, bootstrap: string, label: string): Promise<TrafficResult> {
    return resultOf(await this.#start("Traffic", [operations, bootstrap, label]).end());
  }

  /** Records that go on while the broker is killed and started again. */
  load(bootstrap: string, label: string): Load {
    return new Load(this.#start("Traffic", ["load", bootstrap, label]));
  }

  #start(program: string, given: readonly string[]): Running {
    const options = ["-Xmx300m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
    return new Running(program, [...options, "-cp", this.#classPath, program, ...given]);
  }
}

interface TrafficResult {
  /** By partition, in the order of offsets. */
  readonly written: Written;
  readonly read: Readable;
}

const nothingRead: Readable = { topics: {}, groups: {} };

function resultOf(lines: readonly string[]): TrafficResult {
  const written = new Map<string, Written[string]>();
  let read = nothingRead;
  for (const line of lines.filter((one) => one.startsWith("{"))) {
    const told = JSON.parse(line) as Partial<Readable> & { readonly written?: Written };
    for (const [partition, rows] of Object.entries(told.written ?? {})) {
      written.set(partition, [...(written.get(partition) ?? []), ...rows]);
    }
    if (told.topics !== undefined) read = { ...nothingRead, ...told };
  }
  return { written: Object.fromEntries(written), read };
}

/** A Java program, and the lines it has printed. */
class Running {
  readonly lines: string[] = [];
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #complaint = "";
  onLine: (line: string) => void = () => undefined;

  constructor(name: string, argv: readonly string[]) {
    this.#name = name;
    this.#child = spawn("java", argv, {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: RUN_MS_MAX,
      killSignal: "SIGKILL",
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error("no pipes");
    createInterface(stdout).on("line", (line) => {
      this.lines.push(line);
      this.onLine(line);
    });
    stderr.on("data", (text) => {
      this.#complaint = `${this.#complaint}${text}`.slice(-2000);
    });
    this.#ended = once(this.#child, "close");
  }

  /** All it has printed; an error if it failed. */
  async end(): Promise<readonly string[]> {
    await this.#ended;
    if (this.#child.exitCode !== 0) throw new Error(`${this.#name} failed: ${this.#complaint}`);
    return this.lines;
  }
}

/** Records on their way to a broker. */
class Load {
  /** A third has been acknowledged; rejects if it ends before that. */
  readonly going: Promise<void>;
  readonly #running: Running;
  readonly #end: Promise<readonly string[]>;

  constructor(running: Running) {
    this.#running = running;
    this.#end = running.end();
    this.going = Promise.race([
      new Promise<void>((resolve) => {
        this.#running.onLine = (line) => line === "going" && resolve();
      }),
      this.#end.then(() => Promise.reject(new Error("the load ended before it was going"))),
    ]);
    // Who waits for the end is told of it there too.
    this.going.catch(() => undefined);
  }

  /** All of it has been acknowledged. */
  async end(): Promise<Written> {
    return resultOf(await this.#end).written;
  }
}
