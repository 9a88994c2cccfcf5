import {
  type ApiSpec,
  type DataSpec,
  type Field,
  type FieldType,
  type Message,
  type Primitive,
  primitives,
  type RecordSpec,
  type Spec,
  type Versions,
} from "./model.ts";

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** Where fields are being read: the lines of a section, and what they have brought so far. */
interface Section {
  readonly lines: readonly Line[];
  readonly versions: Versions;
  readonly structs: Map<string, readonly Field[]>;
}

/** Reads one spec. The notation is described in protocol-specs/README.md. */
export function parseSpec(file: string, text: string): Spec {
  const all = text.split("\n").filter((line) => line.trim() !== "");
  const description = all
    .filter((line) => line.startsWith("#"))
    .map((line) => line.slice(1).trim())
    .join(" ");
  const lines = all
    .filter((line) => !line.startsWith("#"))
    .map((line) => ({ indent: line.search(/\S/) / 2, text: line.trim() }));
  const first = lines[0]?.text ?? "";
  if (first.startsWith("api ")) return parseApi({ file, description }, lines);
  if (first.startsWith("record ")) return parseRecord({ file, description }, lines);
  return parseData({ file, description }, lines);
}

interface About {
  readonly file: string;
  readonly description: string;
}

function parseApi(about: About, lines: readonly Line[]): ApiSpec {
  const head = lines[0]?.text ?? "";
  const [, key, name] = /^api (\d+) (\w+)/.exec(head) ?? fail(about.file, head);
  const versions = versionsIn(head, about.file);
  const flexibleFrom = flexibleIn(head);
  const advertised = /advertised (\d+)-(\d+)/.exec(head);
  const section = (title: string, suffix: string) =>
    message(`${name}${suffix}`, { versions, flexibleFrom }, sectionLines(lines, title));
  return {
    kind: "api",
    ...about,
    key: Number(key),
    name: name as string,
    advertised: head.includes("unadvertised")
      ? undefined
      : advertised === null
        ? versions
        : { from: Number(advertised[1]), to: Number(advertised[2]) },
    request: section("request", "Request"),
    response: section("response", "Response"),
  };
}

function parseRecord(about: About, lines: readonly Line[]): RecordSpec {
  const head = lines[0]?.text ?? "";
  const [, type, name] = /^record (\d+) (\w+)/.exec(head) ?? fail(about.file, head);
  const half = (title: string, suffix: string) => {
    const line = lines.find(({ indent, text }) => indent === 0 && text.startsWith(`${title} `));
    const own = line?.text ?? fail(about.file, title);
    const form = { versions: versionsIn(own, about.file), flexibleFrom: flexibleIn(own) };
    return message(`${name}${suffix}`, form, sectionLines(lines, title));
  };
  return {
    kind: "record",
    ...about,
    type: Number(type),
    name: name as string,
    key: half("key", "Key"),
    value: half("value", "Value"),
  };
}

function parseData(about: About, lines: readonly Line[]): DataSpec {
  const heads = lines.filter(({ indent }) => indent === 0);
  const messages = heads.map(({ text }) => {
    const [, name] = /^data (\w+)/.exec(text) ?? fail(about.file, text);
    const form = { versions: versionsIn(text, about.file), flexibleFrom: flexibleIn(text) };
    return message(name as string, form, sectionLines(lines, `data ${name}`));
  });
  return { kind: "data", ...about, messages };
}

/** The indented lines below the unindented one that begins with `title`. */
function sectionLines(lines: readonly Line[], title: string): readonly Line[] {
  const begins = ({ indent, text }: Line) =>
    indent === 0 && (text === title || text.startsWith(`${title} `));
  const start = lines.findIndex(begins) + 1;
  const length = lines.slice(start).findIndex(({ indent }) => indent === 0);
  return length === -1 ? lines.slice(start) : lines.slice(start, start + length);
}

function message(
  name: string,
  form: { readonly versions: Versions; readonly flexibleFrom: number },
  lines: readonly Line[],
): Message {
  const section: Section = { lines, versions: form.versions, structs: new Map() };
  const fields = fieldsAt(section, 0, 1);
  for (const { type } of [fields, ...section.structs.values()].flat()) {
    const struct = innermostStruct(type);
    if (struct !== undefined && !section.structs.has(struct)) {
      throw new Error(`${name} has no struct ${struct}`);
    }
  }
  return { name, ...form, fields, structs: section.structs };
}

/** The fields from line `start` on that stand at `indent`. Structs below them are put aside. */
function fieldsAt(section: Section, start: number, indent: number): readonly Field[] {
  const fields: Field[] = [];
  for (let i = start; i < section.lines.length; i++) {
    const line = section.lines[i] as Line;
    if (line.indent < indent) break;
    if (line.indent > indent) continue;
    if (line.text.startsWith("struct ")) {
      section.structs.set(line.text.slice("struct ".length), fieldsAt(section, i + 1, indent + 1));
      continue;
    }
    const field = parseField(line.text, section.versions);
    fields.push(field);
    const below = section.lines[i + 1];
    if (below !== undefined && below.indent > indent) {
      const name = structName(field.type);
      // Put in first, so that structs keep the order in which they are mentioned.
      section.structs.set(name, []);
      section.structs.set(name, fieldsAt(section, i + 1, indent + 1));
    }
  }
  return fields;
}

function structName(type: FieldType): string {
  const name = innermostStruct(type);
  if (name === undefined) throw new Error("fields below what is no struct");
  return name;
}

function innermostStruct(type: FieldType): string | undefined {
  if (type.kind === "array") return innermostStruct(type.element);
  return type.kind === "struct" ? type.name : undefined;
}

/** `name  type  versions  tag N  nullable versions  default x  ignorable  inflexible` */
function parseField(text: string, all: Versions): Field {
  const [name = "", type = "", ...rest] = text.split(/ {2,}/);
  const unknown = rest.find((part) => !columns.some((column) => column.test(part)));
  if (unknown !== undefined || !/^\w+$/.test(name)) throw new Error(`cannot read "${text}"`);
  const versions = range(
    rest.find((part) => /^\d/.test(part)),
    all,
  );
  const tag = wordAfter("tag", rest);
  const nullable = rest.find((part) => /^nullable/.test(part))?.slice("nullable ".length);
  const given = wordAfter("default", rest);
  return {
    name,
    type: parseType(type),
    versions,
    tag: tag === undefined ? undefined : Number(tag),
    nullable: nullable === undefined ? undefined : range(nullable || undefined, versions),
    default: given === '""' ? "" : given,
    ignorable: rest.includes("ignorable"),
    inflexible: rest.includes("inflexible"),
  };
}

/** What may stand behind name and type. */
const columns = [
  /^\d+(\+|-\d+)?$/,
  /^tag \d+$/,
  /^nullable( \d+(\+|-\d+)?)?$/,
  /^default \S+$/,
  /^(ignorable|inflexible)$/,
];

function wordAfter(word: string, parts: readonly string[]): string | undefined {
  return parts.find((part) => part.startsWith(`${word} `))?.slice(word.length + 1);
}

function parseType(text: string): FieldType {
  if (text.startsWith("[]")) return { kind: "array", element: parseType(text.slice(2)) };
  if ((primitives as readonly string[]).includes(text)) {
    return { kind: "primitive", name: text as Primitive };
  }
  if (!/^[A-Z]\w*$/.test(text)) throw new Error(`no type "${text}"`);
  return { kind: "struct", name: text };
}

/** `3+`, `2-4` or `1`; nothing means all. */
function range(text: string | undefined, all: Versions): Versions {
  if (text === undefined) return all;
  if (text.endsWith("+")) return { from: Number.parseInt(text, 10), to: all.to };
  const [from, to = from] = text.split("-").map(Number);
  return { from: from as number, to: to as number };
}

function versionsIn(head: string, file: string): Versions {
  const [, text] = /versions (\S+)/.exec(head) ?? fail(file, head);
  return range(text, { from: 0, to: 0 });
}

function flexibleIn(head: string): number {
  const found = /flexible (\d+)\+/.exec(head);
  return found === null ? Number.POSITIVE_INFINITY : Number(found[1]);
}

function fail(file: string, text: string): never {
  throw new Error(`${file}: cannot read "${text}"`);
}
