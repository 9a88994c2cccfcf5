import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { fetchKafkaJars, kafkaJars } from "../broker/kafka.ts";
import { missingForKafka } from "../differential/kafka.ts";
import { type InspectedDirectory, joined, type Readable, type Written } from "./contents.ts";

const run = promisify(execFile);
/** What a program said, one object after the other. */
type Said = Readonly<Record<string, unknown>>;

interface Asked {
  readonly said: Said[];
  readonly onSaid: (said: Said) => void;
  readonly end: (error: Error | undefined) => void;
}

/** `Inspect` and `Traffic`, compiled against Apache Kafka's jars, in one process. */
export class JavaPrograms {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, Asked>();
  #complaint = "";
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error("no pipes");
    createInterface(stdout).on("line", (line) => this.#take(line));
    stderr.on("data", (text) => {
      this.#complaint = `${this.#complaint}${text}`.slice(-2000);
    });
    child.once("close", () => {
      for (const id of [...this.#asked.keys()]) this.#end(id, `Java ended: ${this.#complaint}`);
    });
  }

  /** Why they cannot be run here; undefined: they can. */
  static async missing(): Promise<string | undefined> {
    const noJdk = await run("javac", ["-version"]).then(
      () => undefined,
      () => "javac is not installed",
    );
    return noJdk ?? (await missingForKafka());
  }

  /** Compiles them into a directory, and starts them. */
  static async start(classes: string): Promise<JavaPrograms> {
    await fetchKafkaJars();
    const here = import.meta.dirname;
    const sources = (await readdir(here)).filter((name) => name.endsWith(".java"));
    const paths = sources.map((name) => join(here, name));
    await run("javac", ["-cp", `${kafkaJars}/*`, "-d", classes, ...paths]);
    const options = ["-Xmx500m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
    const argv = [...options, "-cp", `${kafkaJars}/*:${classes}`, "Server"];
    return new JavaPrograms(spawn("java", argv, { stdio: ["pipe", "pipe", "pipe"] }));
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }

  /** What Kafka's classes find in copies of data directories, which they may write to. */
  async inspect(directories: readonly string[]): Promise<InspectedDirectory[]> {
    const [found = {}] = await this.#ask("Inspect", directories);
    return directories.map((path) => found[path] as InspectedDirectory);
  }

  /** Sends or reads in topics whose names begin with `label`: see Traffic.java. */
  async traffic(operations: string, bootstrap: string, label: string): Promise<TrafficResult> {
    return resultOf(await this.#ask("Traffic", [operations, bootstrap, label]));
  }

  /** Records that go on while the broker is killed and started again. */
  load(bootstrap: string, label: string): Load {
    let going = (): void => undefined;
    const isGoing = new Promise<void>((resolve) => {
      going = resolve;
    });
    const said = this.#ask("Traffic", ["load", bootstrap, label], (one) => {
      if (one["going"] === true) going();
    });
    const written = said.then((all) => resultOf(all).written);
    // Who waits for the end is told of a failure there.
    written.catch(() => undefined);
    return { going: Promise.race([isGoing, written.then(() => undefined)]), written };
  }

  #ask(
    program: string,
    args: readonly string[],
    onSaid: (said: Said) => void = () => undefined,
  ): Promise<readonly Said[]> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const said: Said[] = [];
      const end = (error: Error | undefined) => (error ? reject(error) : resolve(said));
      this.#asked.set(id, { said, onSaid, end });
      this.#child.stdin?.write(`${JSON.stringify({ id, program, args })}\n`);
    });
  }

  #take(line: string): void {
    if (!line.startsWith("{")) return;
    const { id, said, failed } = JSON.parse(line) as {
      readonly id: number;
      readonly said?: Said;
      readonly failed?: string | null;
    };
    if (said === undefined) {
      this.#end(id, failed);
      return;
    }
    const asked = this.#asked.get(id);
    asked?.said.push(said);
    asked?.onSaid(said);
  }

  #end(id: number, failed: string | null | undefined): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.end(typeof failed === "string" ? new Error(failed) : undefined);
  }
}

interface TrafficResult {
  /** By partition, in the order of offsets. */
  readonly written: Written;
  readonly read: Readable;
}

/** Records on their way to a broker. */
interface Load {
  /** A third has been acknowledged. */
  readonly going: Promise<void>;
  /** All of it has been acknowledged. */
  readonly written: Promise<Written>;
}

function resultOf(said: readonly Said[]): TrafficResult {
  const parts = said.flatMap(({ written }) => (written === undefined ? [] : [written as Written]));
  const read = said.find(({ topics }) => topics !== undefined) ?? { topics: {}, groups: {} };
  return { written: joined(...parts), read: read as unknown as Readable };
}
