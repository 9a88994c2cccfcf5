import type { Field, FieldType, Message, Versions } from "./model.ts";

/** Writes the types, defaults and default checks of one message's structs. */

const typescriptOf: Readonly<Record<string, string>> = {
  bool: "boolean",
  "int64 wide": "bigint",
  uuid: "string",
  string: "string",
  bytes: "Buffer",
  records: "Buffer",
};

export type Naming = (struct: string) => string;

export function interfaceOf(name: string, fields: readonly Field[], naming: Naming): string {
  const lines = fields.map(
    (field) => `  readonly ${field.name}: ${typeOf(field.type, naming)}${orNull(field)};`,
  );
  return `export interface ${name} {\n${lines.join("\n")}\n}`;
}

/** To encode: what has a default, or is not in every version, may be left out. */
export function inputInterfaceOf(
  name: string,
  fields: readonly Field[],
  context: { readonly naming: Naming; readonly versions: Versions },
): string {
  const lines = fields.map((field) => {
    const type = `${inputTypeOf(field.type, context.naming)}${orNull(field)}`;
    return mayBeLeftOut(field, context.versions)
      ? `  readonly ${field.name}?: ${type} | undefined;`
      : `  readonly ${field.name}: ${type};`;
  });
  return `export interface ${name}Input {\n${lines.join("\n")}\n}`;
}

export function mayBeLeftOut(field: Field, all: Versions): boolean {
  const { from, to } = field.versions;
  return (
    field.default !== undefined ||
    field.tag !== undefined ||
    field.ignorable ||
    from > all.from ||
    to < all.to
  );
}

/** What a field holds in a version that lacks it. */
export function defaultOf(field: Field, naming: Naming): string {
  const { type } = field;
  if (field.default === "null") return "null";
  if (type.kind === "array") return "EMPTY_ARRAY";
  if (type.kind === "struct") return `default${naming(type.name)}`;
  const given = field.default;
  switch (type.name) {
    case "bool":
      return given ?? "false";
    case "string":
      return JSON.stringify(given ?? "");
    case "uuid":
      return "ZERO_UUID";
    case "bytes":
    case "records":
      return "Buffer.alloc(0)";
    case "int64 wide":
      return `${given ?? "0"}n`;
    default:
      return given ?? "0";
  }
}

export function defaultStruct(name: string, fields: readonly Field[], naming: Naming): string {
  const lines = fields.map((field) => `  ${field.name}: ${defaultOf(field, naming)},`);
  return `const default${name}: ${name} = {\n${lines.join("\n")}\n};`;
}

/** Structs of which a default is needed: those of fields that a version lacks or keeps in a tag. */
export function structsWithDefault(message: Message): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (field: Field): void => {
    if (field.type.kind !== "struct" || field.default === "null") return;
    if (!mayBeLeftOut(field, message.versions) && !found.has(field.type.name)) return;
    add(field.type.name);
  };
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const inner of message.structs.get(name) ?? []) {
      if (inner.type.kind === "struct" && inner.default !== "null") add(inner.type.name);
    }
  };
  for (const fields of [message.fields, ...message.structs.values()]) fields.forEach(visit);
  return found;
}

/** Whether a tagged field is left out of the tagged section because it holds its default. */
export function isDefault(field: Field, value: string, naming: Naming): string {
  const { type } = field;
  if (field.default === "null") return `${value} === undefined || ${value} === null`;
  if (type.kind === "struct") {
    const notNull = field.nullable === undefined ? "" : `${value} !== null && `;
    return `${value} === undefined || (${notNull}isDefault${naming(type.name)}(${value}))`;
  }
  const isEmptyable = type.kind === "array" || type.name === "bytes" || type.name === "records";
  if (!isEmptyable) {
    return `${value} === undefined || ${value} === ${defaultOf(field, naming)}`;
  }
  const notNull = field.nullable === undefined ? "" : `${value} !== null && `;
  return `${value} === undefined || (${notNull}${value}.length === 0)`;
}

export function defaultCheck(name: string, fields: readonly Field[], naming: Naming): string {
  const checks = fields.map((field) => `(${isDefault(field, `value.${field.name}`, naming)})`);
  return `function isDefault${name}(value: ${name}Input): boolean {\n  return ${checks.join(" &&\n    ")};\n}`;
}

function typeOf(type: FieldType, naming: Naming): string {
  if (type.kind === "array") return `readonly ${typeOf(type.element, naming)}[]`;
  if (type.kind === "struct") return naming(type.name);
  return typescriptOf[type.name] ?? "number";
}

function inputTypeOf(type: FieldType, naming: Naming): string {
  if (type.kind === "array") return `readonly ${inputTypeOf(type.element, naming)}[]`;
  if (type.kind === "struct") return `${naming(type.name)}Input`;
  return type.name === "records" ? "ByteSlices" : typeOf(type, naming);
}

function orNull(field: Field): string {
  return field.nullable === undefined && field.default !== "null" ? "" : " | null";
}
