import type { ClusterClient } from "../../client/cluster-client.ts";
import type { Clock } from "../../time/clock.ts";
import type { GivenOptions } from "./given-options.ts";

/** One flag of a command, as Kafka's tools know them. */
export interface Option {
  /** Without the dashes. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /**
   * `flag` takes no value; `optional` may do without one. Numbers are checked when they are read, as
   * in Kafka's tools: a wrong one in an option that nobody asks for does no harm.
   */
  readonly kind: "flag" | "text" | "integer" | "optional";
  readonly description: string;
  /** What the value is, in the help; default the kind. */
  readonly value?: string;
  /** May be given more than once: read with `texts`. */
  readonly isRepeatable?: boolean;
}

/** What a command gets from the command line and the process. */
export interface CommandContext {
  readonly options: GivenOptions;
  /** The file of a `--command-config` and the like, as settings under Kafka's names. */
  properties(path: string): Promise<Record<string, string>>;
  /** A client of the cluster that --bootstrap-server names; closed when the command ends. */
  connect(how?: ConnectHow): Promise<ClusterClient>;
  readonly clock: Clock;
  /** Standard output, as it is: no line end is added. */
  print(text: string | Buffer): void;
  /** Standard error, as it is. */
  complain(text: string): void;
  /** Whoever read standard output has gone: what is printed now, nobody reads. */
  isOutputGone(): boolean;
  readonly stdin: AsyncIterable<Buffer>;
  /** Standard input is a person at a terminal. */
  readonly isInteractive: boolean;
  /** Ctrl-C, SIGTERM. A second one ends the process. */
  readonly signal: AbortSignal;
}

export interface ConnectHow {
  /** Most milliseconds for one call with all its retries; default `default.api.timeout.ms` or 60 s. */
  readonly apiTimeoutMs?: number;
  /** Settings of Kafka's clients, beside those of the `--command-config`; these are the weaker. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** One command of `odradek`. */
export interface Command {
  readonly name: string;
  /** A line in the list of commands. */
  readonly summary: string;
  readonly options: readonly Option[];
  /** Kafka's tool that it stands for: `kafka-topics`. */
  readonly standsFor: string;
  /** Runs on after a signal until it has done what is to be done then; others end at once. */
  readonly finishesOnSignal?: boolean;
  /** The exit code. A {@link CommandError} is printed, and its exit code holds. */
  run(context: CommandContext): Promise<number>;
  /**
   * Says that the flags could not be read: `message` is the parser's. Default: the message and the
   * list of options on standard error, exit code 1.
   */
  refuse?(message: string, context: Pick<CommandContext, "complain" | "print">): number;
}

/** Ends a command: the message on standard error, as it is but for a line end. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  readonly exitCode: number;

  constructor(message: string, options?: ErrorOptions & { readonly exitCode?: number }) {
    super(message, options);
    this.exitCode = options?.exitCode ?? 1;
  }
}

/** The flags do not fit: the message, then the list of options, on standard error; exit code 1. */
export class UsageRefusal extends CommandError {
  override readonly name = "UsageRefusal";
}

/** A value is not what its option takes, or there are too many: JOptSimple's words. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}
