import { defaultOf, isDefault, mayBeLeftOut, type Naming } from "./emit-types.ts";
import { bytesMin, fieldsOf, layoutOf, type Slot, type VersionGroups } from "./layout.ts";
import type { Field, FieldType, Message } from "./model.ts";

/** Writes the reading and writing function of one struct in one group of versions. */
export interface Group {
  readonly message: Message;
  readonly struct: string;
  readonly version: number;
  readonly groups: VersionGroups;
  readonly naming: Naming;
}

export function readFunction(group: Group): string {
  const { message, struct, version, naming } = group;
  const layout = layoutOf(message, fieldsOf(message, struct), version);
  const body: string[] = layout.inline.map(
    (slot) => `  const ${local(slot.field)} = ${readExpression(slot, group)};`,
  );
  if (layout.tagged.length > 0) body.push(...readTagged(layout.tagged, group));
  else if (layout.flexible) body.push("  reader.skipTaggedFields();");
  const present = new Set([...layout.inline, ...layout.tagged].map(({ field }) => field));
  const entries = fieldsOf(message, struct).map((field) =>
    present.has(field)
      ? `    ${field.name}: ${local(field)},`
      : `    ${field.name}: ${defaultOf(field, naming)},`,
  );
  const name = naming(struct);
  return [
    `function read${name}${version}(${body.length === 0 ? "_reader" : "reader"}: Reader): ${name} {`,
    ...body,
    "  return {",
    ...entries,
    "  };",
    "}",
  ].join("\n");
}

function readTagged(slots: readonly Slot[], group: Group): string[] {
  const { naming } = group;
  const lines = slots.map(({ field }) => {
    const name = naming(group.struct);
    return `  let ${local(field)}: ${name}["${field.name}"] = ${defaultOf(field, naming)};`;
  });
  lines.push(
    "  for (let count = reader.uvarint(); count > 0; count--) {",
    "    const tag = reader.uvarint();",
    "    const end = reader.beginTaggedField();",
    "    switch (tag) {",
  );
  for (const slot of slots) {
    lines.push(
      `      case ${slot.tag}:`,
      `        ${local(slot.field)} = ${readExpression(slot, group)};`,
      "        reader.endTaggedField(end);",
      "        break;",
    );
  }
  lines.push("      default:", "        reader.skipTo(end);", "    }", "  }");
  return lines;
}

/** A local name that no keyword or parameter takes. */
function local(field: Field): string {
  return `${field.name}_`;
}

function readExpression(slot: Slot, group: Group): string {
  const { field, flexible, nullable } = slot;
  const { type } = field;
  if (type.kind === "primitive")
    return `reader.${primitiveMethod(type.name, flexible, nullable)}()`;
  if (type.kind === "struct") {
    const read = `read${structFunction(type.name, group)}(reader)`;
    if (!nullable) return read;
    return slot.tag === undefined
      ? `reader.int8() < 0 ? null : ${read}`
      : `reader.uvarint() === 0 ? null : ${read}`;
  }
  const min = bytesMin(group.message, type.element, {
    version: group.version,
    flexible,
    nullable: false,
  });
  const length = methodName("arrayLength", flexible, nullable);
  const helper = nullable ? "readNullableArray" : "readArray";
  return `${helper}(reader, reader.${length}(${min}), ${elementFunction("read", type.element, { group, flexible })})`;
}

function methodName(name: string, flexible: boolean, nullable: boolean): string {
  const words = [flexible ? "compact" : "", nullable ? "nullable" : "", name].filter(Boolean);
  return words
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join("");
}

function primitiveMethod(name: string, flexible: boolean, nullable: boolean): string {
  if (name === "int64 wide") return "int64Wide";
  const kind = name === "records" ? "bytes" : name;
  return kind === "string" || kind === "bytes" ? methodName(kind, flexible, nullable) : kind;
}

function structFunction(struct: string, { groups, naming, version }: Group): string {
  return `${naming(struct)}${groups.firstOf(struct, version)}`;
}

function elementFunction(
  verb: "read" | "write",
  type: FieldType,
  { group, flexible }: { readonly group: Group; readonly flexible: boolean },
): string {
  if (type.kind === "struct") return `${verb}${structFunction(type.name, group)}`;
  if (type.kind === "array") throw new Error("arrays of arrays are not in the protocol");
  const method = primitiveMethod(type.name, flexible, false);
  return `${verb}${method.charAt(0).toUpperCase()}${method.slice(1)}`;
}

export function writeFunction(group: Group): string {
  const { message, struct, version, naming } = group;
  const layout = layoutOf(message, fieldsOf(message, struct), version);
  const body = layout.inline.map((slot) => `  ${writeStatement(slot, group, "writer")};`);
  if (layout.tagged.length > 0) body.push(...writeTagged(layout.tagged, group));
  else if (layout.flexible) body.push("  writer.uvarint(0);");
  const isUsed = layout.inline.length + layout.tagged.length > 0;
  const name = naming(struct);
  const writer = body.length === 0 ? "_writer" : "writer";
  return [
    `function write${name}${version}(${writer}: Writer, ${isUsed ? "value" : "_value"}: ${name}Input): void {`,
    ...body,
    "}",
  ].join("\n");
}

function writeTagged(slots: readonly Slot[], group: Group): string[] {
  const lines: string[] = [];
  for (const { field } of slots) {
    const check = isDefault(field, `value.${field.name}`, group.naming);
    lines.push(`  const has${local(field)} = !(${check});`);
  }
  const sum = slots.map(({ field }) => `(has${local(field)} ? 1 : 0)`).join(" + ");
  lines.push(`  writer.uvarint(${sum});`);
  for (const slot of slots) {
    const statement = writeStatement(slot, group, "field");
    lines.push(
      `  if (has${local(slot.field)}) {`,
      `    writer.taggedField(${slot.tag}, (field) => {`,
      `      ${statement};`,
      "    });",
      "  }",
    );
  }
  return lines;
}

function writeStatement(slot: Slot, group: Group, writer: string): string {
  const { field, flexible, nullable } = slot;
  const { type } = field;
  const value = valueExpression(field, nullable, group);
  if (type.kind === "primitive") {
    return `${writer}.${primitiveMethod(type.name, flexible, nullable)}(${value})`;
  }
  if (type.kind === "array") {
    const helper = flexible ? "writeCompactArray" : "writeArray";
    return `${helper}(${writer}, ${value}, ${elementFunction("write", type.element, { group, flexible })})`;
  }
  const write = `write${structFunction(type.name, group)}`;
  if (!nullable) return `${write}(${writer}, ${value})`;
  const helper = slot.tag === undefined ? "writeNullable" : "writeTaggedNullable";
  return `${helper}(${writer}, ${value}, ${write})`;
}

/** The field's value, or its default where it may have been left out. */
function valueExpression(field: Field, nullable: boolean, { message, naming }: Group): string {
  const value = `value.${field.name}`;
  const isNullableType = field.nullable !== undefined || field.default === "null";
  const fallback = defaultOf(field, naming);
  const given = mayBeLeftOut(field, message.versions)
    ? isNullableType && fallback !== "null"
      ? `(${value} === undefined ? ${fallback} : ${value})`
      : `(${value} ?? ${fallback})`
    : value;
  // A version without null gets what stands for nothing there.
  if (!isNullableType || nullable) return given;
  return `(${given} ?? ${nothingOf(field, naming)})`;
}

function nothingOf(field: Field, naming: Naming): string {
  return defaultOf({ ...field, default: undefined }, naming);
}
