import { readFileSync } from "node:fs";
import { runCommand } from "../../../src/cli/commands/run-command.ts";
import { startBroker } from "../../../src/index.ts";
import { type Story, storySettings, type Told } from "./story.ts";
import { type Said, tell } from "./telling.ts";

/** What our command says to one command line. */
export async function say(words: readonly string[]): Promise<Said> {
  const said = { stdout: "", stderr: "" };
  const exitCode = await runCommand({
    arguments: words,
    version: () => "0",
    readFile: (path) => readFileSync(path, "utf8"),
    print: (text) => {
      said.stdout += text;
    },
    complain: (text) => {
      said.stderr += text;
    },
    stdin: noInput(),
    isInteractive: false,
    isOutputGone: () => false,
    signal: new AbortController().signal,
  });
  return { exitCode, ...said };
}

async function* noInput(): AsyncGenerator<Buffer> {}

export async function toldHere(story: Story): Promise<Told[]> {
  await using broker = await startBroker({
    config: { ...storySettings, listeners: "PLAINTEXT://127.0.0.1:0" },
  });
  return await tell(story, { host: "127.0.0.1", port: broker.port, run: say });
}

export function toldByKafka({ name }: Story): Told[] {
  const file = new URL(`../../golden/cli/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Told[];
}
