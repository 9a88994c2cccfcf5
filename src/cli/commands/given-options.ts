import { type Option, OptionError } from "./command.ts";

const INTEGER_MAX = 2 ** 31 - 1;

/** What was given on a command line, by the names of its options. */
export class GivenOptions {
  readonly #options: ReadonlyMap<string, Option>;
  readonly #values: ReadonlyMap<Option, readonly string[]>;
  /** The command line itself. */
  readonly words: readonly string[];
  /** The names of the options as they were given, again where they were given again. */
  readonly order: readonly string[];
  /** What belongs to no option. */
  readonly rest: readonly string[];

  /** @param options by every one of their names */
  constructor(
    options: ReadonlyMap<string, Option>,
    values: ReadonlyMap<Option, readonly string[]>,
    line: Pick<GivenOptions, "words" | "order" | "rest">,
  ) {
    this.#options = options;
    this.#values = values;
    this.words = line.words;
    this.order = line.order;
    this.rest = line.rest;
  }

  /** Whether the command has such an option at all. */
  knows(name: string): boolean {
    return this.#options.has(name);
  }

  has(name: string): boolean {
    return this.#values.has(this.#option(name));
  }

  /** Every value of a repeatable option, in the order in which they were given. */
  texts(name: string): readonly string[] {
    return this.#values.get(this.#option(name)) ?? [];
  }

  /**
   * Undefined: not given, or given without a value.
   *
   * @throws OptionError if there are several values.
   */
  text(name: string): string | undefined {
    const values = this.texts(name);
    if (values.length > 1) {
      const sentence = `Found multiple arguments for option ${name}, but you asked for only one`;
      throw new OptionError(sentence);
    }
    return values[0];
  }

  /** @throws OptionError if it is no 32-bit number. */
  integer(name: string): number | undefined {
    const value = this.long(name);
    if (value === undefined || Math.abs(value) <= INTEGER_MAX) return value;
    throw notConvertible(this.text(name), name);
  }

  /** @throws OptionError if it is no whole number. */
  long(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) throw notConvertible(text, name);
    return value;
  }

  /** All names of an option in brackets, as Kafka's tools write them: `[whitelist, include]`. */
  named(name: string): string {
    const option = this.#option(name);
    return `[${[option.name, ...(option.aliases ?? [])].join(", ")}]`;
  }

  #option(name: string): Option {
    const option = this.#options.get(name);
    if (option === undefined) throw new Error(`the command has no option ${name}`);
    return option;
  }
}

function notConvertible(text: string | undefined, name: string): OptionError {
  return new OptionError(`Cannot parse argument '${text}' of option ${name}`);
}
