import { type Field, type FieldType, includes, type Message } from "./model.ts";

/** How one field is laid out in one version. */
export interface Slot {
  readonly field: Field;
  readonly flexible: boolean;
  readonly nullable: boolean;
  /** Undefined: in its place; else in the tagged section. */
  readonly tag: number | undefined;
}

/** The fields of a struct that exist in a version, in wire order; tagged ones by rising tag. */
export interface Layout {
  readonly inline: readonly Slot[];
  readonly tagged: readonly Slot[];
  readonly flexible: boolean;
}

export function layoutOf(message: Message, fields: readonly Field[], version: number): Layout {
  const flexible = version >= message.flexibleFrom;
  const slots = fields
    .filter((field) => includes(field.versions, version))
    .map((field) => ({
      field,
      flexible: flexible && !field.inflexible,
      nullable: field.nullable !== undefined && includes(field.nullable, version),
      tag: field.tag,
    }));
  const tagged = slots.filter(({ tag }) => tag !== undefined);
  return {
    inline: slots.filter(({ tag }) => tag === undefined),
    tagged: tagged.sort((one, other) => (one.tag as number) - (other.tag as number)),
    flexible,
  };
}

/** Two versions of a struct with the same signature are the same bytes. */
function signatureOf(message: Message, struct: string, version: number): string {
  const layout = layoutOf(message, fieldsOf(message, struct), version);
  const slot = ({ field, flexible, nullable, tag }: Slot): string => {
    const marks = `${flexible ? "f" : ""}${nullable ? "n" : ""}${tag ?? ""}`;
    return `${field.name}:${typeSignature(message, field.type, version)}${marks}`;
  };
  const parts = [...layout.inline, ...layout.tagged].map(slot);
  return `{${parts.join(",")}${layout.flexible ? ";" : ""}}`;
}

function typeSignature(message: Message, type: FieldType, version: number): string {
  if (type.kind === "array") return `[]${typeSignature(message, type.element, version)}`;
  if (type.kind === "primitive") return type.name;
  return signatureOf(message, type.name, version);
}

/** The fields of the message itself, or of one of its structs. */
export function fieldsOf(message: Message, struct: string): readonly Field[] {
  if (struct === message.name) return message.fields;
  const fields = message.structs.get(struct);
  if (fields === undefined) throw new Error(`${message.name} has no struct ${struct}`);
  return fields;
}

/** For every struct, the first version of the group of equal layouts that a version belongs to. */
export class VersionGroups {
  readonly #firstOf = new Map<string, number>();
  readonly #message: Message;

  constructor(message: Message) {
    this.#message = message;
    for (const struct of [message.name, ...message.structs.keys()]) {
      const bySignature = new Map<string, number>();
      for (let version = message.versions.from; version <= message.versions.to; version++) {
        const signature = signatureOf(message, struct, version);
        const first = bySignature.get(signature) ?? version;
        bySignature.set(signature, first);
        this.#firstOf.set(`${struct} ${version}`, first);
      }
    }
  }

  firstOf(struct: string, version: number): number {
    return this.#firstOf.get(`${struct} ${version}`) as number;
  }

  /** The groups in which a struct is really used, each by its first version. */
  groupsOf(struct: string): readonly number[] {
    const groups = new Set<number>();
    const { from, to } = this.#message.versions;
    for (let version = from; version <= to; version++) {
      if (isUsed(this.#message, struct, version)) groups.add(this.firstOf(struct, version));
    }
    return [...groups];
  }
}

function isUsed(message: Message, struct: string, version: number): boolean {
  if (struct === message.name) return true;
  const names = new Set<string>();
  const visit = (fields: readonly Field[]): void => {
    for (const field of fields) {
      if (!includes(field.versions, version)) continue;
      const name = innermost(field.type);
      if (name === undefined || names.has(name)) continue;
      names.add(name);
      visit(fieldsOf(message, name));
    }
  };
  visit(message.fields);
  return names.has(struct);
}

function innermost(type: FieldType): string | undefined {
  if (type.kind === "array") return innermost(type.element);
  return type.kind === "struct" ? type.name : undefined;
}

const fixedBytes: Readonly<Record<string, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  "int64 wide": 8,
  float64: 8,
  uuid: 16,
};

/** The fewest bytes that a value of this type takes: what makes a claimed count a lie. */
export function bytesMin(
  message: Message,
  type: FieldType,
  at: { readonly version: number; readonly flexible: boolean; readonly nullable: boolean },
): number {
  if (type.kind === "array") return at.flexible ? 1 : 4;
  if (type.kind === "primitive") {
    return fixedBytes[type.name] ?? (at.flexible ? 1 : type.name === "string" ? 2 : 4);
  }
  if (at.nullable) return 1;
  const layout = layoutOf(message, fieldsOf(message, type.name), at.version);
  let bytes = layout.flexible ? 1 : 0;
  for (const { field, flexible, nullable } of layout.inline) {
    bytes += bytesMin(message, field.type, { version: at.version, flexible, nullable });
  }
  return Math.max(1, bytes);
}
