import { type Group, readFunction, writeFunction } from "./emit-functions.ts";
import {
  defaultCheck,
  defaultStruct,
  inputInterfaceOf,
  interfaceOf,
  structsWithDefault,
} from "./emit-types.ts";
import { VersionGroups } from "./layout.ts";
import type { ApiSpec, DataSpec, Message, RecordSpec, Spec } from "./model.ts";
import { camelCase, kebabCase, structNames } from "./names.ts";

export interface GeneratedFile {
  /** Below src/protocol/generated. */
  readonly path: string;
  readonly text: string;
}

/** The file of one spec: types, one function per struct and version group, and the codec. */
export function emitFile(spec: Spec): readonly GeneratedFile[] {
  switch (spec.kind) {
    case "api":
      return [{ path: `${kebabCase(spec.name)}.ts`, text: emitApi(spec) }];
    case "record":
      return [{ path: `records/${kebabCase(spec.name)}.ts`, text: emitRecord(spec) }];
    case "data":
      return spec.messages.map((message) => ({
        path: `records/${kebabCase(message.name)}.ts`,
        text: emitData(spec, message),
      }));
  }
}

function emitApi(spec: ApiSpec): string {
  const { request, response } = spec;
  const flexibleFrom = Number.isFinite(request.flexibleFrom)
    ? String(request.flexibleFrom)
    : "Number.POSITIVE_INFINITY";
  const types = [request, response, `${request.name}Input`, `${response.name}Input`];
  const names = types.map((type) => (typeof type === "string" ? type : type.name));
  return assemble(spec, [request, response], (codec) => [
    `/** ${spec.description} */`,
    `export const ${camelCase(spec.name)}: ApiCodec<${names.join(", ")}> = {`,
    `  key: ${spec.key},`,
    `  name: "${spec.name}",`,
    `  minVersion: ${request.versions.from},`,
    `  maxVersion: ${request.versions.to},`,
    `  flexibleFrom: ${flexibleFrom},`,
    ...codec(request, "Request", spec.name),
    ...codec(response, "Response", spec.name),
    "};",
  ]);
}

function emitRecord(spec: RecordSpec): string {
  const { key, value } = spec;
  const names = [key.name, value.name, `${key.name}Input`, `${value.name}Input`];
  return assemble(spec, [key, value], (codec) => [
    `/** ${spec.description} */`,
    `export const ${camelCase(spec.name)}: RecordCodec<${names.join(", ")}> = {`,
    `  type: ${spec.type},`,
    "  key: {",
    ...head(key),
    ...codec(key, "", key.name),
    "  },",
    "  value: {",
    ...head(value),
    ...codec(value, "", value.name),
    "  },",
    "};",
  ]);
}

function emitData(spec: DataSpec, message: Message): string {
  const names = [message.name, `${message.name}Input`];
  return assemble(spec, [message], (codec) => [
    `/** ${spec.description} */`,
    `export const ${camelCase(message.name)}: MessageCodec<${names.join(", ")}> = {`,
    ...head(message),
    ...codec(message, "", message.name),
    "};",
  ]);
}

function head({ name, versions }: Message): string[] {
  return [`  name: "${name}",`, `  minVersion: ${versions.from},`, `  maxVersion: ${versions.to},`];
}

type CodecLines = (message: Message, suffix: string, called: string) => string[];

function assemble(
  spec: Spec,
  messages: readonly Message[],
  codecOf: (codec: CodecLines) => readonly string[],
): string {
  const names = structNames(messages);
  const parts: string[] = [];
  for (const message of messages) parts.push(...emitMessage(message, names));
  const codec = codecOf((message, suffix, called) => [
    ...dispatch("decode", { message, suffix, called }),
    ...dispatch("encode", { message, suffix, called }),
  ]).join("\n");
  const body = [...parts, codec].join("\n\n");
  const depth = spec.kind === "api" ? ".." : "../..";
  return `${banner(spec)}\n${importsFor(body, depth)}\n\n${body}\n`;
}

function emitMessage(
  message: Message,
  names: (message: Message, struct: string) => string,
): string[] {
  const naming = (struct: string) => names(message, struct);
  const groups = new VersionGroups(message);
  const structs: [string, Message["fields"]][] = [
    [message.name, message.fields],
    ...message.structs,
  ];
  const defaults = structsWithDefault(message);
  const parts: string[] = [];
  for (const [struct, fields] of structs) {
    const name = naming(struct);
    parts.push(interfaceOf(name, fields, naming));
    parts.push(inputInterfaceOf(name, fields, { naming, versions: message.versions }));
  }
  // The innermost first, so that a default may hold another.
  for (const [struct, fields] of [...structs].reverse()) {
    if (defaults.has(struct)) parts.push(defaultStruct(naming(struct), fields, naming));
  }
  const checked = new Set([...structs].flatMap(([, fields]) => taggedStructs(message, fields)));
  for (const [struct, fields] of structs) {
    if (checked.has(struct)) parts.push(defaultCheck(naming(struct), fields, naming));
  }
  for (const [struct] of structs) {
    for (const version of groups.groupsOf(struct)) {
      const group: Group = { message, struct, version, groups, naming };
      parts.push(readFunction(group), writeFunction(group));
    }
  }
  return parts;
}

/** Structs that are compared with their defaults: of tagged fields, and what is inside them. */
function taggedStructs(message: Message, fields: Message["fields"]): string[] {
  const found: string[] = [];
  const add = (name: string): void => {
    found.push(name);
    for (const { type, default: given } of message.structs.get(name) ?? []) {
      if (type.kind === "struct" && given !== "null") add(type.name);
    }
  };
  for (const { tag, type, default: given } of fields) {
    if (tag !== undefined && type.kind === "struct" && given !== "null") add(type.name);
  }
  return found;
}

function dispatch(
  verb: "decode" | "encode",
  of: { readonly message: Message; readonly suffix: string; readonly called: string },
): string[] {
  const { message, suffix, called } = of;
  const groups = new VersionGroups(message);
  const byFirst = new Map<number, number[]>();
  for (let version = message.versions.from; version <= message.versions.to; version++) {
    const first = groups.firstOf(message.name, version);
    byFirst.set(first, [...(byFirst.get(first) ?? []), version]);
  }
  const lines =
    verb === "decode"
      ? [`  decode${suffix}(reader, version) {`]
      : [`  encode${suffix}(writer, value, version) {`];
  lines.push("    switch (version) {");
  for (const [first, versions] of byFirst) {
    for (const version of versions) lines.push(`      case ${version}:`);
    lines.push(
      verb === "decode"
        ? `        return read${message.name}${first}(reader);`
        : `        return write${message.name}${first}(writer, value);`,
    );
  }
  lines.push(
    "      default:",
    `        throw unsupportedVersion("${called}", version);`,
    "    }",
    "  },",
  );
  return lines;
}

function banner({ file, description }: Spec): string {
  return `// Generated by scripts/generate-protocol from protocol-specs/${file}. Do not edit.\n// ${description}`;
}

const modules: readonly { readonly from: string; readonly names: readonly string[] }[] = [
  {
    from: "codec.ts",
    names: ["type ApiCodec", "type MessageCodec", "type RecordCodec", "unsupportedVersion"],
  },
  {
    from: "elements.ts",
    names: [
      "EMPTY_ARRAY",
      ...["Array", "NullableArray"].map((name) => `read${name}`),
      ...["Int8", "Int16", "Int32", "Int64", "String", "CompactString", "Uuid"].flatMap((name) => [
        `read${name}`,
        `write${name}`,
      ]),
      ...["Array", "CompactArray", "Nullable", "TaggedNullable"].map((name) => `write${name}`),
    ],
  },
  { from: "reader.ts", names: ["type Reader"] },
  { from: "uuid.ts", names: ["ZERO_UUID"] },
  { from: "writer.ts", names: ["type ByteSlices", "type Writer"] },
];

function importsFor(body: string, depth: string): string {
  const lines: string[] = [];
  for (const { from, names } of modules) {
    const used = names
      .filter((name) => new RegExp(`(?<![\\w.])${name.replace("type ", "")}(?!\\w)`).test(body))
      .sort((one, other) => (one.replace("type ", "") < other.replace("type ", "") ? -1 : 1));
    if (used.length === 0) continue;
    const onlyTypes = used.every((name) => name.startsWith("type "));
    lines.push(
      onlyTypes
        ? `import type { ${used.map((name) => name.slice(5)).join(", ")} } from "${depth}/${from}";`
        : `import { ${used.join(", ")} } from "${depth}/${from}";`,
    );
  }
  return lines.join("\n");
}
