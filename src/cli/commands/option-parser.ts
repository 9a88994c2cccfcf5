import { type Option, OptionError } from "./command.ts";
import { GivenOptions } from "./given-options.ts";

/**
 * Reads a command line by the rules of JOptSimple, which Kafka's tools use: `--name value`,
 * `--name=value`, an option more than once, anything else among them, `--` before what is no option.
 *
 * @throws OptionError
 */
export function parseOptions(options: readonly Option[], given: readonly string[]): GivenOptions {
  return new OptionParser(options).parse(given);
}

class OptionParser {
  readonly #byName = new Map<string, Option>();
  readonly #values = new Map<Option, string[]>();
  readonly #order: string[] = [];
  readonly #rest: string[] = [];

  constructor(options: readonly Option[]) {
    for (const option of options) {
      for (const name of [option.name, ...(option.aliases ?? [])]) this.#byName.set(name, option);
    }
  }

  parse(given: readonly string[]): GivenOptions {
    const words = [...given];
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
      if (word === "--") {
        this.#rest.push(...words);
        break;
      }
      if (word.startsWith("--")) this.#takeLong(word.slice(2), words);
      else if (word.startsWith("-") && word !== "-") this.#takeShort(word, words);
      else this.#rest.push(word);
    }
    const line = { words: given, order: this.#order, rest: this.#rest };
    return new GivenOptions(this.#byName, this.#values, line);
  }

  #takeLong(word: string, following: string[]): void {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    this.#take(name, equals < 0 ? "" : word.slice(equals + 1), following);
  }

  /** One letter after one dash, or a long name there: JOptSimple takes both. */
  #takeShort(word: string, following: string[]): void {
    const [, name = "", value = ""] = /^-([^=]+)=?(.*)$/s.exec(word) ?? [];
    if (this.#byName.has(name)) this.#take(name, value, following);
    else throw new OptionError(`${word.charAt(1)} is not a recognized option`);
  }

  #take(name: string, value: string, following: string[]): void {
    const option = this.#byName.get(name);
    if (option === undefined) throw new OptionError(`${name} is not a recognized option`);
    const values = this.#values.get(option) ?? [];
    this.#values.set(option, values);
    this.#order.push(option.name);
    if (option.kind === "flag") return;
    // `--name=` is `--name`: the value may follow.
    if (value !== "") values.push(value);
    else if (option.kind !== "optional") values.push(required(option, following));
    else if (following[0]?.startsWith("-") === false) values.push(following.shift() as string);
  }
}

function required(option: Option, following: string[]): string {
  const value = following.shift();
  if (value !== undefined) return value;
  throw new OptionError(`Option ${option.name} requires an argument`);
}
