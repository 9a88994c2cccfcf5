import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ErrorCode, isRetriable } from "../src/protocol/errors.ts";
import { loadSpecs } from "./generate-protocol/load.ts";
import { type Field, type FieldType, includes, type Message } from "./generate-protocol/model.ts";

/**
 * `npm run check:specs` compares every spec with the message schemas of Apache Kafka, field by
 * field and version by version: order, types, nullability, tags, defaults, what a sender may drop.
 * Both sides are written out as lines, one per field and version, and the lines compared.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const schemas = join(root, "../shared/kafka-messages");
const reference = join(root, "../shared/kafka-reference");

/** Where Kafka keeps the messages that a broker of ours reads or writes. */
const recordFolders = ["group-coordinator", "transaction-coordinator"];
const data = [
  "RequestHeader.json",
  "ResponseHeader.json",
  "ConsumerProtocolSubscription.json",
  "ConsumerProtocolAssignment.json",
  "EndTxnMarker.json",
  "storage/ProducerSnapshot.json",
  "metadata/TopicRecord.json",
  "metadata/PartitionRecord.json",
  "metadata/PartitionChangeRecord.json",
  "metadata/RemoveTopicRecord.json",
  "metadata/ConfigRecord.json",
  "metadata/FeatureLevelRecord.json",
  "metadata/ClientQuotaRecord.json",
  "metadata/ProducerIdsRecord.json",
];

interface SchemaField {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  readonly default?: string | number | boolean | null;
  readonly ignorable?: boolean | string;
  readonly flexibleVersions?: string;
  readonly fields?: readonly SchemaField[];
}

interface Schema {
  readonly name: string;
  readonly type: string;
  readonly apiKey?: number;
  readonly listeners?: readonly string[];
  readonly validVersions: string;
  readonly latestVersionUnstable?: boolean;
  readonly flexibleVersions: string;
  readonly fields: readonly SchemaField[];
  readonly commonStructs?: readonly SchemaField[];
}

function readSchema(path: string): Schema {
  // Comments stand on lines of their own, or behind a field; "//" is in no text of these files.
  const text = readFileSync(path, "utf8").replaceAll(/\/\/.*$/gm, "");
  return JSON.parse(text) as Schema;
}

function* versionsOf(text: string): Iterable<number> {
  if (text === "none") return;
  const [from, to = from] = text.split("-").map(Number);
  for (let version = from as number; version <= (to as number); version++) yield version;
}

function within(text: string | undefined, version: number): boolean {
  if (text === undefined || text === "none") return false;
  const [, from, plus, to] = /^(\d+)(\+)?(?:-(\d+))?$/.exec(text) ?? [];
  if (from === undefined) throw new Error(`no range of versions: "${text}"`);
  const last = plus === undefined ? Number(to ?? from) : Number.POSITIVE_INFINITY;
  return version >= Number(from) && version <= last;
}

/** What a field is in one version, in words that both sides can be put into. */
interface Described {
  readonly path: string;
  readonly type: string;
  readonly flexible: boolean;
  readonly nullable: boolean;
  readonly tag: number | undefined;
  readonly default: string;
  readonly ignorable: boolean;
}

function lineOf({ path, type, flexible, nullable, tag, ...rest }: Described): string {
  const marks = [
    flexible ? "compact" : "",
    nullable ? "nullable" : "",
    tag === undefined ? "" : `tag ${tag}`,
    `default ${rest.default}`,
    rest.ignorable ? "ignorable" : "",
  ];
  return [path, type, ...marks.filter((mark) => mark !== "")].join(" ");
}

const primitive = /^(bool|u?int\d+|float64|uuid|string|bytes|records)$/;

/** Kafka's side. A field without versions has those of its tag. */
function schemaLines(schema: Schema, version: number): string[] {
  const common = new Map((schema.commonStructs ?? []).map((one) => [one.name, one.fields ?? []]));
  const lines: string[] = [];
  const visit = (fields: readonly SchemaField[], prefix: string): void => {
    for (const field of fields) {
      if (!within(field.versions ?? field.taggedVersions, version)) continue;
      const path = `${prefix}${field.name.charAt(0).toLowerCase()}${field.name.slice(1)}`;
      const isTagged = within(field.taggedVersions, version);
      lines.push(
        lineOf({
          path,
          type: field.type,
          flexible: within(field.flexibleVersions ?? schema.flexibleVersions, version),
          nullable: within(field.nullableVersions, version),
          tag: isTagged ? field.tag : undefined,
          default: schemaDefault(field),
          ignorable: String(field.ignorable) === "true",
        }),
      );
      const element = field.type.replace("[]", "");
      if (!primitive.test(element)) visit(field.fields ?? common.get(element) ?? [], `${path}.`);
    }
  };
  visit(schema.fields, "");
  return lines;
}

/** A default as Kafka's generator takes it: a bare null is none, numbers may be hexadecimal. */
function schemaDefault({ type, default: given }: SchemaField): string {
  const text = given === undefined || given === null ? "" : String(given);
  if (text === "null") return "null";
  return normalDefault(type, text === "" ? undefined : text);
}

function normalDefault(type: string, text: string | undefined): string {
  if (/^u?int\d+$/.test(type)) return String(BigInt(text ?? 0));
  if (type === "float64") return String(Number(text ?? 0));
  if (type === "bool") return text ?? "false";
  return text === undefined || text === "" ? "zero" : text;
}

/** Our side. */
function specLines(message: Message, version: number): string[] {
  const lines: string[] = [];
  const visit = (fields: readonly Field[], prefix: string): void => {
    for (const field of fields) {
      if (!includes(field.versions, version)) continue;
      const path = `${prefix}${field.name}`;
      lines.push(lineOf(describeField(field, { path, message, version })));
      const struct = structOf(field.type);
      if (struct !== undefined) visit(message.structs.get(struct) ?? [], `${path}.`);
    }
  };
  visit(message.fields, "");
  return lines;
}

function describeField(
  field: Field,
  at: { readonly path: string; readonly message: Message; readonly version: number },
): Described {
  const { nullable } = field;
  const type = typeText(field.type);
  return {
    path: at.path,
    type,
    flexible: at.version >= at.message.flexibleFrom && !field.inflexible,
    nullable: nullable !== undefined && includes(nullable, at.version),
    tag: field.tag,
    default: field.default === "null" ? "null" : normalDefault(type, field.default),
    ignorable: field.ignorable,
  };
}

function typeText(type: FieldType): string {
  if (type.kind === "array") return `[]${typeText(type.element)}`;
  // Whether an int64 is a bigint here is our own affair.
  return type.name.replace(" wide", "");
}

function structOf(type: FieldType): string | undefined {
  if (type.kind === "array") return structOf(type.element);
  return type.kind === "struct" ? type.name : undefined;
}

const problems: string[] = [];
let fieldsCompared = 0;

function compare(schema: Schema, message: Message | undefined): void {
  const { name } = schema;
  if (message === undefined) {
    problems.push(`${name}: there is no spec of it`);
    return;
  }
  const versions = [...versionsOf(schema.validVersions)];
  const { from, to } = message.versions;
  if (from !== versions[0] || to !== versions.at(-1)) {
    problems.push(`${name}: versions ${from}-${to} here, ${schema.validVersions} in Kafka`);
  }
  for (const version of versions) {
    const kafka = schemaLines(schema, version);
    const ours = specLines(message, version);
    fieldsCompared += kafka.length;
    const at = kafka.findIndex((line, i) => line !== ours[i]);
    const first = at === -1 && ours.length > kafka.length ? kafka.length : at;
    if (first === -1) continue;
    const here = ours[first] ?? "nothing";
    problems.push(`${name} v${version}:\n  here   ${here}\n  Kafka  ${kafka[first] ?? "nothing"}`);
  }
}

/** The advertised range: a top version that Kafka calls unstable is not told to clients. */
function checkAdvertised(request: Schema): void {
  const spec = specs.find((one) => one.kind === "api" && one.key === request.apiKey);
  if (spec?.kind !== "api" || spec.advertised === undefined) return;
  const top = [...versionsOf(request.validVersions)].at(-1) ?? -1;
  const stable = request.latestVersionUnstable === true ? top - 1 : top;
  if (spec.advertised.to !== stable) {
    problems.push(`${spec.name}: advertised to ${spec.advertised.to} here, to ${stable} in Kafka`);
  }
}

/** Against what a running broker answered to ApiVersions: names, ranges, and nothing left out. */
function checkRecorded(): void {
  const recorded = JSON.parse(readFileSync(join(reference, "api-versions.json"), "utf8")) as {
    readonly broker: readonly { key: number; name: string; min: number; max: number }[];
  };
  const advertised = specs.flatMap((spec) =>
    spec.kind === "api" && spec.advertised !== undefined
      ? [`${spec.key} ${spec.name} ${spec.advertised.from}-${spec.advertised.to}`]
      : [],
  );
  const wanted = recorded.broker.map(({ key, name, min, max }) => `${key} ${name} ${min}-${max}`);
  for (const one of wanted) {
    if (!advertised.includes(one)) problems.push(`a broker of Kafka advertises ${one}`);
  }
  for (const one of advertised) {
    if (!wanted.includes(one)) problems.push(`no broker of Kafka advertises ${one}`);
  }
}

function checkErrorCodes(): void {
  const recorded = JSON.parse(
    readFileSync(join(reference, "error-codes.json"), "utf8"),
  ) as readonly { readonly code: number; readonly name: string; readonly retriable: boolean }[];
  const wanted = recorded.map(({ code, name, retriable }) => `error ${code} ${name} ${retriable}`);
  const ours = Object.entries(ErrorCode).map(
    ([name, code]) => `error ${code} ${name} ${isRetriable(code)}`,
  );
  for (const one of wanted) if (!ours.includes(one)) problems.push(`Kafka has ${one}`);
  for (const one of ours) if (!wanted.includes(one)) problems.push(`Kafka has no ${one}`);
}

if (!existsSync(schemas)) {
  process.stdout.write("skipped: kafka-messages not present\n");
  process.exit(0);
}

const specs = loadSpecs(join(root, "protocol-specs"));
const messages = new Map<string, Message>();
for (const spec of specs) {
  if (spec.kind === "api") {
    messages.set(`${spec.key} request`, spec.request).set(`${spec.key} response`, spec.response);
  } else if (spec.kind === "record") {
    messages.set(`${spec.type} ${spec.key.name}`, spec.key);
    messages.set(`${spec.type} ${spec.value.name}`, spec.value);
  } else {
    for (const message of spec.messages) messages.set(message.name, message);
  }
}

const compared = new Set<Message | undefined>();
function check(schema: Schema, name: string): void {
  compare(schema, messages.get(name));
  compared.add(messages.get(name));
}

const files = readdirSync(schemas).filter((file) => /(Request|Response)\.json$/.test(file));
const all = files.map((file) => readSchema(join(schemas, file)));
const served = all.filter(
  ({ type, listeners, validVersions }) =>
    type === "request" && listeners?.includes("broker") && validVersions !== "none",
);
for (const request of served) {
  const response = all.find(({ type, apiKey }) => type === "response" && apiKey === request.apiKey);
  check(request, `${request.apiKey} request`);
  if (response !== undefined) check(response, `${request.apiKey} response`);
  checkAdvertised(request);
}
for (const folder of recordFolders) {
  for (const file of readdirSync(join(schemas, folder))) {
    const schema = readSchema(join(schemas, folder, file));
    check(schema, `${schema.apiKey} ${schema.name}`);
  }
}
for (const file of data) check(readSchema(join(schemas, file)), basename(file, ".json"));
for (const message of messages.values()) {
  if (!compared.has(message)) problems.push(`${message.name}: not compared with anything`);
}
if (existsSync(reference)) {
  checkRecorded();
  checkErrorCodes();
}

if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n${problems.length} differences from Kafka\n`);
  process.exit(1);
}
process.stdout.write(
  `${messages.size} messages are what Kafka says: ${fieldsCompared} fields, version by version\n`,
);
