// Loaded with the test, not within its time: commands load theirs when they are asked for.
import "../../../src/cli/commands/consume.ts";
import "../../../src/cli/commands/offsets.ts";
import "../../../src/cli/commands/produce.ts";
import { runCommand } from "../../../src/cli/commands/run-command.ts";

/** What a command did. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Given {
  readonly stdin?: string | AsyncIterable<Buffer>;
  readonly files?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Hears what is printed, as it is printed. */
  readonly printed?: (text: string) => void;
  /** Hears what goes to standard error. */
  readonly complained?: (text: string) => void;
  readonly isOutputGone?: () => boolean;
}

/** Runs `odradek` with these words, in this process. */
export async function ran(words: readonly string[], given: Given = {}): Promise<Ran> {
  const stdout: Buffer[] = [];
  let stderr = "";
  const { stdin = "", files = {}, signal = new AbortController().signal } = given;
  const exitCode = await runCommand({
    arguments: words,
    version: () => "1.2.3",
    readFile: (path) => {
      const content = files[path];
      if (content === undefined)
        throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return content;
    },
    print: (text) => {
      stdout.push(Buffer.from(text));
      given.printed?.(String(text));
    },
    complain: (text) => {
      stderr += text;
      given.complained?.(text);
    },
    isOutputGone: given.isOutputGone ?? (() => false),
    stdin: typeof stdin === "string" ? chunksOf(stdin) : stdin,
    isInteractive: false,
    signal,
  });
  return { exitCode, stdout: Buffer.concat(stdout).toString(), stderr };
}

async function* chunksOf(text: string): AsyncGenerator<Buffer> {
  if (text !== "") yield Buffer.from(text);
}
