import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./clients.ts";

/** A line that an adapter printed (README.md lists the fields of each operation). */
export type Line = Readonly<Record<string, unknown>>;

/** A running adapter: its lines as they come, and how it ended. */
export class Adapter {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;
  #stderr = "";

  constructor(client: Client, operation: string, request: object, onLine: (line: Line) => void) {
    this.name = `${client.name} ${operation}`;
    const [file = "", ...rest] = client.argv;
    const child = spawn(file, [...rest, operation], { cwd: client.folder });
    this.#child = child;
    child.stderr.on("data", (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString()).slice(-4000);
    });
    child.stdin.on("error", () => undefined); // it ended before it read: the exit code says so
    child.stdin.write(`${JSON.stringify(request)}\n`);
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = parsed(text);
      if (line === undefined) this.#stderr += text.slice(0, 500);
      else onLine(line);
    });
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, signal) => resolve(code ?? signal ?? "no exit code"));
    });
  }

  /** Ends the adapter's input: a member leaves, a producer flushes and stops. */
  finish(): void {
    this.#child.stdin?.end();
  }

  /** Waits for the end; an error if it failed or took longer than `timeoutMs`, when it is killed. */
  async end(timeoutMs: number): Promise<void> {
    const overdue = new AbortController();
    const late = sleep(timeoutMs, "late" as const, { signal: overdue.signal }).catch(() => "late");
    const code = await Promise.race([this.#ended, late]);
    overdue.abort();
    if (code === "late") {
      this.kill();
      throw new Error(`${this.name} was not done after ${timeoutMs / 1000} s: ${this.stderr}`);
    }
    if (code !== 0) throw new Error(`${this.name} ended with ${code}: ${this.stderr}`);
  }

  /** The end of what it printed besides its lines, on one line. */
  get stderr(): string {
    return this.#stderr.trim().split(/\s+/).join(" ");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Undefined for what is no JSON, such as a line cut off when its adapter was killed. */
function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

/** Runs one operation to its end and gives its lines. */
export async function call(
  client: Client,
  operation: string,
  request: object,
  timeoutMs = 60_000,
): Promise<Line[]> {
  const lines: Line[] = [];
  const adapter = new Adapter(client, operation, request, (line) => lines.push(line));
  try {
    await adapter.end(timeoutMs);
  } catch (error) {
    const got = lines.length === 0 ? "" : ` (after ${lines.length} lines)`;
    throw new Error(`${(error as Error).message}${got}`, { cause: error });
  }
  return lines;
}
