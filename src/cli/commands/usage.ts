import type { Command, Option } from "./command.ts";
import { commonOptions } from "./common-options.ts";

const INDENT = 2;
const COLUMN_MAX = 34;
const WIDTH = 100;

/** The help of one command. */
export function usageOf({ name, summary, standsFor, options }: Command): string {
  const lines = [...commonOptions, ...options]
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap(linesOf);
  return `odradek ${name}: ${summary} Flags and output are those of ${standsFor}.

Usage: odradek ${name} [options]

${lines.join("\n")}
`;
}

function linesOf(option: Option): string[] {
  const { name, aliases = [], description, isRepeatable } = option;
  const flags = [name, ...aliases].map((each) => `--${each}`).join(", ");
  const head = `${" ".repeat(INDENT)}${flags}${valueText(option)}`;
  const words = `${description}${isRepeatable ? " May be repeated." : ""}`.split(" ");
  const lines = wrapped(words);
  const [first = "", ...rest] = lines;
  const indented = rest.map((line) => " ".repeat(COLUMN_MAX) + line);
  if (head.length < COLUMN_MAX) return [head.padEnd(COLUMN_MAX) + first, ...indented];
  return [head, " ".repeat(COLUMN_MAX) + first, ...indented];
}

function valueText({ kind, value }: Option): string {
  if (kind === "flag") return "";
  const word = value ?? (kind === "integer" ? "N" : "TEXT");
  return kind === "optional" ? ` [${word}]` : ` ${word}`;
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (COLUMN_MAX + longer.length <= WIDTH) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}
