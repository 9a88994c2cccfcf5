import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How to start a broker on a directory and port of its own, and how it says that it is ready. */
export interface BrokerCommand {
  readonly name: string;
  readonly port: number;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Gets everything the broker prints. */
  readonly log: string;
  /** Found in what it printed since its start once it serves. */
  readonly ready: RegExp;
}

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 60_000;

/** A broker as a real process that can be stopped, killed, and started again on the same data. */
export class BrokerProcess {
  readonly command: BrokerCommand;
  #child: ChildProcess | undefined;

  constructor(command: BrokerCommand) {
    this.command = command;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.command.port}`;
  }

  get running(): boolean {
    return this.#child !== undefined && !hasEnded(this.#child);
  }

  /** Starts the broker and waits until it says that it is ready; gives the milliseconds it took. */
  async start(): Promise<number> {
    const [file = "", ...rest] = this.command.argv;
    const began = performance.now();
    // Nothing is awaited before there is a process: whoever kills it a moment from now must find it.
    const before = existsSync(this.command.log) ? readFileSync(this.command.log, "utf8").length : 0;
    const log = openSync(this.command.log, "a");
    const child = spawn(file, rest, { cwd: this.command.cwd, stdio: ["ignore", log, log] });
    this.#child = child;
    while (!this.command.ready.test((await this.printed()).slice(before))) {
      if (hasEnded(child)) throw new Error(`${this.command.name} ended: ${await this.tail()}`);
      if (performance.now() - began > START_TIMEOUT_MS) {
        throw new Error(`${this.command.name} is not ready: ${await this.tail()}`);
      }
      await sleep(20);
    }
    return performance.now() - began;
  }

  /** SIGTERM; an error if the broker does not end by itself. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** SIGKILL: no last words, no flush. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    const overdue = new AbortController();
    const tooLong = sleep(STOP_TIMEOUT_MS, "late", { signal: overdue.signal }).catch(() => "");
    const first = await Promise.race([ended, tooLong]);
    overdue.abort();
    if (first === "late") {
      child.kill("SIGKILL");
      throw new Error(`${this.command.name} did not end within a minute of ${signal}`);
    }
  }

  /** Everything the broker has printed so far. */
  async printed(): Promise<string> {
    return readFile(this.command.log, "utf8").catch(() => "");
  }

  /** The end of what it printed, for an error message. */
  async tail(): Promise<string> {
    return (await this.printed()).slice(-2000);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** A port that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
