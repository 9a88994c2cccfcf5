import { isUtf8 } from "node:buffer";
import type { FetchedRecord } from "../../../client/fetched-records.ts";
import { isTrue, type Settings } from "../settings.ts";
import { type Deserialize, deserializerOf } from "./deserializers.ts";

/** What is printed of a record; nothing where it is not for this formatter. */
export type Format = (record: FetchedRecord) => readonly (string | Buffer)[];

/** Columns that come before key and value, in Kafka's order. */
type Column = (record: FetchedRecord) => readonly (string | Buffer)[];

/**
 * Kafka's DefaultMessageFormatter: columns with `key.separator` between them, `line.separator` at the
 * end.
 *
 * @param unknown hears of deserializers that are not there: bytes are printed as they are then
 */
export function defaultFormat(properties: Settings, unknown: (className: string) => void): Format {
  const wanted = (name: string) => isTrue(properties[name]);
  const text = (name: string, otherwise: string) => Buffer.from(properties[name] ?? otherwise);
  const nullLiteral = text("null.literal", "null");
  const printed = (what: string) => printerOf(properties[`${what}.deserializer`], unknown);
  const [key, value, header] = [printed("key"), printed("value"), printed("headers")];
  const headersSeparator = text("headers.separator", ",");
  const columns: readonly (readonly [isWanted: boolean, column: Column])[] = [
    [wanted("print.timestamp"), (record) => [timestampText(record)]],
    [wanted("print.partition"), ({ partition }) => [`Partition:${partition}`]],
    [wanted("print.offset"), ({ offset }) => [`Offset:${offset}`]],
    [wanted("print.delivery"), () => ["Delivery:NOT_PRESENT"]],
    // Kafka's console consumer does not hand the epoch on; --json does.
    [wanted("print.epoch"), () => ["Epoch:NOT_PRESENT"]],
    [
      wanted("print.headers"),
      ({ headers }) => {
        const texts = headers.map((one) => [`${one.key}:`, header(one.value ?? nullLiteral)]);
        return headers.length === 0 ? ["NO_HEADERS"] : joined(texts, headersSeparator);
      },
    ],
    [wanted("print.key"), (record) => [key(record.key ?? nullLiteral)]],
    [
      properties["print.value"] === undefined || wanted("print.value"),
      (record) => [value(record.value ?? nullLiteral)],
    ],
  ];
  const shown = columns.flatMap(([isWanted, column]) => (isWanted ? [column] : []));
  const between = text("key.separator", "\t");
  const end = shown.length === 0 ? [] : [text("line.separator", "\n")];
  return (record) => [
    ...joined(
      shown.map((column) => column(record)),
      between,
    ),
    ...end,
  ];
}

/** One JSON object per line. Bytes that are no UTF-8 are in Base64, under a name that says so. */
export const jsonFormat: Format = (record) => {
  const { topic, partition, offset, timestamp, leaderEpoch, headers } = record;
  const document = {
    ...{ topic, partition, offset, timestamp },
    timestampType: record.isLogAppendTime ? "LogAppendTime" : "CreateTime",
    leaderEpoch,
    ...textOrBase64("key", record.key),
    ...textOrBase64("value", record.value),
    headers: headers.map(({ key, value }) => ({ key, ...textOrBase64("value", value) })),
  };
  return [`${JSON.stringify(document)}\n`];
};

function textOrBase64(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  if (isUtf8(bytes)) return { [name]: bytes.toString() };
  return { [`${name}Base64`]: bytes.toString("base64") };
}

function printerOf(
  className: string | undefined,
  unknown: (className: string) => void,
): (bytes: Buffer) => string | Buffer {
  if (className === undefined) return (bytes) => bytes;
  const deserialize: Deserialize | undefined = deserializerOf(className);
  if (deserialize !== undefined) return deserialize;
  unknown(className);
  return (bytes) => bytes;
}

function timestampText({ timestamp, isLogAppendTime }: FetchedRecord): string {
  return `${isLogAppendTime ? "LogAppendTime" : "CreateTime"}:${timestamp}`;
}

function joined(
  items: readonly (readonly (string | Buffer)[])[],
  separator: Buffer,
): (string | Buffer)[] {
  return items.flatMap((item, at) => (at === 0 ? item : [separator, ...item]));
}
