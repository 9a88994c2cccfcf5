import type { ClusterClient } from "../../client/cluster-client.ts";
import { SystemClock } from "../../time/system-clock.ts";
import {
  type Command,
  type CommandContext,
  CommandError,
  OptionError,
  UsageRefusal,
} from "./command.ts";
import { commonOptions } from "./common-options.ts";
import { clientOf } from "./connecting.ts";
import { interruptedBy } from "./exit-codes.ts";
import type { GivenOptions } from "./given-options.ts";
import { commands } from "./index.ts";
import { parseOptions } from "./option-parser.ts";
import { usageOf } from "./usage.ts";

/** The Kafka whose tools these are. Scripts read it from `--version`. */
const KAFKA_VERSION = "4.4.0";

/** The process, as far as a command has to do with it. */
export interface CommandProcess
  extends Pick<
    CommandContext,
    "print" | "complain" | "stdin" | "isInteractive" | "isOutputGone" | "signal"
  > {
  readonly arguments: readonly string[];
  readonly version: () => string;
  readonly readFile: (path: string) => string;
}

/** Runs `odradek NAME ...`; the exit code. */
export async function runCommand(process: CommandProcess): Promise<number> {
  const [name = "", ...words] = process.arguments;
  const load = commands.get(name);
  if (load === undefined) {
    const names = [...commands.keys()].join(", ");
    process.complain(`odradek: there is no command ${name}; there are ${names}\n`);
    return 1;
  }
  const { command } = await load();
  return new RunningCommand(command, process).run(words);
}

/** What has come by then of a flush or of leaving a group is all there will be. */
const FINISH_MS = 10_000;

class RunningCommand {
  readonly #command: Command;
  readonly #process: CommandProcess;
  readonly #clients: ClusterClient[] = [];

  constructor(command: Command, process: CommandProcess) {
    this.#command = command;
    this.#process = process;
  }

  async run(words: readonly string[]): Promise<number> {
    const given = this.#parsed(words);
    if (typeof given === "number") return given;
    const { print, version } = this.#process;
    if (given.has("help")) {
      print(usageOf(this.#command));
      return 0;
    }
    if (given.has("version")) {
      print(`${KAFKA_VERSION} (Odradek ${version()})\n`);
      return 0;
    }
    const clock = new SystemClock();
    try {
      const running = this.#command.run(this.#context(given, clock));
      return await this.#orInterrupted(running, clock);
    } catch (error) {
      return this.#failed(error);
    } finally {
      await Promise.all(this.#clients.map((client) => client.close()));
      clock.stop();
    }
  }

  #parsed(words: readonly string[]): GivenOptions | number {
    const command = this.#command;
    const { complain } = this.#process;
    if (words.length === 0) {
      complain(usageOf(command));
      return 1;
    }
    try {
      return parseOptions([...commonOptions, ...command.options], words);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      if (command.refuse !== undefined) return command.refuse(error.message, this.#process);
      complain(`${error.message}\n${usageOf(command)}`);
      return 1;
    }
  }

  #context(options: GivenOptions, clock: SystemClock): CommandContext {
    const { print, complain, stdin, isInteractive, isOutputGone, signal } = this.#process;
    const properties = (path: string) => this.#properties(path);
    const clientId = `odradek-${this.#command.name}`;
    return {
      ...{ options, clock, print, complain, stdin, isInteractive, isOutputGone, signal },
      properties,
      connect: async (how = {}) => {
        const connecting = { options, clock, clientId, complain, properties };
        const client = await clientOf(connecting, how);
        this.#clients.push(client);
        return client;
      },
    };
  }

  async #properties(path: string): Promise<Record<string, string>> {
    const { parseProperties } = await import("../../config/properties.ts");
    try {
      return parseProperties(this.#process.readFile(path));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new CommandError(`${path} cannot be read: ${why}`, { cause: error });
    }
  }

  /** What is under way ends in good order where it has to, with a broker to do that with, and in time. */
  #orInterrupted(running: Promise<number>, clock: SystemClock): Promise<number> {
    const { signal } = this.#process;
    return new Promise((resolve, reject) => {
      const interrupt = () => resolve(interruptedBy(signal));
      const interrupted = () => {
        const isInVain = this.#clients.some(({ isUnanswered }) => isUnanswered);
        if (!this.#command.finishesOnSignal || isInVain) interrupt();
        else clock.schedule(FINISH_MS, interrupt);
      };
      signal.addEventListener("abort", interrupted, { once: true });
      running.then(resolve, reject);
    });
  }

  #failed(error: unknown): number {
    const { complain } = this.#process;
    if (error instanceof UsageRefusal || error instanceof OptionError) {
      complain(`${error.message}\n${usageOf(this.#command)}`);
      return 1;
    }
    complain(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}
