import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a broker has done since it started. */
export interface Work {
  readonly copiedBytes: number;
  readonly allocatedBytes: number;
  readonly filesOpened: number;
  /** Of the heap, in use. */
  readonly heapBytes: number;
  /** Calls of the system, on sockets and files; 0 where it does not count them. */
  readonly reads: number;
  readonly writes: number;
  /** Descriptors; 0 where they are not to be seen. */
  readonly openFiles: number;
}

/** A broker in another process, on a real disk, whose work can be counted. */
export class CountedBroker {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #directory: string;

  private constructor(process: ChildProcess, port: number, directory: string) {
    this.#process = process;
    this.port = port;
    this.#directory = directory;
  }

  static async start(): Promise<CountedBroker> {
    const directory = await mkdtemp(join(tmpdir(), "odradek-counted-"));
    const child = fork(join(import.meta.dirname, "counted-broker.ts"), [join(directory, "data")], {
      execArgv: ["--import", "tsx"],
    });
    const [port] = await once(child, "message");
    return new CountedBroker(child, port as number, directory);
  }

  /** What is done between now and then; the heap is what grew, for nothing is collected meanwhile. */
  async workOf(run: () => Promise<void>): Promise<Work> {
    const before = await this.#ask("collect");
    await run();
    const after = await this.#ask("look");
    const difference = (name: keyof Work) => after[name] - before[name];
    return {
      copiedBytes: difference("copiedBytes"),
      allocatedBytes: difference("allocatedBytes"),
      filesOpened: difference("filesOpened"),
      heapBytes: difference("heapBytes"),
      reads: difference("reads"),
      writes: difference("writes"),
      openFiles: after.openFiles,
    };
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.send("stop");
    await exited;
    await rm(this.#directory, { recursive: true });
  }

  async #ask(message: string): Promise<Work> {
    const answered = once(this.#process, "message");
    this.#process.send(message);
    const [work] = await answered;
    return work as Work;
  }
}
