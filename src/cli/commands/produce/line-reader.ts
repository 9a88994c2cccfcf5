import type { Header, NewRecord } from "../../../records/records.ts";
import { CommandError } from "../command.ts";
import { isTrue, type Settings } from "../settings.ts";

/** How a line becomes a record (properties of Kafka's LineMessageReader). */
export class LineReader {
  readonly #hasKey: boolean;
  readonly #keySeparator: string;
  readonly #hasHeaders: boolean;
  readonly #headersDelimiter: string;
  readonly #headersSeparator: RegExp;
  readonly #headerKeySeparator: string;
  readonly #ignoresErrors: boolean;
  readonly #nullMarker: string | undefined;
  #lineNumber = 0;

  /** @throws CommandError where two separators are the same */
  constructor(properties: Settings) {
    this.#hasKey = isTrue(properties["parse.key"]);
    this.#hasHeaders = isTrue(properties["parse.headers"]);
    this.#ignoresErrors = isTrue(properties["ignore.error"]);
    this.#nullMarker = properties["null.marker"];
    this.#keySeparator = properties["key.separator"] ?? "\t";
    this.#headersDelimiter = properties["headers.delimiter"] ?? "\t";
    this.#headerKeySeparator = properties["headers.key.separator"] ?? ":";
    const headersSeparator = properties["headers.separator"] ?? ",";
    this.#headersSeparator = new RegExp(headersSeparator);
    refuseEqual([
      ["headers.delimiter", this.#headersDelimiter, "headers.separator", headersSeparator],
      [
        "headers.delimiter",
        this.#headersDelimiter,
        "headers.key.separator",
        this.#headerKeySeparator,
      ],
      ["headers.separator", headersSeparator, "headers.key.separator", this.#headerKeySeparator],
      ["null.marker", this.#nullMarker, "key.separator", this.#keySeparator],
      ["null.marker", this.#nullMarker, "headers.separator", headersSeparator],
      ["null.marker", this.#nullMarker, "headers.delimiter", this.#headersDelimiter],
      ["null.marker", this.#nullMarker, "headers.key.separator", this.#headerKeySeparator],
    ]);
  }

  /** @throws CommandError where a separator is missing */
  record(line: string): NewRecord {
    this.#lineNumber++;
    const headers = this.#hasHeaders
      ? this.#upTo(this.#headersDelimiter, line, 0, "headers delimiter")
      : undefined;
    const keyAt = headers === undefined ? 0 : headers.length + this.#headersDelimiter.length;
    const key = this.#hasKey
      ? this.#upTo(this.#keySeparator, line, keyAt, "key separator")
      : undefined;
    const valueAt = keyAt + (key === undefined ? 0 : key.length + this.#keySeparator.length);
    return {
      key: key === undefined ? null : this.#bytes(key),
      value: this.#bytes(line.slice(valueAt)),
      ...(headers === undefined || headers === this.#nullMarker
        ? {}
        : { headers: this.#headers(headers) }),
    };
  }

  #bytes(text: string): Buffer | null {
    return text === this.#nullMarker ? null : Buffer.from(text);
  }

  #upTo(separator: string, line: string, from: number, what: string): string | undefined {
    const at = line.indexOf(separator, from);
    if (at >= 0) return line.slice(from, at);
    if (this.#ignoresErrors) return undefined;
    throw refusal(`No ${what} found on line number ${this.#lineNumber}: '${line}'`);
  }

  #headers(text: string): Header[] {
    const pairs = text.split(this.#headersSeparator);
    // Java's split drops empty ends.
    while (pairs.length > 1 && pairs.at(-1) === "") pairs.pop();
    return pairs.map((pair) => this.#header(pair));
  }

  #header(pair: string): Header {
    const at = pair.indexOf(this.#headerKeySeparator);
    if (at < 0) {
      if (this.#ignoresErrors) return { key: pair, value: null };
      throw refusal(
        `No header key separator found in pair '${pair}' on line number ${this.#lineNumber}`,
      );
    }
    const key = pair.slice(0, at);
    if (key === this.#nullMarker) {
      throw refusal(
        `Header keys should not be equal to the null marker '${key}' as they can't be null`,
      );
    }
    return { key, value: this.#bytes(pair.slice(at + this.#headerKeySeparator.length)) };
  }
}

type Pair = readonly [name: string, value: string | undefined, other: string, otherValue: string];

function refuseEqual(pairs: readonly Pair[]): void {
  const equal = pairs.find(([, value, , otherValue]) => value === otherValue);
  if (equal !== undefined) throw refusal(`${equal[0]} and ${equal[2]} may not be equal`);
}

function refusal(message: string): CommandError {
  return new CommandError(`org.apache.kafka.common.KafkaException: ${message}`);
}
