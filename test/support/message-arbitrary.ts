import fc from "fast-check";
import {
  type Field,
  type FieldType,
  includes,
  type Message,
} from "../../scripts/generate-protocol/model.ts";
import { defaultValue, isNullable } from "./reference-encoder.ts";

/**
 * Decoded messages of one version: every field that the version has may hold anything it can, the
 * others hold their defaults.
 */
export function messages(message: Message, version: number): fc.Arbitrary<object> {
  return struct(message.fields, { message, version });
}

interface Context {
  readonly message: Message;
  readonly version: number;
}

function struct(fields: readonly Field[], context: Context): fc.Arbitrary<object> {
  const entries = fields.map((field): [string, fc.Arbitrary<unknown>] => [
    field.name,
    includes(field.versions, context.version)
      ? fieldValue(field, context)
      : fc.constant(defaultValue(field, context.message)),
  ]);
  return fc.record(Object.fromEntries(entries), { noNullPrototype: true });
}

function fieldValue(field: Field, context: Context): fc.Arbitrary<unknown> {
  const value = fc.oneof(
    { weight: 4, arbitrary: anything(field.type, context) },
    // Often enough the default, which a tagged section leaves out.
    {
      weight: isNullable(field, context.version) || field.default !== "null" ? 1 : 0,
      arbitrary: fc.constant(defaultValue(field, context.message)),
    },
  );
  return isNullable(field, context.version) ? fc.oneof(value, fc.constant(null)) : value;
}

function anything(type: FieldType, context: Context): fc.Arbitrary<unknown> {
  if (type.kind === "array") return fc.array(anything(type.element, context), { maxLength: 3 });
  if (type.kind === "struct") {
    return struct(context.message.structs.get(type.name) ?? [], context);
  }
  switch (type.name) {
    case "bool":
      return fc.boolean();
    case "int8":
      return fc.integer({ min: -128, max: 127 });
    case "int16":
      return fc.integer({ min: -32768, max: 32767 });
    case "uint16":
      return fc.integer({ min: 0, max: 65535 });
    case "int32":
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    case "uint32":
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case "int64":
      return fc.maxSafeInteger();
    case "int64 wide":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "float64":
      return fc.double();
    case "uuid":
      return fc
        .uint8Array({ minLength: 16, maxLength: 16 })
        .map((bytes) => Buffer.from(bytes).toString("base64url"));
    case "string":
      return fc.string({ unit: "grapheme", maxLength: 200, size: "small" });
    case "bytes":
    case "records":
      return fc.uint8Array({ maxLength: 3000, size: "medium" }).map((bytes) => Buffer.from(bytes));
  }
}
