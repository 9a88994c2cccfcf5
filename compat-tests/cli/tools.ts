import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Said } from "../../test/support/cli/telling.ts";

const jars = join(import.meta.dirname, "../.cache/kafka-cli-4.3.1/libs");

/** Kafka's tools, in one JVM that lives as long as this does. */
export class KafkaTools {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor() {
    const runner = join(import.meta.dirname, "ToolRunner.java");
    const options = ["-Xmx300m", "-Duser.timezone=UTC", "-Dlog4j2.level=OFF", "-cp", `${jars}/*`];
    const child = spawn("java", [...options, runner], { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Fetches the tools with Maven, once. */
  static async start(): Promise<KafkaTools> {
    if (!existsSync(join(jars, "kafka-tools-4.3.1.jar"))) {
      await mkdir(jars, { recursive: true });
      const goal = ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${jars}`];
      await promisify(execFile)("mvn", goal, { cwd: import.meta.dirname });
    }
    const tools = new KafkaTools();
    // What logging says when it begins is no command's.
    await tools.run(["topics", "--list"]);
    return tools;
  }

  async run(words: readonly string[]): Promise<Said> {
    this.#child.stdin?.write(`${Buffer.from(words.join("\0")).toString("base64")}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("Kafka's tools ended");
    const [code, stdout = "", stderr = ""] = String(value).split(" ");
    return { exitCode: Number(code), stdout: decoded(stdout), stderr: spoken(decoded(stderr)) };
  }

  end(): void {
    this.#child.stdin?.end();
  }
}

function decoded(text: string): string {
  return Buffer.from(text.slice(1), "base64").toString();
}

/** Without the traces of Java's stack, and without the table of flags that follows a refusal. */
function spoken(stderr: string): string {
  const [words = ""] = stderr.split(/^Option +Description/m);
  return words.replace(/^(?:\tat |\t\.\.\. |Caused by: ).*\n/gm, "");
}
