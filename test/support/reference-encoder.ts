import {
  type Field,
  type FieldType,
  includes,
  type Message,
} from "../../scripts/generate-protocol/model.ts";

/**
 * Encodes a message by walking its spec, byte by byte and without any cleverness: what the
 * generated code must write, said a second time and differently.
 */
export function encodeBySpec(
  message: Message,
  version: number,
  value: object,
  options: EncodeOptions = {},
): Buffer {
  const unknownTags = options.unknownTags ?? [];
  const context = { message, version, flexible: version >= message.flexibleFrom, unknownTags };
  return Buffer.concat(structBytes(message.fields, value, context));
}

export interface EncodeOptions {
  /** Written into every tagged section, behind the tags of the spec. */
  readonly unknownTags?: readonly UnknownTag[];
}

interface UnknownTag {
  readonly tag: number;
  readonly content: Buffer;
}

interface Context {
  readonly message: Message;
  readonly version: number;
  readonly flexible: boolean;
  readonly unknownTags: readonly UnknownTag[];
}

function structBytes(fields: readonly Field[], value: object, context: Context): Buffer[] {
  const present = fields.filter((field) => includes(field.versions, context.version));
  const isTagged = ({ tag }: Field) => tag !== undefined;
  const values = value as Readonly<Record<string, unknown>>;
  const parts = present
    .filter((field) => !isTagged(field))
    .flatMap((field) => fieldBytes(field, values[field.name], context));
  if (context.flexible) parts.push(...taggedBytes(present.filter(isTagged), values, context));
  return parts;
}

function taggedBytes(
  fields: readonly Field[],
  values: Readonly<Record<string, unknown>>,
  context: Context,
): Buffer[] {
  const known = fields
    .filter((field) => !holdsDefault(field, values[field.name], context.message))
    .map((field) => ({
      tag: field.tag as number,
      content: Buffer.concat(fieldBytes(field, values[field.name], context)),
    }))
    .sort((one, other) => one.tag - other.tag);
  const all = [...known, ...context.unknownTags];
  const sections = all.flatMap(({ tag, content }) => [
    uvarint(tag),
    uvarint(content.length),
    content,
  ]);
  return [uvarint(all.length), ...sections];
}

function fieldBytes(field: Field, value: unknown, context: Context): Buffer[] {
  const compact = context.flexible && !field.inflexible;
  const { type } = field;
  if (type.kind === "struct" && isNullable(field, context.version)) {
    const inTag = field.tag !== undefined;
    const present = value !== null;
    const mark = inTag ? uvarint(present ? 1 : 0) : number("int8", present ? 1 : -1);
    return present ? [mark, ...valueBytes(type, value, { context, compact })] : [mark];
  }
  return valueBytes(type, value, { context, compact });
}

interface Form {
  readonly context: Context;
  readonly compact: boolean;
}

function valueBytes(type: FieldType, value: unknown, form: Form): Buffer[] {
  if (type.kind === "struct") {
    const fields = form.context.message.structs.get(type.name) ?? [];
    return structBytes(fields, value as object, form.context);
  }
  if (type.kind === "array") return arrayBytes(type.element, value as unknown[] | null, form);
  switch (type.name) {
    case "string":
      return lengthAndBytes(value === null ? null : Buffer.from(value as string), "int16", form);
    case "bytes":
    case "records":
      return lengthAndBytes(value as Buffer | null, "int32", form);
    case "uuid":
      return [Buffer.from(value as string, "base64url")];
    case "bool":
      return [number("int8", value === true ? 1 : 0)];
    default:
      return [number(type.name, value as number | bigint)];
  }
}

function arrayBytes(element: FieldType, values: unknown[] | null, form: Form): Buffer[] {
  const { compact } = form;
  if (values === null) return [compact ? uvarint(0) : number("int32", -1)];
  const count = compact ? uvarint(values.length + 1) : number("int32", values.length);
  return [count, ...values.flatMap((one) => valueBytes(element, one, form))];
}

function lengthAndBytes(bytes: Buffer | null, length: "int16" | "int32", form: Form): Buffer[] {
  if (form.compact) return bytes === null ? [uvarint(0)] : [uvarint(bytes.length + 1), bytes];
  return bytes === null ? [number(length, -1)] : [number(length, bytes.length), bytes];
}

function number(type: string, value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  switch (type) {
    case "int8":
      return bytes.subarray(0, bytes.writeInt8(Number(value)));
    case "int16":
      return bytes.subarray(0, bytes.writeInt16BE(Number(value)));
    case "uint16":
      return bytes.subarray(0, bytes.writeUInt16BE(Number(value)));
    case "int32":
      return bytes.subarray(0, bytes.writeInt32BE(Number(value)));
    case "uint32":
      return bytes.subarray(0, bytes.writeUInt32BE(Number(value)));
    case "float64":
      return bytes.subarray(0, bytes.writeDoubleBE(Number(value)));
    case "int64":
    case "int64 wide":
      return bytes.subarray(0, bytes.writeBigInt64BE(BigInt(value)));
    default:
      throw new Error(`${type} is no number`);
  }
}

export function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

export function isNullable(field: Field, version: number): boolean {
  return field.nullable !== undefined && includes(field.nullable, version);
}

/** A tagged field with its default is not written. */
function holdsDefault(field: Field, value: unknown, message: Message): boolean {
  const { type, default: given } = field;
  if (value === null) return given === "null";
  if (given === "null") return false;
  if (type.kind === "array") return (value as readonly unknown[]).length === 0;
  if (type.kind === "struct") {
    const values = value as Readonly<Record<string, unknown>>;
    const fields = message.structs.get(type.name) ?? [];
    return fields.every((inner) => holdsDefault(inner, values[inner.name], message));
  }
  if (Buffer.isBuffer(value)) return value.length === 0;
  return value === defaultPrimitive(type.name, given);
}

/** What a field holds in a version that lacks it. */
export function defaultValue(field: Field, message: Message): unknown {
  const { type, default: given } = field;
  if (given === "null") return null;
  if (type.kind === "array") return [];
  if (type.kind === "struct") {
    const fields = message.structs.get(type.name) ?? [];
    return Object.fromEntries(fields.map((one) => [one.name, defaultValue(one, message)]));
  }
  return defaultPrimitive(type.name, given);
}

function defaultPrimitive(type: string, given: string | undefined): unknown {
  switch (type) {
    case "bool":
      return given === "true";
    case "string":
      return given ?? "";
    case "uuid":
      return "A".repeat(22);
    case "bytes":
    case "records":
      return Buffer.alloc(0);
    case "int64 wide":
      return BigInt(given ?? 0);
    default:
      return Number(given ?? 0);
  }
}
