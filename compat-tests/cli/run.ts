/**
 * Records what Kafka's command line tools say to the command lines in test/support/cli/stories, for
 * the tests that compare ours:
 *
 *   npx tsx compat-tests/cli/run.ts [--only topics,configs,groups]
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { parseArgs, promisify } from "node:util";
import { stories } from "../../test/support/cli/stories/all.ts";
import { storySettings } from "../../test/support/cli/story.ts";
import { type Said, tell } from "../../test/support/cli/telling.ts";
import { prepareKafka } from "../broker/kafka.ts";

const golden = join(import.meta.dirname, "../../test/golden/cli");
const jars = join(import.meta.dirname, "../.cache/kafka-cli-4.3.1/libs");

/** Kafka's tools, in one JVM that lives as long as this does. */
class Tools {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const runner = join(import.meta.dirname, "ToolRunner.java");
    const options = ["-Xmx300m", "-Duser.timezone=UTC", "-Dlog4j2.level=OFF", "-cp", `${jars}/*`];
    const child = spawn("java", [...options, runner], { stdio: ["pipe", "pipe", "inherit"] });
    const lines: Interface = createInterface({ input: child.stdout });
    this.#child = child;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async run(words: readonly string[]): Promise<Said> {
    this.#child.stdin?.write(`${Buffer.from(words.join("\0")).toString("base64")}\n`);
    const { value } = await this.#lines.next();
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

async function fetchTools(): Promise<void> {
  if (existsSync(join(jars, "kafka-tools-4.3.1.jar"))) return;
  await mkdir(jars, { recursive: true });
  const goal = ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${jars}`];
  await promisify(execFile)("mvn", goal, { cwd: import.meta.dirname });
}

const { values } = parseArgs({ options: { only: { type: "string" } } });
await fetchTools();
const tools = new Tools();
// What logging says when it begins is no command's.
await tools.run(["topics", "--list"]);
try {
  for (const story of stories) {
    if (values.only !== undefined && !values.only.split(",").includes(story.name)) continue;
    const directory = await mkdtemp(join(tmpdir(), "odradek-cli-kafka-"));
    const kafka = await prepareKafka(directory, storySettings);
    try {
      await kafka.start();
      const { port } = kafka.command;
      const told = await tell(story, { host: "127.0.0.1", port, run: (words) => tools.run(words) });
      await mkdir(golden, { recursive: true });
      await writeFile(join(golden, `${story.name}.json`), `${JSON.stringify(told, null, 1)}\n`);
      process.stdout.write(`${story.name}: ${told.length} command lines\n`);
    } finally {
      await kafka.stop();
      await rm(directory, { recursive: true, force: true });
    }
  }
} finally {
  tools.end();
}
